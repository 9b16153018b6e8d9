"""Frechet distance between the Gaussians fitted to two sets of features.

d^2 = |mu_a - mu_b|^2 + Tr(C_a + C_b - 2 (C_a C_b)^{1/2}), Heusel et al. 2017 (FID when the features
are Inception's). C_a C_b is not symmetric, but with C_b = R R^T it has the eigenvalues of the
symmetric R^T C_a R, whose square roots sum to the last trace. So no matrix square root is taken,
and R can be kept for every later comparison with the same reference.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def moments(features: NDArray[np.floating]) -> tuple[Array, Array]:
    """Mean (d,) and unbiased covariance (d, d) of features (n, d), both float64.

    ValueError for fewer than two samples or a feature that is not finite.
    """
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"moments need at least 2 samples as (n, d), got shape {features.shape}")
    wide = features.astype(np.float64)
    _require_finite(features=wide)
    mean = wide.mean(axis=0)
    centred = wide - mean
    return mean, centred.T @ centred / (len(wide) - 1)


def covariance_root(covariance: Array) -> Array:
    """R (d, r) with R R^T = covariance, r its numerical rank; ValueError if it is not one."""
    _require_finite(covariance=covariance)
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    rounding = len(covariance) * np.finfo(np.float64).eps * np.abs(eigenvalues).max()
    if eigenvalues.min() < -10 * rounding:
        raise ValueError(f"a covariance has no negative eigenvalue, got {eigenvalues.min():.3g}")
    kept = eigenvalues > rounding
    root: Array = eigenvectors[:, kept] * np.sqrt(eigenvalues[kept])
    return root


def frechet_distance(mu_a: Array, cov_a: Array, mu_b: Array, cov_b: Array) -> float:
    """Squared Frechet (2-Wasserstein) distance of two Gaussians, >= 0, in squared feature units."""
    return frechet_distance_to_root(mu_a, cov_a, mu_b, covariance_root(cov_b))


def frechet_distance_to_root(mu_a: Array, cov_a: Array, mu_b: Array, root_b: Array) -> float:
    """`frechet_distance` with the second covariance given by its `covariance_root`."""
    _require_finite(mu_a=mu_a, cov_a=cov_a, mu_b=mu_b, root_b=root_b)
    cross = np.linalg.eigvalsh(root_b.T @ cov_a @ root_b)
    trace_of_root = np.sqrt(np.clip(cross, 0, None)).sum()
    distance = np.square(mu_a - mu_b).sum() + np.trace(cov_a) + np.square(root_b).sum() - 2 * trace_of_root
    # For equal Gaussians the terms cancel, and what rounding leaves may be negative.
    return max(float(distance), 0.0)


def _require_finite(**arrays: Array) -> None:
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite; a Frechet distance would be meaningless")
