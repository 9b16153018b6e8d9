"""Estimates over seeds: mean, spread and a 95% interval; and the pairs that comparisons are made of."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.results.matrix import DIVERGED, SETTING

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval; None where the values leave it undefined."""

    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    n: int
    """Values that the mean rests on."""
    missing: int
    """Values left out; all of them where some are censored."""
    censored: int = 0
    """Values known only to lie beyond the end of training."""


def estimate(values: Iterable[float]) -> Estimate:
    """Mean, sample sd (n - 1) and Student-t interval: mean +- t_{0.975, n-1} sd / sqrt(n).

    NaN counts as missing. One value has no spread, hence neither sd nor interval. Equal values
    give an interval of width zero, which says that these values agree and no more. An infinite value
    is censored (see `matrix.with_censored`): the mean of the others would flatter, so there is none.
    """
    array = np.asarray(list(values), dtype=float)
    known = array[~np.isnan(array)]
    missing = len(array) - len(known)
    if censored := int(np.isinf(known).sum()):
        return Estimate(None, None, None, None, 0, len(array), censored)
    if len(known) == 0:
        return Estimate(None, None, None, None, 0, missing)
    mean = float(known.mean())
    if len(known) == 1:
        return Estimate(mean, None, None, None, 1, missing)
    half = t_quantile(len(known) - 1) * float(scipy.stats.sem(known))
    return Estimate(mean, float(known.std(ddof=1)), mean - half, mean + half, len(known), missing)


def observed(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column's values, NaN where the cell diverged; for `diverged` itself 1 there and else 0.

    A diverged cell has no value whatever its column says; its run was cut short, so that even its cost
    compares with nothing.
    """
    if column == DIVERGED:
        return (frame["outcome"] == "diverged").astype(float)
    return frame[column].where(frame["outcome"] == "completed")


def paired(frame: pd.DataFrame, column: str, method: str, opponent: str) -> pd.DataFrame:
    """`method` and `opponent` side by side in `column`, a row a dataset, architecture and seed.

    The seed pairs: it draws the same data order and noise for both.
    """
    index = [*SETTING, "seed"]
    table = frame[index].assign(method=frame["method"], value=observed(frame, column))
    sides = {
        role: table.loc[table["method"] == name].set_index(index)["value"]
        for role, name in (("method", method), ("opponent", opponent))
    }
    return pd.DataFrame(sides)


def differences(pairs: pd.DataFrame, *, relative: bool) -> pd.Series:
    """method - opponent for each pair; NaN if either is missing, infinite if either is censored.

    Relative differences are over the opponent's mean in the same setting, so that settings of
    different scale can be pooled and no single low score of the opponent dominates. They are NaN
    where that mean is not positive: a share of nothing means nothing.
    """
    censored = np.isinf(pairs["method"]) | np.isinf(pairs["opponent"])
    difference = (pairs["method"] - pairs["opponent"]).mask(censored)
    if relative:
        difference = difference / scale(pairs)
    return difference.mask(censored, np.inf)


def scale(pairs: pd.DataFrame) -> pd.Series:
    """The opponent's mean in the setting over complete pairs, for each pair; NaN where it is not positive."""
    complete = pairs["opponent"].where(np.isfinite(pairs["method"] - pairs["opponent"]))
    mean = complete.groupby(SETTING).transform("mean")
    return mean.where(mean > 0)


@functools.cache
def t_quantile(degrees: float) -> float:
    """t_{0.975} for these degrees of freedom."""
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
