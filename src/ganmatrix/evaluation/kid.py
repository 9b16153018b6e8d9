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
    rng: np.random.Generator,
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
    n, m = len(a), len(b)
    joined = np.concatenate([a, b], dtype=np.float64)
    # One symmetric product for all three kernels. Powers by ** are many times slower than products.
    base = joined @ joined.T
    base /= joined.shape[1]
    base += 1
    kernel = base * base
    kernel *= base
    within_a = kernel[:n, :n].sum() - np.trace(kernel[:n, :n])
    within_b = kernel[n:, n:].sum() - np.trace(kernel[n:, n:])
    return float(within_a / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * kernel[:n, n:].mean())
