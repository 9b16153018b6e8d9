"""Tests of paired differences over one setting or several, effect sizes, and Holm's correction."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.optimize
import scipy.special
from numpy.typing import NDArray

from ganmatrix.results.statistics import CONFIDENCE, Setting, t_quantile

_LEAST = 1e-200
"""Smaller p values are not told apart."""


@dataclass(frozen=True)
class Error:
    """The standard error that one setting adds to a mean over settings, and its degrees of freedom."""

    size: float
    degrees: int


@dataclass(frozen=True)
class Pooled:
    """A mean over settings, with its interval and errors; None where the pairs leave it undefined."""

    mean: float | None
    low: float | None
    high: float | None
    n: int
    """Pairs that the mean rests on."""
    missing: int
    """All other pairs: without a value, censored, or alone in their setting beside settings with more."""
    censored: int
    errors: Mapping[Setting, Error]
    """What each setting adds to the mean's error; empty where there is none."""
    groups: Mapping[Setting, NDArray[np.float64]]
    """The effects that the mean rests on, by setting."""

    @property
    def settings(self) -> int:
        """Settings that the mean rests on."""
        return len(self.groups)

    def p_above(self, bound: float) -> float | None:
        """One-sided p value of `mean <= bound`; None without errors."""
        return self._p(bound, 1)

    def p_below(self, bound: float) -> float | None:
        """One-sided p value of `mean >= bound`."""
        return self._p(bound, -1)

    def p_value(self) -> float | None:
        """Two-sided p value of `mean = 0`: the paired t test, if there is one setting."""
        above, below = self.p_above(0), self.p_below(0)
        return None if above is None or below is None else min(1.0, 2 * min(above, below))

    def _p(self, bound: float, sign: int) -> float | None:
        if self.mean is None or not self.errors:
            return None
        distance = sign * (self.mean - bound)
        p = _tail(abs(distance), list(self.errors.values()))
        return p if distance >= 0 else 1 - p


@dataclass(frozen=True)
class EffectSize:
    """Hedges' g of paired differences with its 95% interval; None where there is no spread."""

    g: float | None
    low: float | None
    high: float | None


def pool(effects: Mapping[Setting, NDArray[np.float64]]) -> Pooled:
    """The mean over settings of the mean over seeds, with a 95% interval and what a t test needs.

    `effects` are those of pairs, NaN where one is missing. Settings weigh alike and are *fixed*: the
    statement is about the mean over these settings, not over others that might have been tried.
    Seeds are the replicates, so the error is that within settings, and a difference between settings does
    not count as noise: with v_s the variance of n_s pairs in setting s of S, e_s^2 = v_s / n_s / S^2, and
    the interval is mean +- sqrt(sum (t_s e_s)^2), t_s being Student's quantile for n_s - 1 degrees of freedom
    (Banerjee, Sankhya 22, 1960). It covers in at least 95% of cases however unequal the noise of the settings
    is; Welch's and Satterthwaite's degrees of freedom do not: with three seeds, and one setting six times as
    noisy as three others, they are wrong in 3.3% of cases on either side instead of 2.5%, and at the small
    levels that a correction for a dozen claims asks for nearly three times as often as they say. The price
    is power: with equal noise the error is far below the stated one. With one setting it is the paired t
    test.

    The t test and not Wilcoxon's: of 3 pairs the smallest two-sided p value that ranks can give is 0.25, of
    6 it is 0.03, so that after a correction for several claims ranks could never decide.

    A setting with a single pair shows no noise: it is left out where others have more. There is no error
    where differences do not vary (within rounding), since nothing says then how much they could. One censored
    effect leaves no mean: an average over the pairs that reached their end would flatter.
    """
    known = {setting: group[~np.isnan(group)] for setting, group in effects.items()}
    several = {setting: group for setting, group in known.items() if len(group) > 1}
    groups = several or {setting: group for setting, group in known.items() if len(group)}
    total, n = (sum(map(len, some.values())) for some in (effects, groups))
    censored = sum(int(np.isinf(group).sum()) for group in effects.values())
    if censored or not groups:
        return Pooled(None, None, None, 0, total, censored, {}, {})
    mean = float(np.mean([group.mean() for group in groups.values()]))
    missing = total - n
    if not several or _flat(groups.values()):
        return Pooled(mean, None, None, n, missing, 0, {}, groups)
    errors = {
        setting: Error(float(group.std(ddof=1)) / math.sqrt(len(group)) / len(groups), len(group) - 1)
        for setting, group in groups.items()
    }
    half = math.hypot(*(t_quantile(error.degrees) * error.size for error in errors.values()))
    return Pooled(mean, mean - half, mean + half, n, missing, 0, errors, groups)


