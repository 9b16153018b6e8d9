"""Scanned digits: scikit-learn's copy of the UCI optdigits test set, 1,797 grey images."""

import numpy as np
from sklearn.datasets import load_digits

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.resizing import RESIZER, resize
from ganmatrix.params.datasets import Digits


def prepare(params: Digits) -> Prepared:
    """Resize the 8x8 scans (grey levels 0..16) and split them at random."""
    bunch = load_digits()
    scans = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    side = params.resolution
    images = np.stack([resize(scan, side, side) for scan in scans])[:, None]
    order = np.random.default_rng(params.seed).permutation(len(images))
    held_out, train = np.sort(order[: params.held_out]), np.sort(order[params.held_out :])
    labels = bunch.target.astype(np.int64)
    return Prepared(
        modality="images",
        train=images[train],
        train_labels=labels[train],
        held_out=images[held_out],
        held_out_labels=labels[held_out],
        class_names=tuple("0123456789"),
        source="optdigits (Alpaydin & Kaynak, UCI), as shipped in scikit-learn",
        licence="CC BY 4.0",
        facts={"resizer": RESIZER, "source_resolution": [8, 8]},
    )
