"""Energy distance between two sets of points: needs neither modes nor features.

d = 2 E|X - Y| - E|X - X'| - E|Y - Y'| with Euclidean norms, Szekely & Rizzo 2013; the square of the
distance that scipy's `energy_distance` gives in one dimension. In data units, at least 0, and 0 for
equal distributions only. Estimated by the V statistic: each mean runs over all pairs, a point with
itself included. So it is 0 on identical sets and never negative, but its expectation for n and m
points of one distribution is (1 / n + 1 / m) E|X - X'|, not 0: compare it at equal counts.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

BLOCK = 4_000_000
"""Distances that are held at a time: 32 MB."""


def mean_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Mean Euclidean distance over all pairs of a (n, d) and b (m, d), in blocks of rows.

    ValueError for an empty set or a point that is not finite.
    """
    if not (len(a) and len(b) and np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("an energy distance needs at least one point on each side, and finite ones")
    rows = max(1, BLOCK // len(b))
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    total = sum(cdist(wide_a[i : i + rows], wide_b).sum() for i in range(0, len(a), rows))
    return float(total / (len(a) * len(b)))


def energy_distance(a: NDArray[np.floating], b: NDArray[np.floating], within_b: float | None = None) -> float:
    """The energy distance of points (n, d) and (m, d), data units.

    `within_b` is `mean_distance(b, b)` where it is known already.
    """
    within = mean_distance(a, a) + (mean_distance(b, b) if within_b is None else within_b)
    # For nearly equal sets the terms cancel, and what rounding leaves may be negative.
    return max(2 * mean_distance(a, b) - within, 0.0)