def ratio_interval(
    effects: Mapping[Setting, NDArray[np.float64]], shares: Mapping[Setting, NDArray[np.float64]]
) -> tuple[float | None, float | None]:
    """The interval of a mean effect in units that are estimated from the same pairs (Fieller 1954).

    `shares` are each pair's own unit over the mean unit of its setting. In the interval are the bounds r for
    which `pool` of effect - r share has zero in its interval, so that it agrees with tests against a bound.
    None where the unit itself cannot be told from zero, which bounds nothing.
    """
    found = pool(effects)
    if found.mean is None or not found.errors:
        return None, None
    variance = covariance = unit = 0.0
    for setting, error in found.errors.items():
        known = ~np.isnan(effects[setting])
        covariances = np.cov(effects[setting][known], shares[setting][known])
        weight = t_quantile(error.degrees) ** 2 / (error.degrees + 1) / found.settings**2
        variance += weight * covariances[0, 0]
        covariance += weight * covariances[0, 1]
        unit += weight * covariances[1, 1]
    if unit >= 1:
        return None, None
    centre = (found.mean - covariance) / (1 - unit)
    half = math.sqrt(max(0.0, centre**2 - (found.mean**2 - variance) / (1 - unit)))
    return centre - half, centre + half


def effect_size(effect: Pooled) -> EffectSize:
    """Hedges' g: J(f) mean / s, in units of the spread of a pair's difference over seeds.

    `mean` is that of `pool`, s^2 the variance within settings, pooled over f = sum(n_s - 1) degrees of
    freedom, and J(f) = Gamma(f/2) / (sqrt(f/2) Gamma((f-1)/2)) takes the bias of few pairs away (Hedges
    1981). With one setting this is the bias-corrected d_z. The interval is that of what g estimates, from
    the noncentral t distribution, exact if the settings' variances are equal. With 3 pairs it is very wide.
    """
    groups = list(effect.groups.values())
    f = sum(len(group) - 1 for group in groups)
    if effect.mean is None or f < 2 or _flat(groups):
        return EffectSize(None, None, None)
    s = np.sqrt(sum(len(group) * group.var() for group in groups) / f)
    root_n = len(groups) / np.sqrt(sum(1 / len(group) for group in groups))
    d = float(effect.mean / s)
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


def _tail(distance: float, errors: Sequence[Error]) -> float:
    """The level at which half the interval is this distance: a one-sided p value of at most 1/2."""
    sizes, degrees = np.array([e.size for e in errors]), np.array([float(e.degrees) for e in errors])
    if np.ptp(degrees) == 0:
        return float(scipy.special.stdtr(degrees[0], -distance / math.hypot(*sizes)))

    def beyond(log_p: float) -> float:
        return math.hypot(*(sizes * scipy.special.stdtrit(degrees, math.exp(log_p)))) - distance

    if beyond(math.log(_LEAST)) <= 0:
        return _LEAST
    if distance == 0:
        return 0.5
    return math.exp(scipy.optimize.brentq(beyond, math.log(_LEAST), math.log(0.5), xtol=1e-12))


def _flat(groups: Collection[NDArray[np.float64]]) -> bool:
    """Whether no group varies, but for rounding."""
    return all(np.ptp(group) <= 1e-12 * np.abs(group).max() for group in groups)
