"""One Gaussian, finitely many training points: the toy of FARGAN's paper (Tao & Wang 2020).

Few points are enough for D to overfit, so that G's samples can gather around single training points. One
Gaussian has no modes to miss: scores are the energy distance and data copying.
"""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Gaussian


def prepare(params: Gaussian) -> Prepared:
    """Draw the finite training and held-out sets from N(0, std^2 I) in the plane."""
    rng = np.random.default_rng(params.seed)

    def draw(count: int) -> NDArray[np.float32]:
        return (params.std * rng.standard_normal((count, 2))).astype(np.float32)

    return Prepared(
        modality="points",
        train=draw(params.train),
        train_labels=np.zeros(params.train, dtype=np.int64),
        held_out=draw(params.held_out),
        held_out_labels=np.zeros(params.held_out, dtype=np.int64),
        class_names=("gaussian",),
        source=f"drawn: one Gaussian around the origin, standard deviation {params.std}",
        licence="none needed",
        facts={"modes": None},
    )
