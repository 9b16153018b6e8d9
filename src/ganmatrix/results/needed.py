"""What it would take to decide a claim that stays inconclusive: seeds."""

import numpy as np
import scipy.stats

from ganmatrix.results.inference import Pooled
from ganmatrix.results.verdicts import LEVEL, Trial

MOST_SEEDS = 1000


def seeds_needed(trial: Trial, bound: float, tested: int) -> int | None:
    """Seeds a setting with which these means and this spread over seeds would decide the claim.

    `tested` claims share Holm's level, so that a claim is counted as decided at LEVEL / tested. None where
    no number up to MOST_SEEDS would do: there are no tests of means, or the method is beyond its bound, but
    no better than its control. Two or three seeds know the spread badly, and so does this number.
    """
    compared = [(trial.baseline, bound), *([(trial.control, 0.0)] if trial.control else [])]
    if any(each.effect.mean is None or each.effect.standard_error is None for each, _ in compared):
        return None
    beyond = [(each.effect.mean or 0.0) > limit for each, limit in compared]
    if trial.at_most or not beyond[0]:
        compared = compared[:1]
    elif not all(beyond):
        return None
    found = [_enough(each.effect, limit, LEVEL / tested) for each, limit in compared]
    return None if None in found else max(n for n in found if n is not None)


def _enough(effect: Pooled, bound: float, level: float) -> int | None:
    """The fewest seeds with which the mean over settings differs from its bound at this level, one-sided."""
    variances = np.array([group.var(ddof=1) for group in effect.groups.values()])
    distance = abs((effect.mean or 0.0) - bound)
    seeds = np.arange(2, MOST_SEEDS + 1)
    error = np.sqrt(variances.sum() / seeds) / len(variances)
    degrees = (seeds - 1) * variances.sum() ** 2 / (variances**2).sum()
    enough = seeds[distance > scipy.stats.t.isf(level, degrees) * error]
    return int(enough[0]) if len(enough) else None
