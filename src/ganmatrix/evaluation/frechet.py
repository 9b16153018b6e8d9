"""Frechet distance between the Gaussians fitted to two sets of features.

d^2 = |mu_a - mu_b|^2 + Tr(C_a + C_b - 2 (C_a C_b)^{1/2}), Heusel et al. 2017 (FID when the features
are Inception's). With C_a = A A^T and C_b = B B^T, whatever the factors' columns, the trace of the
root is the sum of the singular values of A^T B: no matrix square root is taken, thin factors make a
thin problem, and B can be kept for every later comparison with the same reference.

The singular values come from the eigenvalues of the smaller Gram matrix. That is the fastest way
and exact enough, unless so many are so small, or the sets so much alike, that the rounding of their
squares shows. Then the distance is taken as what it is, the least |A - B Q|^2 over orthogonal Q
(Procrustes): nothing cancels there, identical sets give 0 and others their distance to full accuracy.
"""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.evaluation.features import require_finite
from ganmatrix.evaluation.moments import Moments, covariance_root

Array = NDArray[np.float64]

RELATIVE_ERROR = 1e-6
"""Rounding of the Gram route that is accepted, over the distance, were all of it of one sign."""


def frechet_distance(mu_a: Array, cov_a: Array, mu_b: Array, cov_b: Array) -> float:
    """Squared Frechet (2-Wasserstein) distance of two Gaussians, >= 0, in squared feature units.

    Means (d,), covariances (d, d). ValueError if something is not finite, no covariance, or of another d.
    """
    require_finite(mu_a=mu_a, mu_b=mu_b)
    return frechet_distance_to_root(mu_a, cov_a, mu_b, covariance_root(cov_b))


def frechet_distance_to_root(mu_a: Array, cov_a: Array, mu_b: Array, root_b: Array) -> float:
    """`frechet_distance` with the second covariance given by its `covariance_root`."""
    require_finite(mu_a=mu_a)
    return frechet_distance_of_factors(mu_a, covariance_root(cov_a), mu_b, root_b)


def frechet_distance_of_moments(a: Moments, b: Moments) -> float:
    """`frechet_distance` of two streams; of n <= d samples a side, without any d x d matrix.

    Samples that are all equal have covariance 0, and a distance like any others.
    """
    return frechet_distance_of_factors(a.mean, a.factor, b.mean, b.factor)


def frechet_distance_of_factors(mu_a: Array, factor_a: Array, mu_b: Array, factor_b: Array) -> float:
    """`frechet_distance` of covariances A A^T and B B^T, A (d, r) and B (d, s)."""
    require_finite(mu_a=mu_a, factor_a=factor_a, mu_b=mu_b, factor_b=factor_b)
    if not len(mu_a) == len(mu_b) == len(factor_a) == len(factor_b):
        raise ValueError(f"features of {len(mu_a)} and {len(mu_b)} dimensions cannot be compared")
    means = np.square(mu_a - mu_b).sum()
    cross = factor_a.T @ factor_b
    gram = cross @ cross.T if cross.shape[0] < cross.shape[1] else cross.T @ cross
    squares = np.clip(np.linalg.eigvalsh(gram), 0, None)
    values = np.sqrt(squares)
    distance = means + np.square(factor_a).sum() + np.square(factor_b).sum() - 2 * values.sum()
    rounding = np.finfo(np.float64).eps * squares.max(initial=0)
    error = 2 * (np.sqrt(squares + rounding) - values).sum()
    if error > RELATIVE_ERROR * distance:
        distance = means + _procrustes(factor_a, factor_b)
    return float(distance)


def _procrustes(a: Array, b: Array) -> float:
    """The least |A - B Q|^2 over orthogonal Q, the narrower factor filled up with columns of 0."""
    columns = max(a.shape[1], b.shape[1])
    a, b = (np.pad(factor, ((0, 0), (0, columns - factor.shape[1]))) for factor in (a, b))
    left, _, right = np.linalg.svd(b.T @ a)
    return float(np.square(a - b @ (left @ right)).sum())
