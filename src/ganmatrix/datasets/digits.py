"""Scanned digits: scikit-learn's copy of the UCI optdigits test set, 1,797 grey images."""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.resizing import RESIZER, resize
from ganmatrix.params.datasets import Digits

SOURCE = "optdigits (Alpaydin & Kaynak, UCI), as shipped in scikit-learn"
LICENCE = "CC BY 4.0"


def scans(side: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The 8x8 scans (grey levels 0..16) resized to (1797, side, side), and their digits (1797,)."""
    bunch = load_digits()
    grey = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    return np.stack([resize(scan, side, side) for scan in grey]), bunch.target.astype(np.int64)


def split(count: int, held_out: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of training and held-out scans, ascending: a random partition of `count`."""
    order = rng.permutation(count)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def prepare(params: Digits) -> Prepared:
    """Resize the scans and split them at random."""
    images, labels = scans(params.resolution)
    train, held_out = split(len(images), params.held_out, np.random.default_rng(params.seed))
    return Prepared(
        modality="images",
        train=images[train, None],
        train_labels=labels[train],
        held_out=images[held_out, None],
        held_out_labels=labels[held_out],
        class_names=tuple("0123456789"),
        source=SOURCE,
        licence=LICENCE,
        facts={"resizer": RESIZER, "source_resolution": [8, 8], "digits": 1},
    )
