"""Gaussians on a square lattice: PacGAN's `2D-grid` has 25, 40 deviations apart."""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets import mixture
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import GaussianGrid


def centres(side: int, spacing: float) -> NDArray[np.float64]:
    """Centres (side * side, 2) of a lattice around the origin, column by column from the lower left."""
    steps = spacing * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)


def prepare(params: GaussianGrid) -> Prepared:
    """Draw from the Gaussians on the lattice."""
    means = centres(params.side, params.spacing)
    return mixture.prepare(
        params, means, f"on a {params.side}x{params.side} lattice of spacing {params.spacing}"
    )
