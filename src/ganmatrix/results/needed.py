"""What it would take to decide a claim that stays inconclusive: seeds."""

import numpy as np
import scipy.special

from ganmatrix.results.comparing import FEWEST_PAIRS
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
    if any(each.obstacle or not each.effect.errors for each, _ in compared):
        return None
    beyond = [(each.effect.mean or 0.0) > limit for each, limit in compared]
    if not beyond[0]:
        compared = compared[:1]
    elif not all(beyond):
        return None
    found = [_enough(each.effect, limit, LEVEL / tested) for each, limit in compared]
    return None if None in found else max(n for n in found if n is not None)


def _enough(effect: Pooled, bound: float, level: float) -> int | None:
    """The fewest seeds with which the mean over settings differs from its bound at this level, one-sided."""
    variance = sum(group.var(ddof=1) for group in effect.groups.values()) / effect.settings**2
    distance = abs((effect.mean or 0.0) - bound)
    seeds = np.arange(max(2, -(-FEWEST_PAIRS // effect.settings)), MOST_SEEDS + 1)
    enough = seeds[distance > scipy.special.stdtrit(seeds - 1, 1 - level) * np.sqrt(variance / seeds)]
    return int(enough[0]) if len(enough) else None
