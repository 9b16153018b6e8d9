"""Mixtures of equally likely, equally wide Gaussians in the plane."""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Mixture


def prepare(params: Mixture, centres: NDArray[np.float64], layout: str) -> Prepared:
    """Draw the finite training and held-out sets around the centres (modes, 2).

    `layout` says on the card how the centres lie: "on a circle of radius 1".
    """
    rng = np.random.default_rng(params.seed)
    modes = len(centres)

    def draw(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        labels = rng.integers(modes, size=count)
        points = centres[labels] + params.std * rng.standard_normal((count, 2))
        return points.astype(np.float32), labels

    train, train_labels = draw(params.train)
    held_out, held_out_labels = draw(params.held_out)
    return Prepared(
        modality="points",
        train=train,
        train_labels=train_labels,
        held_out=held_out,
        held_out_labels=held_out_labels,
        class_names=tuple(f"mode {k}" for k in range(modes)),
        source=f"drawn: {modes} Gaussians {layout}",
        licence="none needed",
        facts={"modes": {"centres": centres.tolist(), "std": params.std}},
    )
