"""What every comparison of features asks of them first."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def require_finite(**arrays: NDArray[Any]) -> None:
    """ValueError, by name, for an array with a value that is not finite."""
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite; no score of it would mean anything")


def require_samples(least: int, **sets: NDArray[Any]) -> None:
    """ValueError, by name, unless the sets are (n, d) with n >= least, one d, and finite."""
    for name, samples in sets.items():
        if samples.ndim != 2 or len(samples) < least:
            raise ValueError(f"{name} needs at least {least} samples as (n, d), got shape {samples.shape}")
    dimensions = {name: samples.shape[1] for name, samples in sets.items()}
    if len(set(dimensions.values())) > 1:
        raise ValueError(f"samples of different dimensions cannot be compared: {dimensions}")
    require_finite(**sets)
