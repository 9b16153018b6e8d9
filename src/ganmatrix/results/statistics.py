"""Estimates over seeds and over pairs of cells: mean, spread and a 95% interval."""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.results.matrix import SETTING

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval; None where too few values leave it undefined."""

    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    n: int
    missing: int


def estimate(values: Iterable[float]) -> Estimate:
    """Mean, sample sd (n - 1) and Student-t interval: mean +- t_{0.975, n-1} sd / sqrt(n).

    NaN counts as missing. One value has no spread, hence neither sd nor interval. Equal values
    give an interval of width zero, which says that these values agree and no more.
    """
    array = np.asarray(list(values), dtype=float)
    known = array[~np.isnan(array)]
    missing = len(array) - len(known)
    if len(known) == 0:
        return Estimate(None, None, None, None, 0, missing)
    mean = float(known.mean())
    if len(known) == 1:
        return Estimate(mean, None, None, None, 1, missing)
    half = _t_quantile(len(known) - 1) * float(scipy.stats.sem(known))
    return Estimate(mean, float(known.std(ddof=1)), mean - half, mean + half, len(known), missing)


def paired(frame: pd.DataFrame, column: str, method: str, opponent: str) -> pd.DataFrame:
    """`method` and `opponent` side by side in `column`, a row a dataset, architecture and seed.

    The seed pairs: it draws the same data order and noise for both. A diverged cell has no value
    whatever its column says; its run was cut short, so that even its cost compares with nothing.
    """
    index = [*SETTING, "seed"]
    completed = frame[column].where(frame["outcome"] == "completed")
    table = frame[index].assign(method=frame["method"], value=completed)
    sides = {
        role: table.loc[table["method"] == name].set_index(index)["value"]
        for role, name in (("method", method), ("opponent", opponent))
    }
    return pd.DataFrame(sides)


def differences(pairs: pd.DataFrame, *, relative: bool) -> pd.Series:
    """method - opponent for each pair; NaN if either is missing.

    Relative differences are over the opponent's mean in the same setting, so that settings of
    different scale can be pooled and no single low score of the opponent dominates. They are NaN
    where that mean is not positive: a share of nothing means nothing.
    """
    difference = pairs["method"] - pairs["opponent"]
    if not relative:
        return difference
    known = pairs["opponent"].where(difference.notna())
    scale = known.groupby(SETTING).transform("mean")
    return difference / scale.where(scale > 0)


@functools.cache
def _t_quantile(degrees: int) -> float:
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
