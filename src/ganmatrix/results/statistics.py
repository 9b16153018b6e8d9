"""Estimates over seeds and tests of paired effects: intervals, the sign-flip test, Holm's correction.

Effects of runs that are no pairs are in `unpaired`.
"""

import functools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
import scipy.special
import scipy.stats
from numpy.typing import NDArray

from ganmatrix.results.effect import Effect, Setting, Spread, Values
from ganmatrix.results.levels import CONFIDENCE, FEWEST_PAIRS, LEVEL, family
from ganmatrix.results.matrix import DIVERGED, Design, setting

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


def values_of(frame: pd.DataFrame, column: str, method: str) -> pd.Series:
    """The values of a method's runs, by dataset, architecture and seed; NaN as in `observed`."""
    runs = frame[frame["method"] == method]
    return (
        observed(runs, column)
        .astype(float)
        .set_axis(pd.MultiIndex.from_frame(runs[[*setting(runs), "seed"]]))
    )


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

    def of_runs(self, values: Values) -> Values:
        """Each run's value on this scale: the difference of two is an effect. NaN and infinity as above."""
        censored = np.isinf(values)
        known = np.where(censored, np.nan, values)
        if self.relative:
            known = np.log(np.where(known > 0, known, np.nan))
        return np.where(censored, np.inf, self._sign * known)

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


_STEPS = 4000
"""Into which the sum of all sizes is cut; see `sign_flip`."""

_HALVINGS = 16
"""Of the range of effects, to find the end of an interval."""


def sign_flip(effects: Values) -> float:
    """The share of all 2^n patterns of signs whose sum is at least that of the effects, shape (n,).

    It is the p value of "the effects are symmetric about zero, or lie below it": the chance of so large a sum
    if each pair might as well have come out the other way round (Fisher, The design of experiments, 1935).
    No distribution is assumed. The sizes are first rounded to steps of 1/4000 of their sum, or finer if they
    are many, after which the count is exact; rounding treats both signs alike, so that the test keeps its
    level.
    """
    total = np.abs(effects).sum()
    if total == 0:
        return 1.0
    steps = np.rint(effects / total * max(_STEPS, 20 * len(effects))).astype(int)
    sizes = np.sort(np.abs(steps[steps != 0]))
    # Of the sums of a random half of the sizes: a pattern's sum is twice that of its positive ones, less all.
    chance = np.zeros(int(sizes.sum()) + 1)
    chance[0] = 1.0
    reached = 0
    for size in sizes:
        moved = chance[: reached + 1] / 2
        chance[: reached + 1] = moved
        reached += size
        chance[size : reached + 1] += moved
    return float(chance[steps[steps > 0].sum() :].sum())


@dataclass(frozen=True)
class Pooled(Effect):
    """A mean over settings of paired effects."""

    mean: float | None
    missing: int
    censored: int
    groups: Mapping[Setting, Values]
    """The effects that the mean rests on, by setting."""

    design: ClassVar[Design] = "paired"

    @property
    def n(self) -> int:
        return sum(map(len, self.groups.values()))

    @property
    def runs(self) -> tuple[int, int]:
        return self.n, self.n

    @property
    def places(self) -> Collection[Setting]:
        return self.groups

    @property
    def means(self) -> list[float]:
        return [float(group.mean()) for group in self.groups.values()]

    @property
    def spread(self) -> Spread:
        return Spread.of(self.groups.values(), self.settings)

    def p_above(self, bound: float) -> float:
        return sign_flip(self._weighed(bound))

    def p_below(self, bound: float) -> float:
        return sign_flip(-self._weighed(bound))

    def least(self, bound: float) -> float:
        return 0.5 ** int(np.count_nonzero(self._weighed(bound)))

    @cached_property
    def interval(self) -> tuple[float | None, float | None]:
        if self.n < FEWEST_PAIRS:
            return None, None
        values = np.concatenate(list(self.groups.values()))
        least, most = float(values.min()), float(values.max())
        low = edge(self.p_above, least, most)
        high = -edge(lambda bound: self.p_below(-bound), -most, -least)
        return low, high

    def _weighed(self, bound: float) -> Values:
        """Each pair's share in the distance of the mean from the bound."""
        parts = [(group - bound) / len(group) for group in self.groups.values()]
        return np.concatenate(parts) / len(parts) if parts else np.empty(0)


