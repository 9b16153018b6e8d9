"""Gaussians evenly spaced on a circle."""

import math

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Ring


def centres(modes: int, radius: float) -> NDArray[np.float64]:
    """Centres (modes, 2) at angles 2 pi k / modes.

    `linspace(0, 2 pi, modes)` would include both ends and give one mode fewer, a known slip.
    """
    angles = 2 * math.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def prepare(params: Ring) -> Prepared:
    """Draw the finite training and held-out sets, every mode equally likely."""
    rng = np.random.default_rng(params.seed)
    means = centres(params.modes, params.radius)

    def draw(count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        labels = rng.integers(params.modes, size=count)
        points = means[labels] + params.std * rng.standard_normal((count, 2))
        return points.astype(np.float32), labels

    train, train_labels = draw(params.train)
    held_out, held_out_labels = draw(params.held_out)
    return Prepared(
        modality="points",
        train=train,
        train_labels=train_labels,
        held_out=held_out,
        held_out_labels=held_out_labels,
        class_names=tuple(f"mode {k}" for k in range(params.modes)),
        source=f"drawn: {params.modes} Gaussians on a circle of radius {params.radius}",
        licence="none needed",
        facts={"modes": {"centres": means.tolist(), "std": params.std}},
    )
