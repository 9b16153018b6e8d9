"""Estimates over seeds: mean, spread and a 95% interval; and the pairs that comparisons are made of."""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import NDArray

from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import DIVERGED, setting

Setting = tuple[str, ...]
"""Dataset and architecture, and the variant where there are some."""

Values = NDArray[np.float64]
Rows = NDArray[np.intp]


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
    """A column's values, NaN where the run diverged; for `diverged` itself 1 there, 0 where it completed.

    A diverged run has no value whatever its column says; it was cut short, so that even its cost
    compares with nothing.
    """
    if column == DIVERGED:
        return frame["outcome"].map({"diverged": 1.0, "completed": 0.0})
    return frame[column].where(frame["outcome"] == "completed")


def side_by_side(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Each column's values with a row a dataset, architecture and seed, and a column a method."""
    keys = pd.MultiIndex.from_frame(frame[[*setting(frame), "seed", "method"]])
    values = pd.DataFrame({column: observed(frame, column) for column in columns}).set_index(keys)
    wide: Any = values.unstack(sort=False)
    return {column: wide[column] for column in columns}


def paired(frame: pd.DataFrame, column: str, method: str, opponent: str) -> pd.DataFrame:
    """`method` and `opponent` side by side in `column`, a row a dataset, architecture and seed.

    The seed pairs: it draws the same data order and noise for both. A method that is not there has no values.
    """
    both = side_by_side(frame, [column])[column].reindex(columns=[method, opponent]).astype(float)
    return both.set_axis(["method", "opponent"], axis="columns")


def subtract(method: Values, opponent: Values) -> Values:
    """method - opponent for each pair; NaN if either is missing, infinite if either is censored."""
    censored = np.isinf(method) | np.isinf(opponent)
    return np.where(censored, np.inf, np.where(censored, np.nan, method) - opponent)


@dataclass(frozen=True)
class Scale:
    """On which effects are averaged and tested, positive in the claimed direction.

    Differences, or logarithms of ratios: a method that halves a score and one that doubles it are as far
    from none, and settings of different level can be averaged.
    """

    direction: Literal["lower", "higher"] = "higher"
    relative: bool = False

    def of(self, method: Values, opponent: Values) -> Values:
        """The effect of each pair: NaN if a value is missing, or a ratio undefined; infinite if censored."""
        if not self.relative:
            return self._sign * subtract(method, opponent)
        positive = (method > 0) & (opponent > 0)
        logs = [np.log(np.where(positive, values, np.nan)) for values in (method, opponent)]
        return self._sign * subtract(*logs)

    def shown(self, effect: float | None) -> float | None:
        """An effect as it is printed: a difference, or a share of the opponent's value."""
        return (
            self._sign * math.expm1(self._sign * effect) if self.relative and effect is not None else effect
        )

    def bound(self, shown: float) -> float:
        """The effect that is printed so; the inverse of `shown`. A decrease is a share below 1."""
        return self._sign * math.log1p(self._sign * shown) if self.relative else shown

    @property
    def _sign(self) -> int:
        return -1 if self.direction == "lower" else 1


def split(effects: pd.Series) -> dict[Setting, Values]:
    """The values of each setting, from an index of dataset, architecture and seed."""
    values = effects.to_numpy(dtype=float)
    return {setting: values[places] for setting, places in rows_of(effects.index).items()}


def rows_of(index: pd.Index) -> dict[Setting, Rows]:
    """The places of each setting in an index of dataset, architecture and seed."""
    found: dict[Setting, list[int]] = {}
    for place, (*key, _) in enumerate(index):
        found.setdefault(tuple(key), []).append(place)
    return {setting: np.array(places) for setting, places in found.items()}


def over_variants(effects: Mapping[Setting, Values]) -> dict[Setting, Values]:
    """The mean over the variants of each dataset and architecture, seed by seed; NaN if one is missing."""
    found: dict[Setting, list[Values]] = {}
    for key, values in effects.items():
        found.setdefault(key[:2], []).append(values)
    return {key: np.mean(values, axis=0) for key, values in found.items()}


@functools.cache
def t_quantile(degrees: float) -> float:
    """t_{0.975} for these degrees of freedom."""
    return float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, degrees))