def edge(p: Callable[[float], float], low: float, high: float) -> float:
    """Where a p value that grows with its bound passes LEVEL, between two bounds."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if p(middle) <= LEVEL else (low, middle)
    return low


@dataclass(frozen=True)
class EffectSize:
    """Hedges' g with its 95% interval; None where there is no spread."""

    g: float | None
    low: float | None
    high: float | None


def pool(effects: Mapping[Setting, NDArray[np.float64]]) -> Pooled:
    """The mean over settings of the mean over seeds.

    `effects` are those of pairs, NaN where one is missing. Settings weigh alike and are *fixed*: the
    statement is about the mean over these settings, not over others that might have been tried. Seeds are
    the replicates. The test keeps its level however the settings differ, in noise or in effect; a bound that
    lies between the effects of two settings is hardly ever rejected. A setting without a pair is left out.

    The runs of one seed in the variants of a setting share their networks and data, so they count as one
    pair: its effect is the mean over the variants, missing if one is.

    One censored effect leaves no mean: an average over the pairs that reached their end would flatter.

    docs/verdict_rule.md holds this test against others on simulated matrices.
    """
    effects = over_variants(effects)
    known = {setting: group[~np.isnan(group)] for setting, group in effects.items()}
    groups = {setting: group for setting, group in known.items() if len(group)}
    total = sum(map(len, effects.values()))
    censored = sum(int(np.isinf(group).sum()) for group in effects.values())
    if censored or not groups:
        return Pooled(None, total, censored, {})
    n = sum(map(len, groups.values()))
    return Pooled(float(np.mean([group.mean() for group in groups.values()])), total - n, 0, groups)


def effect_size(effect: Effect) -> EffectSize:
    """Hedges' g: J(f) mean / s, in units of the spread over seeds of a pair's difference, or of a run.

    `mean` is that of the effect, s^2 the variance within settings, pooled over f = sum(n_s - 1) degrees of
    freedom, and J(f) = Gamma(f/2) / (sqrt(f/2) Gamma((f-1)/2)) takes the bias of few pairs away (Hedges
    1981). With one setting this is the bias-corrected d_z of pairs, and the g of two groups without pairs,
    whose f is m + n - 2. The interval is that of what g estimates, from the noncentral t distribution, exact
    if the variances are equal. With 3 pairs it is very wide.
    """
    spread = effect.spread
    f = spread.degrees
    if effect.mean is None or f < 2 or not spread.variance:
        return EffectSize(None, None, None)
    root_n = 1 / np.sqrt(spread.share)
    d = float(effect.mean / np.sqrt(spread.variance))
    j = float(scipy.special.poch((f - 1) / 2, 0.5) / np.sqrt(f / 2))
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(scipy.special.nctdtrinc(f, p, d * root_n) / root_n) for p in (1 - tail, tail))
    return EffectSize(d * j, low, high)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (Scand. J. Statist. 6, 1979): the k-th smallest of m times m - k + 1.

    Rejecting what is at most alpha keeps the probability of any false rejection in the family at most
    alpha, however the tests depend on one another.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1.0)
    return [float(value) for value in adjusted]


def holm_of_family(p_values: Sequence[float], least: Sequence[float]) -> list[float]:
    """Holm's adjustment over the `family`; 1 for a test outside it, which cannot decide."""
    members = family(least)
    adjusted = iter(holm([p for p, member in zip(p_values, members, strict=True) if member]))
    return [next(adjusted) if member else 1.0 for member in members]
