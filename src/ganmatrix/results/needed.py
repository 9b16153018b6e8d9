"""What it would take to decide a claim that stays inconclusive: seeds."""

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.params.claims import Claim
from ganmatrix.results.comparing import excesses
from ganmatrix.results.inference import counted
from ganmatrix.results.matrix import DIVERGED, SETTING
from ganmatrix.results.verdicts import LEVEL, Trial

MOST_SEEDS = 1000


def seeds_needed(claim: Claim, trial: Trial, frame: pd.DataFrame, tested: int) -> int | None:
    """Seeds a setting with which these means and this spread over seeds would decide the claim.

    `tested` claims share Holm's level, so that a claim is counted as decided at LEVEL / tested. None where
    no number up to MOST_SEEDS would do: there are no tests of means, or the method is beyond its bound, but
    no better than its control. Two or three seeds know the spread badly, and so does this number.
    """
    if claim.metric == DIVERGED or trial.baseline.obstacle or (trial.control and trial.control.obstacle):
        return None
    sign = -1 if trial.at_most else 1
    over = [counted(sign * excesses(claim, claim.baseline, frame, claim.bound))]
    if over[0].groupby(SETTING).mean().mean() > 0:
        over += [counted(excesses(claim, claim.control, frame, 0.0))] if claim.control else []
        if min(each.groupby(SETTING).mean().mean() for each in over) <= 0:
            return None
    found = [_enough(each, LEVEL / tested) for each in over]
    return None if None in found else max(n for n in found if n is not None)


def _enough(excess: pd.Series, level: float) -> int | None:
    """The fewest seeds with which the mean over settings lies away from 0 at this level, one-sided."""
    variances = excess.groupby(SETTING).var(ddof=1).to_numpy()
    mean = abs(float(excess.groupby(SETTING).mean().mean()))
    if np.isnan(variances).any():
        return None
    seeds = np.arange(2, MOST_SEEDS + 1)
    error = np.sqrt(variances.sum() / seeds) / len(variances)
    degrees = (seeds - 1) * variances.sum() ** 2 / (variances**2).sum()
    enough = seeds[mean > scipy.stats.t.isf(level, degrees) * error]
    return int(enough[0]) if len(enough) else None
