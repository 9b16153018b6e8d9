"""Mean and covariance of a stream of features, and what every comparison of features asks of them first.

The moments are in float64 and in memory that the stream's length does not change. Batches wait as rows
and are folded, many at once, into sums centred on their own mean, which merge by Chan, Golub & LeVeque
1983: S = S_a + S_b + (n_a n_b / n) (mu_b - mu_a)(mu_b - mu_a)^T. Nothing is ever the small difference of
large sums of squares.

While there are at most as many samples as dimensions they stay rows, and the covariance is given by
a thin factor instead of a d x d matrix.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

ROWS = 1024
"""Rows that wait before they are folded, at least: each fold passes over d x d matrices."""

CLEAR_OF_ZERO = 1e3
"""How many times its rounding the least pivot of a Cholesky factor must be: below, the rank is in doubt."""


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


class Moments:
    """Streaming statistics of features (n, d); `update` it with batches."""

    def __init__(self) -> None:
        self._sums: _Sums | None = None
        self._rows: list[Array] = []

    def update(self, batch: NDArray[np.floating]) -> None:
        """Take in a batch (n, d); ValueError if it is not finite or of another dimension."""
        require_samples(0, batch=batch)
        if self.count and batch.shape[1] != self.dimension:
            raise ValueError(f"expected samples of {self.dimension} dimensions, got {batch.shape[1]}")
        step = max(ROWS, batch.shape[1])
        for start in range(0, len(batch), step):
            self._rows.append(np.array(batch[start : start + step], dtype=np.float64))
            self._fold_many()

    def merge(self, other: "Moments") -> "Moments":
        """The statistics of both streams together; neither is changed."""
        if self.count and other.count and self.dimension != other.dimension:
            raise ValueError(f"{self.dimension} and {other.dimension} dimensions cannot be merged")
        merged = Moments()
        merged._rows = self._rows + other._rows
        merged._sums = _merged(self._sums, other._sums)
        merged._fold_many()
        return merged

    @property
    def count(self) -> int:
        """Samples seen."""
        return (self._sums.samples if self._sums else 0) + sum(map(len, self._rows))

    @property
    def dimension(self) -> int:
        """d; ValueError before the first sample."""
        self._require(1)
        return len(self._sums.mean) if self._sums else self._rows[0].shape[1]

    @property
    def mean(self) -> Array:
        """(d,); ValueError before the first sample."""
        self._require(1)
        mean: Array = np.concatenate(self._rows).mean(axis=0) if self._is_thin else self._total().mean
        return mean

    @property
    def covariance(self) -> Array:
        """The unbiased one (d, d); ValueError for fewer than 2 samples."""
        self._require(2)
        return self._total().scatter / (self.count - 1)

    @property
    def factor(self) -> Array:
        """A (d, r) with A A^T = covariance; ValueError for fewer than 2 samples.

        Of n <= d samples r = n - 1 and no d x d matrix is formed: column k is the k-th of Welford's
        increments, sqrt(k / (k + 1)) (x_{k+1} - mean(x_1 .. x_k)) over sqrt(n - 1). Of more samples it
        is `covariance_root`.
        """
        self._require(2)
        if not self._is_thin:
            return covariance_root(self.covariance)
        rows = np.concatenate(self._rows)
        rows -= rows.mean(axis=0)
        seen = np.arange(1, len(rows))[:, None]
        increments = rows[1:] - np.cumsum(rows[:-1], axis=0) / seen
        increments *= np.sqrt(seen / (seen + 1) / (len(rows) - 1))
        return increments.T

    @property
    def _is_thin(self) -> bool:
        return self._sums is None and self.count <= self.dimension

    def _require(self, least: int) -> None:
        if self.count < least:
            raise ValueError(f"moments need at least {least} samples, got {self.count}")

    def _total(self) -> "_Sums":
        if self._is_thin:
            return _sums(np.concatenate(self._rows))
        self._fold()
        assert self._sums is not None
        return self._sums

    def _fold_many(self) -> None:
        waiting = sum(map(len, self._rows))
        if waiting and waiting >= max(ROWS, self.dimension) and not self._is_thin:
            self._fold()

    def _fold(self) -> None:
        if self._rows:
            self._sums = _merged(self._sums, _sums(np.concatenate(self._rows)))
            self._rows = []


class _Sums(NamedTuple):
    samples: int
    mean: Array
    scatter: Array
    """Sum of the outer products of deviations from the mean, (d, d)."""


def _sums(rows: Array) -> _Sums:
    mean = rows.mean(axis=0)
    centred = rows - mean
    return _Sums(len(rows), mean, centred.T @ centred)


def _merged(a: _Sums | None, b: _Sums | None) -> _Sums | None:
    if a is None or b is None:
        return b if a is None else a
    samples = a.samples + b.samples
    shift = b.mean - a.mean
    scatter = np.outer(shift, shift * (a.samples * b.samples / samples))
    scatter += a.scatter
    scatter += b.scatter
    return _Sums(samples, a.mean + shift * (b.samples / samples), scatter)


def moments(features: NDArray[np.floating]) -> tuple[Array, Array]:
    """Mean (d,) and unbiased covariance (d, d) of features (n, d), both float64.

    ValueError for fewer than two samples or a feature that is not finite.
    """
    require_samples(2, features=features)
    seen = Moments()
    seen.update(features)
    return seen.mean, seen.covariance


def covariance_root(covariance: Array) -> Array:
    """R (d, r) with R R^T = covariance, r its numerical rank; ValueError if it is not one.

    Cholesky's factor where every pivot is clear of rounding, else the eigenvectors of the eigenvalues
    that are: directions of which only rounding is left would count by its square root.
    """
    require_finite(covariance=covariance)
    root = _cholesky(covariance)
    return _eigenvector_root(covariance) if root is None else root


def _cholesky(covariance: Array) -> Array | None:
    try:
        root: Array = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    least = CLEAR_OF_ZERO * len(covariance) * np.finfo(np.float64).eps * np.diag(covariance).max()
    return root if np.diag(root).min() ** 2 > least else None


def _eigenvector_root(covariance: Array) -> Array:
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    rounding = len(covariance) * np.finfo(np.float64).eps * np.abs(eigenvalues).max()
    if eigenvalues.min() < -10 * rounding:
        raise ValueError(f"a covariance has no negative eigenvalue, got {eigenvalues.min():.3g}")
    kept = eigenvalues > rounding
    root: Array = eigenvectors[:, kept] * np.sqrt(eigenvalues[kept])
    return root
