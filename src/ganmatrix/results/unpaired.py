"""Effects of runs that are no pairs: two groups of runs in each setting, and the test that tells them apart.

The runs of two papers, or ours and theirs, share no random numbers even if their seeds have the same number.
The effect is the difference of the two means, averaged over settings with equal weights, as for pairs. A test
must reject twice, so that it can be trusted if either of its assumptions holds:

- *relabelling*: which runs are the method's is drawn anew within each setting, and the share of such matrices
  whose statistic is at least as large is the p value. Exact, whatever the distribution, if the two differ by
  the bound and in nothing else. The statistic is Welch's t, which makes the test hold for many runs where
  spreads differ, too (Janssen, Statistics & Probability Letters 36, 1997).
- *Welch's t* of that statistic: it holds for few runs of unequal numbers and spreads that are nearly normal.
  There relabelling alone errs: with 5 runs against 30, those of the 5 three times as wide, in 7% instead of
  2.5% (docs/verdict_rule.md).

Where runs that diverged are counted, the statistic is the difference of the shares, and the test relabelling
alone: in one setting Fisher's exact test.
"""

import functools
import itertools
import math
import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd
import scipy.stats
from numpy.typing import NDArray

from ganmatrix.results.effect import Effect, Setting, Spread, Values
from ganmatrix.results.levels import LEVEL
from ganmatrix.results.matrix import Design
from ganmatrix.results.statistics import edge

Masks = NDArray[np.bool_]

MOST_LISTED = 20_000
"""Relabellings up to which all are tried."""

DRAWN = MOST_LISTED - 1
"""Tried of more, drawn with a fixed seed; with the matrix as it is there are MOST_LISTED."""

_AT_ONCE = 4_000_000
"""Random numbers drawn at once."""

_FEW_RUNS = 256
"""Up to which drawn relabellings are kept for the next test."""

_EQUAL = 1e-9
"""Relative difference of two statistics that counts as none, so that rounding decides nothing."""


class Groups(NamedTuple):
    """The values of the runs of both methods in one setting, on the scale of the effect."""

    method: Values
    opponent: Values


@dataclass(frozen=True)
class _Line:
    """Of each relabelling, the statistic's numerator and squared denominator as functions of the bound.

    d = d0 - bound d1, v = v0 - 2 bound v1 + bound^2 v2. The first relabelling is the matrix as it is.
    """

    d: tuple[Values, Values]
    v: tuple[Values, Values, Values]

    def __add__(self, other: "_Line") -> "_Line":
        d0, d1 = (a + b for a, b in zip(self.d, other.d, strict=True))
        v0, v1, v2 = (a + b for a, b in zip(self.v, other.v, strict=True))
        return _Line((d0, d1), (v0, v1, v2))


