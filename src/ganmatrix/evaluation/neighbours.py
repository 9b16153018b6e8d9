"""Euclidean distances between all pairs of two sets, in blocks, and nearest neighbours.

Blocks come from one matrix product each, |a|^2 + |b|^2 - 2 a.b in float64, both sets centred on b's
mean. The subtraction leaves an absolute error of the square of at most

    slack = (d + 8) eps (|a| + max |b|)^2:

nothing beside ordinary distances, but all of the distance between near copies. So whatever is handed
out, or decides a comparison, and may be within it is taken again from the differences a - b, with a
relative error of about eps. There copies are exactly 0 apart, and ties are exact: a pair's distance
is the same number whichever set it is seen from.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ganmatrix.evaluation.features import require_samples

Array = NDArray[np.float64]
Points = NDArray[np.floating]

BLOCK = 8_000_000
"""Distances that are held at a time: 64 MB, and a few times that for what is made of them."""

COLUMNS = 4096
"""Rows of b in one matrix product, or pairs whose differences are taken at once."""

FLAT = 3
"""Dimensions up to which a tree finds neighbours faster than all pairs."""

SPARE = 8
"""Candidates beyond k that are measured exactly before the k nearest are chosen."""


class _Block(NamedTuple):
    rows: slice
    squares: Array
    """Squared distances (rows, m), up to `slack`."""
    slack: Array
    """(rows, 1)."""


def nearest(a: Points, b: Points, k: int) -> tuple[NDArray[np.intp], Array]:
    """Indices into b (m, d) and distances (n, k), ascending, of the k nearest of every row of a (n, d).

    Distances are exact to rounding. Should more than SPARE others of b lie within the product's slack
    of the k-th, which of them are chosen is arbitrary. ValueError unless 1 <= k <= m, both sets are
    finite and of one dimension.
    """
    require_samples(1, a=a, b=b)
    if not 1 <= k <= len(b):
        raise ValueError(f"{k} nearest of {len(b)} samples do not exist")
    if a.shape[1] <= FLAT:
        distances, indices = cKDTree(b).query(a, range(1, k + 1))
        return indices, distances
    candidates = min(k + SPARE, len(b))
    indices, distances = np.empty((len(a), k), dtype=np.intp), np.empty((len(a), k))
    for rows, squares, _ in _blocks(a, b):
        found = np.sort(np.argpartition(squares, candidates - 1, axis=1)[:, :candidates], axis=1)
        exact = np.stack([pair_distances(a[rows], b[column]) for column in found.T], axis=1)
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        indices[rows] = np.take_along_axis(found, order, axis=1)
        distances[rows] = np.take_along_axis(exact, order, axis=1)
    return indices, distances


def nearest_distances(a: Points, b: Points) -> Array:
    """Distance (n,) of every row of a (n, d) to the nearest of b (m, d), in their units."""
    return nearest(a, b, 1)[1][:, 0]


def compared_distances(a: Points, b: Points, radii_a: Array, radii_b: Array) -> Iterator[tuple[slice, Array]]:
    """Rows of a and their distances (rows, m) to all of b, to be compared with radii (n,) and (m,).

    Distances that could be on the wrong side of either radius are exact to rounding.
    """
    for rows, squares, slack in _blocks(a, b):
        unsure = np.abs(squares - np.square(radii_a[rows, None])) <= slack
        unsure |= np.abs(squares - np.square(radii_b)) <= slack
        distances = np.sqrt(squares, out=squares)
        of_a, of_b = np.nonzero(unsure)
        for start in range(0, len(of_a), COLUMNS):
            i, j = of_a[start : start + COLUMNS], of_b[start : start + COLUMNS]
            distances[i, j] = pair_distances(a[rows][i], b[j])
        yield rows, distances


def pair_distances(a: Points, b: Points) -> Array:
    """Distances (n,) of rows of a (n, d) to the same rows of b (n, d), from their differences."""
    distances: Array = np.sqrt(np.square(np.subtract(a, b, dtype=np.float64)).sum(axis=1))
    return distances


def _blocks(a: Points, b: Points) -> Iterator[_Block]:
    centre = b.mean(axis=0, dtype=np.float64)
    size = max(1, BLOCK // len(b))
    for start in range(0, len(a), size):
        rows = slice(start, min(start + size, len(a)))
        centred = a[rows] - centre
        products = np.empty((len(centred), len(b)))
        norms = np.empty(len(b))
        for column in range(0, len(b), COLUMNS):
            columns = slice(column, column + COLUMNS)
            others = b[columns] - centre
            norms[columns] = np.square(others).sum(axis=1)
            products[:, columns] = centred @ others.T
        own = np.square(centred).sum(axis=1, keepdims=True)
        products *= -2
        products += own
        products += norms
        rounding = (a.shape[1] + 8) * np.finfo(np.float64).eps
        slack = rounding * np.square(np.sqrt(own) + np.sqrt(norms.max()))
        yield _Block(rows, np.maximum(products, 0, out=products), slack)
