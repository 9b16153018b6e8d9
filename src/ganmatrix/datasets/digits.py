"""Scanned digits, one an image or three stacked: scikit-learn's copy of the UCI optdigits test set.

The set has 1,797 grey scans.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from ganmatrix.datasets.images import RESIZER, resize
from ganmatrix.datasets.source import Prepared
from ganmatrix.params.datasets import DigitsParams, StackedDigitsParams

SOURCE = "optdigits (Alpaydin & Kaynak, UCI), as shipped in scikit-learn"
LICENCE = "CC BY 4.0"

CHANNELS = 3


def scans(side: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The 8x8 scans (grey levels 0..16) resized to (1797, side, side), and their digits (1797,)."""
    bunch = load_digits()
    grey = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    return np.stack([resize(scan, side, side) for scan in grey]), bunch.target.astype(np.int64)


def split(count: int, held_out: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of training and held-out scans, ascending: a random partition of `count`."""
    order = rng.permutation(count)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def prepare(params: DigitsParams) -> Prepared:
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


def prepare_stacked(params: StackedDigitsParams) -> Prepared:
    """Three scanned digits as the channels of one image, 1,000 classes.

    The construction of Metz et al. 2017 (unrolled GAN), Srivastava et al. 2017 (VEEGAN) and Lin et al.
    2018 (PacGAN), who stack MNIST's; here they are optdigits'. A stack of the digits a, b, c in red,
    green and blue has the label 100 a + 10 b + c. Scans are split at random, then each set of stacks is
    drawn from its own, independently and with replacement, so that the classes are equally likely but for
    optdigits' own shares (174 to 183 scans a digit).
    """
    rng = np.random.default_rng(params.seed)
    images, labels = scans(params.resolution)
    train_scans, held_out_scans = split(len(images), params.held_out_scans, rng)

    def draw(members: NDArray[np.intp], count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        chosen = rng.choice(members, (count, CHANNELS))
        return images[chosen], labels[chosen] @ np.array([100, 10, 1])

    train, train_labels = draw(train_scans, params.train)
    held_out, held_out_labels = draw(held_out_scans, params.held_out)
    return Prepared(
        modality="images",
        train=train,
        train_labels=train_labels,
        held_out=held_out,
        held_out_labels=held_out_labels,
        class_names=tuple(f"{number:03d}" for number in range(10**CHANNELS)),
        source=SOURCE,
        licence=LICENCE,
        facts={
            "resizer": RESIZER,
            "source_resolution": [8, 8],
            "scans": {"train": len(train_scans), "held_out": len(held_out_scans)},
            "digits": CHANNELS,
        },
    )
