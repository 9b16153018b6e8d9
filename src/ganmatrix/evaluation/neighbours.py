"""Nearest neighbours and their scores: precision and recall, density and coverage, data copying.

Euclidean distances between all pairs of two sets come in blocks from one matrix product each,
|a|^2 + |b|^2 - 2 a.b in float64, both sets centred on b's mean. The subtraction leaves an absolute error
of the square of at most

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

from ganmatrix.evaluation.features import require_finite, require_samples

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


class Prdc(NamedTuple):
    """Manifolds of balls whose radius is a sample's distance to its k-th nearest other one of its own set.

    Precision, recall (Kynkaanniemi et al. 2019): share of fakes in some real's ball, of reals in some
    fake's. Density, coverage (Naeem et al. 2020): balls of reals that a fake lies in, over k, on average;
    share of reals with a fake in their ball. All in 0..1 but the density, which is at least 0, and 1 is
    its expectation for equal distributions.

    Ties go as in the authors' codes: a ball of precision and recall is closed, one of density and
    coverage open. So identical sets without duplicates give exactly 1, 1, 1, 1. A sample with k duplicates
    has a ball of radius 0: closed, it holds its copies only; open, nothing.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def neighbour_radii(features: Points, k: int) -> Array:
    """Distance (n,) of every feature (n, d) to its k-th nearest other one; ValueError unless 1 <= k < n."""
    require_samples(1, features=features)
    if not 1 <= k < len(features):
        raise ValueError(f"{len(features)} samples have no {k}-th nearest other one")
    # Nobody is nearer than oneself.
    return nearest(features, features, k + 1)[1][:, k]


def prdc(real: Points, radii: Array, fake: Points, k: int) -> Prdc:
    """The four scores of fake features (m, d) against real ones (n, d) with their `neighbour_radii`.

    ValueError unless n and m exceed k, dimensions agree and all is finite, or if every real has k
    duplicates: no ball then has an inside. Fakes may be all equal, as a collapsed generator's are.
    """
    require_samples(k + 1, real=real, fake=fake)
    if radii.shape != (len(real),):
        raise ValueError(f"{len(real)} real samples need as many radii, got shape {radii.shape}")
    require_finite(radii=radii)
    if not radii.any():
        raise ValueError(f"every real sample has {k} duplicates; balls of radius 0 measure nothing")
    fake_radii = neighbour_radii(fake, k)
    precise = np.zeros(len(fake), dtype=bool)
    recalled = covered = inside = 0
    for rows, distances in compared_distances(real, fake, radii, fake_radii):
        precise |= (distances <= radii[rows, None]).any(axis=0)
        recalled += int((distances <= fake_radii).any(axis=1).sum())
        within = distances < radii[rows, None]
        inside += int(within.sum())
        covered += int(within.any(axis=1).sum())
    return Prdc(
        precision=float(precise.mean()),
        recall=recalled / len(real),
        density=inside / (k * len(fake)),
        coverage=covered / len(real),
    )


def data_copying(train: Points, held_out: Points, fake: Points) -> float:
    """Are fakes nearer to the training samples than held-out ones are? Features (n, d), (m, d) and (l, d).

    The share P(d(fake, train) < d(held-out, train)), 0..1, over all pairs of a fake and a held-out sample,
    d the distance to the nearest training sample and ties counting half: the Mann-Whitney statistic over
    the number of pairs, the global form of the test of Meehan, Chaudhuri & Dasgupta 2020. 0.5 without
    copying, near 1 for copies; below 0.5 fakes are further from the training set than held-out samples are.

    It needs a held-out set of the training set's distribution, and sees distances only: a generator that
    is merely bad scores below 0.5 and may copy nevertheless.

    ValueError for an empty set, another d, or a sample that is not finite.
    """
    return nearer_share(nearest_distances(fake, train), nearest_distances(held_out, train))


def nearer_share(fake: NDArray[np.floating], held_out: NDArray[np.floating]) -> float:
    """P(fake < held-out) + P(fake = held-out) / 2 over all pairs of distances (l,) and (m,)."""
    require_finite(fake=fake, held_out=held_out)
    if not (len(fake) and len(held_out)):
        raise ValueError("data copying needs at least one fake and one held-out distance")
    ranked = np.sort(held_out)
    not_further = np.searchsorted(ranked, fake, side="left") + np.searchsorted(ranked, fake, side="right")
    return float(1 - not_further.mean() / (2 * len(ranked)))
