"""FID extrapolated to infinitely many samples, Chong & Forsyth 2020.

A Frechet distance of N samples is biased upwards by an amount that is linear in 1/N while N is several
times the number of dimensions in which the features spread. The stream is cut into equal blocks;
distances of all samples, taken block by block, two blocks by two and so on, each averaged over its
disjoint unions, are fitted by least squares, and the line's value at 1/N = 0 is the result.
"""

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganmatrix.evaluation.frechet import frechet_distance_of_factors
from ganmatrix.evaluation.moments import Moments

Array = NDArray[np.float64]


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
    """The moments of a stream of `count` features in equal blocks; unions of k blocks for each k | blocks."""

    def __init__(self, count: int, blocks: int = 10) -> None:
        """ValueError unless `blocks` >= 4 has 3 divisors and divides `count`, 2 samples a block at least."""
        self._unions = [k for k in range(1, blocks + 1) if blocks % k == 0]
        if len(self._unions) < 3 or count % blocks or count < 2 * blocks:
            raise ValueError(
                f"{count} samples cannot be cut into {blocks} equal blocks that a line can be fitted to; "
                "expected a number with at least 3 divisors, such as 4, 6 or 10, that divides the samples"
            )
        self._size = count // blocks
        self._blocks = [Moments() for _ in range(blocks)]

    def update(self, features: NDArray[np.floating]) -> None:
        """Take in the next features (n, d); ValueError beyond the announced count, or if not finite."""
        seen = sum(block.count for block in self._blocks)
        if seen + len(features) > self._size * len(self._blocks):
            raise ValueError(
                f"{seen + len(features)} samples where {self._size * len(self._blocks)} were announced"
            )
        while len(features):
            block = self._blocks[seen // self._size]
            room = self._size - block.count
            block.update(features[:room])
            seen += len(features[:room])
            features = features[room:]

    @property
    def moments(self) -> Moments:
        """Those of the whole stream."""
        return reduce(Moments.merge, self._blocks)

    def extrapolate(self, mean: Array, factor: Array) -> Extrapolation:
        """The distance to a reference of `mean` (d,) and covariance factor (d, r), taken as exact.

        The standard error joins that of the mean of the blocks' distances, which is what all unions share,
        with the line's own. ValueError before the last sample.
        """
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
