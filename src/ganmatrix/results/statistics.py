"""Estimates over seeds: mean, spread and a 95% interval; and the pairs that comparisons are made of."""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import NDArray

from ganmatrix.results.matrix import DIVERGED, SETTING

CONFIDENCE = 0.95

Setting = tuple[str, str]
"""Dataset and architecture."""


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
    sd = float(known.std(ddof=1))
    half = t_quantile(len(known) - 1) * sd / math.sqrt(len(known))
    return Estimate(mean, sd, mean - half, mean + half, len(known), missing)


def observed(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column's values, NaN where the cell diverged; for `diverged` itself 1 there, 0 where it completed.

    A diverged cell has no value whatever its column says; its run was cut short, so that even its cost
    compares with nothing.
    """
    if column == DIVERGED:
        return frame["outcome"].map({"diverged": 1.0, "completed": 0.0})
    return frame[column].where(frame["outcome"] == "completed")


def side_by_side(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column's values with a row a dataset, architecture and seed, and a column a method."""
    keys = [*SETTING, "seed", "method"]
    return frame[keys].assign(value=observed(frame, column)).set_index(keys)["value"].unstack(sort=False)


def paired(frame: pd.DataFrame, column: str, method: str, opponent: str) -> pd.DataFrame:
    """`method` and `opponent` side by side in `column`, a row a dataset, architecture and seed.

    The seed pairs: it draws the same data order and noise for both.
    """
    return pair(side_by_side(frame, column), method, opponent)


def pair(values: pd.DataFrame, method: str, opponent: str) -> pd.DataFrame:
    """Two of the methods of `side_by_side`; one that is not there has no values."""
    both = values.reindex(columns=[method, opponent]).astype(float)
    return both.set_axis(["method", "opponent"], axis="columns")


def differences(pairs: pd.DataFrame, *, relative: bool) -> pd.Series:
    """method - opponent for each pair; NaN if either is missing, infinite if either is censored.

    Relative differences are over the opponent's mean in the same setting, so that settings of
    different scale can be pooled and no single low score of the opponent dominates. They are NaN
    where that mean is not positive: a share of nothing means nothing.
    """
    method, opponent = pairs["method"].to_numpy(), pairs["opponent"].to_numpy()
    censored = np.isinf(method) | np.isinf(opponent)
    difference = np.where(censored, np.nan, method) - opponent
    if relative:
        difference = difference / scale(pairs)
    return pd.Series(np.where(censored, np.inf, difference), index=pairs.index)


def scale(pairs: pd.DataFrame) -> NDArray[np.float64]:
    """For each pair the opponent's mean in the setting over complete pairs; NaN where it is not positive."""
    complete = np.isfinite(pairs["method"].to_numpy()) & np.isfinite(pairs["opponent"].to_numpy())
    by_setting = split(pairs["opponent"].where(complete))
    means = {
        setting: np.nansum(values) / max(1, np.isfinite(values).sum())
        for setting, values in by_setting.items()
    }
    found = np.array([means[key[:2]] for key in pairs.index], dtype=float)
    return np.where(found > 0, found, np.nan)


def split(effects: pd.Series) -> dict[Setting, NDArray[np.float64]]:
    """The values of each setting, from an index of dataset, architecture and seed."""
    by_setting: dict[Setting, list[float]] = {}
    for (dataset, architecture, _), value in zip(effects.index, effects.tolist(), strict=True):
        by_setting.setdefault((dataset, architecture), []).append(value)
    return {setting: np.array(values) for setting, values in by_setting.items()}


@functools.cache
def t_quantile(degrees: float) -> float:
    """t_{0.975} for these degrees of freedom."""
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
