"""Tests of paired differences over one setting or several, effect sizes, and Holm's correction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.special
from numpy.typing import NDArray

from ganmatrix.results.statistics import CONFIDENCE, Setting, t_quantile


@dataclass(frozen=True)
class Pooled:
    """A mean over settings, with its standard error; None where the pairs leave it undefined."""

    mean: float | None
    low: float | None
    high: float | None
    n: int
    """Pairs that the mean rests on."""
    missing: int
    """All other pairs: without a value, censored, or alone in their setting beside settings with more."""
    censored: int
    standard_error: float | None
    degrees: float | None
    groups: Mapping[Setting, NDArray[np.float64]]
    """The effects that the mean rests on, by setting."""

    @property
    def settings(self) -> int:
        """Settings that the mean rests on."""
        return len(self.groups)

    def p_above(self, bound: float) -> float | None:
        """One-sided p value of `mean <= bound`; None without a standard error."""
        return self._p(bound, 1)

    def p_below(self, bound: float) -> float | None:
        """One-sided p value of `mean >= bound`."""
        return self._p(bound, -1)

    def p_value(self) -> float | None:
        """Two-sided p value of `mean = 0`: the paired t test, if there is one setting."""
        above, below = self.p_above(0), self.p_below(0)
        return None if above is None or below is None else min(1.0, 2 * min(above, below))

    def _p(self, bound: float, sign: int) -> float | None:
        if self.mean is None or self.standard_error is None:
            return None
        return float(scipy.special.stdtr(self.degrees, sign * (bound - self.mean) / self.standard_error))


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
    not count as noise: with m_s, v_s, n_s of setting s of S, mean = sum m_s / S and
    SE^2 = sum v_s / n_s / S^2, with Satterthwaite's degrees of freedom
    (sum v_s/n_s)^2 / sum((v_s/n_s)^2 / (n_s - 1)) (Biometrics Bulletin 2, 1946). With one setting that is
    the paired t test, with two Welch's.

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
        return Pooled(None, None, None, 0, total, censored, None, None, {})
    mean = float(np.mean([group.mean() for group in groups.values()]))
    missing = total - n
    if not several or _flat(groups.values()):
        return Pooled(mean, None, None, n, missing, 0, None, None, groups)
    error, degrees = _satterthwaite(groups.values())
    half = t_quantile(degrees) * error
    return Pooled(mean, mean - half, mean + half, n, missing, 0, error, degrees, groups)


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


def _satterthwaite(groups: Collection[NDArray[np.float64]]) -> tuple[float, float]:
    """Standard error of the mean of means, and its degrees of freedom."""
    errors = np.array([group.var(ddof=1) / len(group) for group in groups])
    degrees = errors.sum() ** 2 / sum(e**2 / (len(g) - 1) for e, g in zip(errors, groups, strict=True))
    return float(np.sqrt(errors.sum()) / len(groups)), float(degrees)


def _flat(groups: Collection[NDArray[np.float64]]) -> bool:
    """Whether no group varies, but for rounding."""
    return all(np.ptp(group) <= 1e-12 * np.abs(group).max() for group in groups)