@dataclass(frozen=True)
class Unpaired(Effect):
    """A mean over settings of differences between the means of two groups of runs."""

    mean: float | None
    missing: int
    censored: int
    groups: Mapping[Setting, Groups]
    """The runs that the mean rests on, by setting."""
    counts: bool = False
    """Whether the values are 0 and 1."""

    design: ClassVar[Design] = "unpaired"

    @property
    def n(self) -> int:
        return sum(self.runs)

    @property
    def runs(self) -> tuple[int, int]:
        of_method, of_opponent = (sum(len(each[i]) for each in self.groups.values()) for i in (0, 1))
        return of_method, of_opponent

    @property
    def places(self) -> Collection[Setting]:
        return self.groups

    @property
    def means(self) -> list[float]:
        return [float(each.method.mean() - each.opponent.mean()) for each in self.groups.values()]

    @property
    def spread(self) -> Spread:
        return Spread.of([group for each in self.groups.values() for group in each], self.settings)

    @property
    def relabellings(self) -> int:
        """How many there are; 1 / this is the smallest p value that any such runs can give."""
        return math.prod(math.comb(sum(map(len, each)), len(each.method)) for each in self.groups.values())

    def p_above(self, bound: float) -> float:
        if not self.groups:
            return 1.0
        found = self.statistics(bound)
        return max(_share_from(found, found[0]), self.p_welch(self._observed[0] - bound))

    def p_below(self, bound: float) -> float:
        if not self.groups:
            return 1.0
        found = -self.statistics(bound)
        return max(_share_from(found, found[0]), self.p_welch(bound - self._observed[0]))

    def least(self, bound: float) -> float:
        """That of relabelling, of the two ways the smaller."""
        if not self.groups:
            return 1.0
        found = self.statistics(bound)
        return min(_share_from(each, each.max()) for each in (found, -found))

    @cached_property
    def interval(self) -> tuple[float | None, float | None]:
        if self.mean is None or 1 / min(self.relabellings, MOST_LISTED) > LEVEL:
            return None, None
        return self._end(self.p_above, -1), self._end(self.p_below, 1)

    def _end(self, p: Callable[[float], float], way: int) -> float:
        """The end of the interval on that side: the search begins at the mean and steps outwards."""
        mean, variance, _ = self._observed
        step = math.sqrt(variance)
        if step <= self._tiny:
            return mean
        inner, outer = 0.0, step
        while p(mean + way * outer) > LEVEL:
            inner, outer = outer, 2 * outer
        return mean - way * edge(lambda distance: p(mean - way * distance), -outer, -inner)

    @cached_property
    def line(self) -> _Line:
        """Settings in an order that no name decides, as are the runs of each."""
        parts = sorted((tuple(np.sort(group) for group in each) for each in self.groups.values()), key=_order)
        sizes = tuple((len(method), len(opponent)) for method, opponent in parts)
        lines = [
            _line(method, opponent, masks, len(parts))
            for (method, opponent), masks in zip(parts, _relabelled(sizes), strict=True)
        ]
        return functools.reduce(operator.add, lines)

    @cached_property
    def _observed(self) -> tuple[float, float, float]:
        """The mean, the variance that Welch's t gives it, and the degrees of freedom of Satterthwaite."""
        groups = [group for each in self.groups.values() for group in each]
        sizes = np.array(list(map(len, groups)))
        parts = np.array([group.var(ddof=1) for group in groups]) / sizes / self.settings**2
        total = parts.sum()
        degrees = total**2 / (parts**2 / (sizes - 1)).sum() if total > 0 else 1.0
        return self.mean or 0.0, float(total), float(degrees)

    @cached_property
    def _tiny(self) -> float:
        """A difference that is nothing but rounding."""
        return 1e-12 * max(float(np.abs(group).max()) for each in self.groups.values() for group in each)

    def statistics(self, bound: float) -> Values:
        """Of all relabellings of the matrix whose method has less by the bound, shape (relabellings,)."""
        (d0, d1), (v0, v1, v2) = self.line.d, self.line.v
        difference = d0 - bound * d1
        difference[np.abs(difference) <= self._tiny] = 0.0
        if self.counts:
            return difference
        variance = v0 - 2 * bound * v1 + bound**2 * v2
        rounding = 1e-13 * max(np.ptp(np.concatenate([a - bound, b])) for a, b in self.groups.values()) ** 2
        with np.errstate(divide="ignore", invalid="ignore"):
            found = difference / np.sqrt(np.where(variance <= rounding, 0.0, variance))
        return np.where(difference == 0, 0.0, found)

    def p_welch(self, distance: float) -> float:
        """The p value of Welch's t so far beyond the bound; 0 for counts."""
        _, variance, degrees = self._observed
        if self.counts:
            return 0.0
        if math.sqrt(variance) <= self._tiny:
            return 0.0 if distance > self._tiny else 1.0
        return float(scipy.stats.t.sf(distance / math.sqrt(variance), degrees))


def unpaired(values: Mapping[Setting, Groups], *, counts: bool = False) -> Unpaired:
    """The mean over settings of the differences of means, with NaN for missing values.

    A setting in which either has no second value is left out: one run does not know its spread. One censored
    value leaves no mean, as with pairs.
    """
    everything = [group for each in values.values() for group in each]
    total = sum(map(len, everything))
    censored = sum(int(np.isinf(group).sum()) for group in everything)
    known = {setting: Groups(*(g[~np.isnan(g)] for g in each)) for setting, each in values.items()}
    groups = {setting: each for setting, each in known.items() if min(map(len, each)) > 1}
    if censored or not groups:
        return Unpaired(None, total, censored, {}, counts)
    n = sum(len(group) for each in groups.values() for group in each)
    found = Unpaired(None, total - n, 0, groups, counts)
    return Unpaired(float(np.mean(found.means)), total - n, 0, groups, counts)


def grouped(method: pd.Series, opponent: pd.Series) -> dict[Setting, Groups]:
    """The values of both in each dataset and architecture that both have."""
    found = by_setting(method), by_setting(opponent)
    return {where: Groups(*(each[where] for each in found)) for where in found[0] if where in found[1]}


