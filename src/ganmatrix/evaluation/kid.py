"""Kernel Inception Distance: squared maximum mean discrepancy under a polynomial kernel.

Binkowski et al. 2018: k(x, y) = (x.y / d + 1)^3. The estimator is unbiased, hence may be negative;
its mean and spread are taken over random subsets.
"""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.evaluation.features import require_samples

Array = NDArray[np.float64]


def kernel_distance(
    features_a: NDArray[np.floating],
    features_b: NDArray[np.floating],
    subsets: int,
    subset_size: int,
    rng: np.random.Generator | np.random.RandomState,
) -> tuple[float, float]:
    """Mean and standard deviation of the squared MMD over subsets of (n, d) and (m, d) features.

    A subset has min(n, m, subset_size) samples of each side, drawn without replacement, first of a,
    then of b. The standard deviation divides by `subsets`. Samples that are all equal have a distance
    like any others. ValueError for fewer than two samples, another d, or a feature that is not finite.
    """
    require_samples(2, features_a=features_a, features_b=features_b)
    size = min(len(features_a), len(features_b), subset_size)
    if size < 2 or subsets < 1:
        raise ValueError(f"KID needs a subset of at least 2 samples, got {subsets} of {size}")
    distances = [
        squared_mmd(*(side[rng.choice(len(side), size, replace=False)] for side in (features_a, features_b)))
        for _ in range(subsets)
    ]
    return float(np.mean(distances)), float(np.std(distances))


def squared_mmd(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Unbiased squared MMD of (n, d) and (m, d), in float64: the kernel's diagonals are left out."""
    wide_a, wide_b = (side.astype(np.float64, copy=False) for side in (a, b))
    within = _mean_off_diagonal(_kernel(wide_a, wide_a)) + _mean_off_diagonal(_kernel(wide_b, wide_b))
    return float(within - 2 * _kernel(wide_a, wide_b).mean())


def _kernel(a: Array, b: Array) -> Array:
    base = a @ b.T
    base /= a.shape[1]
    base += 1
    # Products, in place: numpy's ** 3 takes many times longer.
    kernel: Array = base * base
    kernel *= base
    return kernel


def _mean_off_diagonal(kernel: Array) -> float:
    n = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1)))
