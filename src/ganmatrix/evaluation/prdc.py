"""Precision and recall, density and coverage: manifolds of balls that reach to the k-th neighbour.

Every sample's ball has its distance to its k-th nearest other sample of its own set as radius.

Precision, recall (Kynkaanniemi et al. 2019): share of fakes in some real's ball, of reals in some
fake's. Density, coverage (Naeem et al. 2020): balls of reals that a fake lies in, over k, on average;
share of reals with a fake in their ball. All in 0..1 but the density, which is at least 0, and 1 is
its expectation for equal distributions.

Ties go as in the authors' codes: a ball of precision and recall is closed, one of density and
coverage open. So identical sets without duplicates give exactly 1, 1, 1, 1. A sample with k duplicates
has a ball of radius 0: closed, it holds its copies only; open, nothing.
"""

from typing import NamedTuple

import numpy as np

from ganmatrix.evaluation.features import require_finite, require_samples
from ganmatrix.evaluation.neighbours import Array, Points, compared_distances, nearest


class Prdc(NamedTuple):
    """Precision 0..1, recall 0..1, density >= 0, coverage 0..1."""

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
