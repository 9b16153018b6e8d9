"""Gaussians evenly spaced on a circle."""

import math

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets import mixture
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Ring


def centres(modes: int, radius: float) -> NDArray[np.float64]:
    """Centres (modes, 2) at angles 2 pi k / modes.

    `linspace(0, 2 pi, modes)` would include both ends and give one mode fewer, a known slip.
    """
    angles = 2 * math.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def prepare(params: Ring) -> Prepared:
    """Draw from the Gaussians on the circle."""
    means = centres(params.modes, params.radius)
    return mixture.prepare(params, means, f"on a circle of radius {params.radius}")
