"""Frechet distance between the Gaussians fitted to two sets of features, and what it is of infinitely many.

d^2 = |mu_a - mu_b|^2 + Tr(C_a + C_b - 2 (C_a C_b)^{1/2}), Heusel et al. 2017 (FID when the features
are Inception's). With C_a = A A^T and C_b = B B^T, whatever the factors' columns, the trace of the
root is the sum of the singular values of A^T B: no matrix square root is taken, thin factors make a
thin problem, and B can be kept for every later comparison with the same reference.

The singular values come from the eigenvalues of the smaller Gram matrix. That is the fastest way
and exact enough, unless so many are so small, or the sets so much alike, that the rounding of their
squares shows. Then the distance is taken as what it is, the least |A - B Q|^2 over orthogonal Q
(Procrustes): nothing cancels there, identical sets give 0 and others their distance to full accuracy.

A distance of N samples is biased upwards by an amount that is linear in 1/N while N is several times the
number of dimensions in which the features spread: Chong & Forsyth 2020 extrapolate it to 1/N = 0.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganmatrix.evaluation.features import Moments, covariance_root, require_finite

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


class Extrapolation(NamedTuple):
    """The value at infinitely many samples, its standard error, and what it was fitted to.

    The value is not clipped: of equal distributions it is as often below 0 as above. `distances` are
    those at `counts` samples.
    """

    value: float
    standard_error: float
    counts: tuple[int, ...]
    distances: tuple[float, ...]


class FidInfinity:
    """The moments of a stream of `count` features, and of equal blocks, from which FID is extrapolated.

    What is left of the stream after the blocks counts in the moments only. Distances of all blocks, taken in
    unions of k blocks for each k that divides their number, each averaged over its disjoint unions, are
    fitted by least squares; the line's value at 1/N = 0 is the result.
    """

    def __init__(self, count: int, blocks: int = 10) -> None:
        """ValueError unless `blocks` >= 4 has 3 divisors."""
        self._unions = [k for k in range(1, blocks + 1) if blocks % k == 0]
        if len(self._unions) < 3:
            raise ValueError(
                f"a line cannot be fitted to {blocks} blocks; expected 3 divisors or more, as of 4, 6 or 10"
            )
        self._count, self._size = count, count // blocks
        self._blocks = [Moments() for _ in range(blocks)]
        self._rest = Moments()

    def update(self, features: NDArray[np.floating]) -> None:
        """Take in the next features (n, d); ValueError beyond the announced count, or if not finite."""
        seen = sum(block.count for block in self._blocks) + self._rest.count
        if seen + len(features) > self._count:
            raise ValueError(f"{seen + len(features)} samples where {self._count} were announced")
        while len(features):
            if seen >= self._size * len(self._blocks):
                self._rest.update(features)
                return
            block = self._blocks[seen // self._size]
            room = self._size - block.count
            block.update(features[:room])
            seen += len(features[:room])
            features = features[room:]

    @property
    def moments(self) -> Moments:
        """Those of the whole stream."""
        return reduce(Moments.merge, [*self._blocks, self._rest])

    def extrapolate(self, mean: Array, factor: Array) -> Extrapolation:
        """The distance to a reference of `mean` (d,) and covariance factor (d, r), taken as exact.

        The standard error joins that of the mean of the blocks' distances, which is what all unions share,
        with the line's own. ValueError before the last sample, or for less than 2 samples a block.
        """
        if self._size < 2:
            raise ValueError(f"{self._count} samples; needs at least {2 * len(self._blocks)}")
        if self._blocks[-1].count < self._size:
            raise ValueError(f"the stream has ended before its {len(self._blocks)} blocks were full")
        found = [self._distances(k, mean, factor) for k in self._unions]
        distances = np.array([np.mean(each) for each in found])
        counts = self._size * np.array(self._unions)
        design = np.stack([np.ones(len(counts)), 1 / counts], axis=1)
        line, *_ = np.linalg.lstsq(design, distances)
        misfit = np.square(distances - design @ line).sum() / (len(counts) - 2)
        shared = np.var(found[0], ddof=1) / len(self._blocks)
        own = misfit * np.linalg.inv(design.T @ design)[0, 0]
        return Extrapolation(
            float(line[0]),
            float(np.sqrt(shared + own)),
            tuple(map(int, counts)),
            tuple(map(float, distances)),
        )

    def _distances(self, k: int, mean: Array, factor: Array) -> list[float]:
        unions = [reduce(Moments.merge, self._blocks[i : i + k]) for i in range(0, len(self._blocks), k)]
        return [frechet_distance_of_factors(union.mean, union.factor, mean, factor) for union in unions]
