"""Data copying: are fakes nearer to the training samples than unseen real samples are?

The share P(d(fake, train) < d(held-out, train)) over all pairs of a fake and a held-out sample, d the
distance to the nearest training sample and ties counting half: the Mann-Whitney statistic over the
number of pairs, the global form of the test of Meehan, Chaudhuri & Dasgupta 2020. 0.5 without copying,
near 1 for copies; below 0.5 fakes are further from the training set than held-out samples are.

It needs a held-out set of the training set's distribution, and sees distances only: a generator that
is merely bad scores below 0.5 and may copy nevertheless.
"""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.evaluation.features import require_finite
from ganmatrix.evaluation.neighbours import Points, nearest_distances


def data_copying(train: Points, held_out: Points, fake: Points) -> float:
    """The share, 0..1, of features or points (n, d), (m, d) and (l, d).

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