def by_setting(values: pd.Series) -> dict[Setting, Values]:
    """A method's values by dataset and architecture, from an index of these, perhaps a variant, and seed.

    The runs of one seed in the variants of a setting share their networks and data: they count once, as the
    mean over the variants, missing if one is.
    """
    found: dict[Setting, dict[int, list[float]]] = {}
    for (dataset, architecture, *_, seed), value in zip(values.index, values, strict=True):
        found.setdefault((dataset, architecture), {}).setdefault(seed, []).append(value)
    return {where: np.array([np.mean(each) for each in seeds.values()]) for where, seeds in found.items()}


def fewest_runs(settings: int, level: float = LEVEL) -> int:
    """Runs of each method in each setting below which no outcome is rare enough to decide at this level."""
    return next(n for n in itertools.count(2) if math.comb(2 * n, n) ** settings >= 1 / level)


def _share_from(statistics: Values, least: float) -> float:
    """The share of statistics that are at least so large."""
    margin = _EQUAL * (1 + abs(least)) if math.isfinite(least) else 0.0
    return float(np.count_nonzero(statistics >= least - margin)) / len(statistics)


def _order(part: Sequence[Values]) -> tuple[float, ...]:
    return (*map(len, part), *np.concatenate(part).tolist())


def _line(method: Values, opponent: Values, masks: Iterator[Masks], settings: int) -> _Line:
    """Of one setting; the masks say which of all runs, the method's first, are called the method's."""
    m, n = len(method), len(opponent)
    values = np.concatenate([method, opponent])
    values = values - values.mean()
    own = np.arange(m + n) < m
    columns = np.stack([values, own, values**2, values * own], axis=1)
    chosen = np.concatenate([each.astype(float) @ columns for each in masks])
    x, k, xx, xk = chosen.T
    rest_x, rest_k, rest_xx, rest_xk = (columns.sum(axis=0) - chosen).T
    difference = (x / m - rest_x / n) / settings, (k / m - rest_k / n) / settings
    parts = (
        (xx - x**2 / m, rest_xx - rest_x**2 / n),
        (xk - x * k / m, rest_xk - rest_x * rest_k / n),
        (k - k**2 / m, rest_k - rest_k**2 / n),
    )
    weights = 1 / (m * (m - 1) * settings**2), 1 / (n * (n - 1) * settings**2)
    v0, v1, v2 = (weights[0] * chosen_part + weights[1] * rest for chosen_part, rest in parts)
    return _Line(difference, (v0, v1, v2))


def _relabelled(sizes: tuple[tuple[int, int], ...]) -> list[Iterator[Masks]]:
    """For each setting the relabellings, all settings at once: the first is the matrix as it is."""
    total = math.prod(math.comb(m + n, m) for m, n in sizes)
    if total > MOST_LISTED:
        return [_drawn(m, n, place) for place, (m, n) in enumerate(sizes)]
    found: list[Iterator[Masks]] = []
    before = 1
    for m, n in sizes:
        listed = _listed(m, n)
        after = total // before // len(listed)
        found.append(iter([np.tile(np.repeat(listed, after, axis=0), (before, 1))]))
        before *= len(listed)
    return found


@functools.cache
def _listed(m: int, n: int) -> Masks:
    """Each way to choose m of m + n, shape (ways, m + n), beginning with the first m."""
    chosen = np.array(list(itertools.combinations(range(m + n), m)))
    masks = np.zeros((len(chosen), m + n), dtype=bool)
    masks[np.arange(len(chosen))[:, None], chosen] = True
    return masks


def _drawn(m: int, n: int, place: int) -> Iterator[Masks]:
    yield (np.arange(m + n) < m)[None]
    if m + n <= _FEW_RUNS:
        yield _kept(m, n, place)
    else:
        yield from _chosen(m, n, place)


@functools.lru_cache(maxsize=16)
def _kept(m: int, n: int, place: int) -> Masks:
    return np.concatenate(list(_chosen(m, n, place)))


def _chosen(m: int, n: int, place: int) -> Iterator[Masks]:
    """DRAWN random choices of m of m + n, a few at once; those of two places are independent."""
    generator = np.random.default_rng([place, m, n])
    step = max(1, _AT_ONCE // (m + n))
    for start in range(0, DRAWN, step):
        keys = generator.random((min(step, DRAWN - start), m + n))
        yield keys <= np.partition(keys, m - 1, axis=1)[:, m - 1 : m]
