"""A two-dimensional Swiss roll: a curve that is connected and has no modes.

x = (t cos t, t sin t) / (9 pi / 2) + noise * n, with t uniform on [3 pi / 2, 9 pi / 2] and n a
standard normal point of the plane. It is scikit-learn's `make_swiss_roll` (Marsland 2009) without
its height, divided by the largest radius: radii run from 1/3 to 1, so that points lie in [-1, 1]
but for the noise. Uniform in the angle, hence denser inside; neighbouring turns are 4/9 apart.
"""

import math

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import SwissRoll

FIRST, LAST = 1.5 * math.pi, 4.5 * math.pi
"""The angles t at the inner and outer end, radians."""


def curve(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points (n, 2) of the noiseless roll at angles t (n,), radians."""
    return (t / LAST)[:, None] * np.stack([np.cos(t), np.sin(t)], axis=1)


def prepare(params: SwissRoll) -> Prepared:
    """Draw the finite training and held-out sets."""
    rng = np.random.default_rng(params.seed)

    def draw(count: int) -> NDArray[np.float32]:
        angles = rng.uniform(FIRST, LAST, count)
        points = curve(angles) + params.noise * rng.standard_normal((count, 2))
        return points.astype(np.float32)

    return Prepared(
        modality="points",
        train=draw(params.train),
        train_labels=np.zeros(params.train, dtype=np.int64),
        held_out=draw(params.held_out),
        held_out_labels=np.zeros(params.held_out, dtype=np.int64),
        class_names=("roll",),
        source="drawn: a Swiss roll of one and a half turns, radii 1/3 to 1",
        licence="none needed",
        facts={"modes": None, "noise": params.noise},
    )
