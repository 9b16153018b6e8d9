"""Two Gaussians side by side: the smallest mixture that a generator can collapse on."""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets import mixture
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import TwoGaussians


def centres(distance: float) -> NDArray[np.float64]:
    """Centres (2, 2) at (-distance / 2, 0) and (distance / 2, 0)."""
    return np.array([[-distance / 2, 0.0], [distance / 2, 0.0]])


def prepare(params: TwoGaussians) -> Prepared:
    """Draw from the two Gaussians, each with probability one half."""
    return mixture.prepare(params, centres(params.distance), f"{params.distance} apart")
