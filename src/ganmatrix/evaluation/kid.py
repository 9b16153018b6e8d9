"""Kernel Inception Distance: squared maximum mean discrepancy under a polynomial kernel.

Binkowski et al. 2018: k(x, y) = (x.y / d + 1)^3. The estimator is unbiased, hence may be negative;
its mean and spread are taken over random subsets.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def kernel_distance(
    features_a: NDArray[np.floating],
    features_b: NDArray[np.floating],
    subsets: int,
    subset_size: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Mean and standard deviation of the squared MMD over subsets of (n, d) and (m, d) features.

    A subset has min(n, m, subset_size) samples of each side, drawn without replacement.
    The standard deviation divides by `subsets`. ValueError for fewer than two samples or a
    feature that is not finite.
    """
    size = min(len(features_a), len(features_b), subset_size)
    if size < 2:
        raise ValueError(f"KID needs at least 2 samples of each side, got {size}")
    wide_a, wide_b = features_a.astype(np.float64), features_b.astype(np.float64)
    if not (np.isfinite(wide_a).all() and np.isfinite(wide_b).all()):
        raise ValueError("features are not finite; a KID would be meaningless")
    distances = [
        squared_mmd(
            wide_a[rng.choice(len(wide_a), size, replace=False)],
            wide_b[rng.choice(len(wide_b), size, replace=False)],
        )
        for _ in range(subsets)
    ]
    return float(np.mean(distances)), float(np.std(distances))


def squared_mmd(a: Array, b: Array) -> float:
    """Unbiased squared MMD of (n, d) and (m, d): the kernel's diagonals are left out."""
    within = _mean_off_diagonal(_kernel(a, a)) + _mean_off_diagonal(_kernel(b, b))
    return float(within - 2 * _kernel(a, b).mean())


def _kernel(a: Array, b: Array) -> Array:
    kernel: Array = (a @ b.T / a.shape[1] + 1) ** 3
    return kernel


def _mean_off_diagonal(kernel: Array) -> float:
    n = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (n * (n - 1)))
