"""Stacked digits: three scanned digits as the channels of one image, 1,000 classes.

The construction of Metz et al. 2017 (unrolled GAN), Srivastava et al. 2017 (VEEGAN) and Lin et al.
2018 (PacGAN), who stack MNIST's; here they are optdigits'. A stack of the digits a, b, c in red,
green and blue has the label 100 a + 10 b + c. Scans are drawn independently and with replacement,
so that the classes are equally likely but for optdigits' own shares (174 to 183 scans a digit).
"""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets import digits
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.resizing import RESIZER
from ganmatrix.params.datasets import StackedDigits

CHANNELS = 3


def prepare(params: StackedDigits) -> Prepared:
    """Split the scans at random, then draw each set of stacks from its own scans."""
    rng = np.random.default_rng(params.seed)
    images, labels = digits.scans(params.resolution)
    train_scans, held_out_scans = digits.split(len(images), params.held_out_scans, rng)

    def draw(scans: NDArray[np.intp], count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        chosen = rng.choice(scans, (count, CHANNELS))
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
        source=digits.SOURCE,
        licence=digits.LICENCE,
        facts={
            "resizer": RESIZER,
            "source_resolution": [8, 8],
            "scans": {"train": len(train_scans), "held_out": len(held_out_scans)},
            "digits": CHANNELS,
        },
    )
