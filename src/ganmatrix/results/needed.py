"""What it would take to decide a claim that stays inconclusive: seeds."""

import numpy as np
import scipy.special
import scipy.stats

from ganmatrix.results.inference import Pooled
from ganmatrix.results.levels import fewest_seeds
from ganmatrix.results.verdicts import Trial

MOST_SEEDS = 1000

POWER = 0.8
"""How surely the seeds decide the claim, if means and spread are as they were found. Of two tests that must
both reject, each misses half as often as that leaves."""


def seeds_needed(trial: Trial, limit: float, level: float) -> int | None:
    """Seeds a setting with which the claim is decided in 80% of cases, one-sided at this level.

    `limit` is the claim's bound on the scale of its tests, `level` what Holm's first step leaves. None where
    no number up to MOST_SEEDS would do: there are no pairs that vary, or the method is beyond its bound, but
    no better than its control. Few seeds know the spread badly, and so does this number.
    """
    compared = [(trial.baseline, limit), *([(trial.control, 0.0)] if trial.control else [])]
    if any(each.counts or each.effect.mean is None for each, _ in compared):
        return None
    beyond = [(each.effect.mean or 0.0) > least for each, least in compared]
    if trial.at_most or not beyond[0]:
        compared = compared[:1]
    elif not all(beyond):
        return None
    power = 1 - (1 - POWER) / len(compared)
    found = [_enough(each.effect, least, level, power) for each, least in compared]
    return None if None in found else max(n for n in found if n is not None)


def _enough(effect: Pooled, limit: float, level: float, power: float) -> int | None:
    """The fewest seeds with that power.

    The power of the sign-flip test is that of the t test of settings with one variance (Hoeffding 1952): the
    noncentral t distribution gives it.
    """
    degrees = effect.n - effect.settings
    if degrees < 1:
        return None
    variance = sum(group.var() * len(group) for group in effect.groups.values()) / degrees
    distance = abs((effect.mean or 0.0) - limit)
    seeds = np.arange(max(2, fewest_seeds(effect.settings, level)), MOST_SEEDS + 1)
    if variance == 0:
        return int(seeds[0]) if distance else None
    free = effect.settings * (seeds - 1)
    shift = distance * np.sqrt(effect.settings * seeds / variance)
    reached = scipy.stats.nct.sf(scipy.special.stdtrit(free, 1 - level), free, shift)
    enough = seeds[reached >= power]
    return int(enough[0]) if len(enough) else None
