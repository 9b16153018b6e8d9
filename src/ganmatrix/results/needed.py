"""What it would take to decide a claim that stays inconclusive: seeds."""

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import NDArray

from ganmatrix.params.claims import Claim
from ganmatrix.results.comparing import excesses
from ganmatrix.results.inference import counted
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.results.verdicts import LEVEL, Trial

MOST_SEEDS = 1000

Group = NDArray[np.float64]


def seeds_needed(claim: Claim, trial: Trial, frame: pd.DataFrame, tested: int) -> int | None:
    """Seeds a setting with which these means and this spread over seeds would decide the claim.

    `tested` claims share Holm's level, so that a claim is counted as decided at LEVEL / tested. None where
    no number up to MOST_SEEDS would do: there are no tests of means, or the method is beyond its bound, but
    no better than its control. Two or three seeds know the spread badly, and so does this number.
    """
    if claim.metric == DIVERGED or trial.baseline.obstacle or (trial.control and trial.control.obstacle):
        return None
    sign = -1 if trial.at_most else 1
    over = [_groups(sign * excesses(claim, claim.baseline, frame, claim.bound))]
    if _mean(over[0]) > 0:
        over += [_groups(excesses(claim, claim.control, frame, 0.0))] if claim.control else []
        if min(map(_mean, over)) <= 0:
            return None
    found = [_enough(each, LEVEL / tested) for each in over]
    return None if None in found else max(n for n in found if n is not None)


def _groups(excess: pd.Series) -> list[Group]:
    return list(counted(excess).values())


def _mean(groups: list[Group]) -> float:
    """Over settings, which weigh alike."""
    return float(np.mean([group.mean() for group in groups]))


def _enough(groups: list[Group], level: float) -> int | None:
    """The fewest seeds with which the mean over settings lies away from 0 at this level, one-sided."""
    if not groups or min(map(len, groups)) < 2:
        return None
    variances = np.array([group.var(ddof=1) for group in groups])
    mean = abs(_mean(groups))
    seeds = np.arange(2, MOST_SEEDS + 1)
    error = np.sqrt(variances.sum() / seeds) / len(variances)
    degrees = (seeds - 1) * variances.sum() ** 2 / (variances**2).sum()
    enough = seeds[mean > scipy.stats.t.isf(level, degrees) * error]
    return int(enough[0]) if len(enough) else None
