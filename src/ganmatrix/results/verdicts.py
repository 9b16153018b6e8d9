"""The rule that turns a claim's effects into a verdict.

A claim says that a method moves one metric in one direction, against its baseline, by more than
`smallest_effect` (or by less than `at_most`). Effects are oriented so that positive is the claimed direction;
their mean over the settings of the grid is what is judged. Runs of one seed are pairs, if they drew the same
random numbers: the sign-flip test over seeds judges them (`statistics`). Others are two groups of runs, which
are judged by relabelling and Welch's t (`unpaired`).

Each claim is tested three ways, one-sided:

- *for*: the null hypothesis is that the effect does not reach its bound, or, where a control is named (the
  method without its idea), that the method is not better than the control. Both must be rejected, so the
  p value is the larger of the two (Berger 1982). The baseline decides how large a gain is, the control whose.
- *against*: the null hypothesis is that the effect does reach its bound.
- *shared*: the null hypothesis is that the effect of the method, or that of its control, does not reach the
  bound. Rejected, the gain is there, and the control has such a gain too.

Holm's correction covers all claims of params.yaml that can be decided, once for each way, at 2.5%: the
probability that any claim of the table is called reproduced wrongly is at most 2.5%, and so is that of any
called contradicted wrongly, however the claims depend on one another, if the effects of pairs are symmetric
about their mean, and groups of runs differ in nothing but their mean, or are normal. Outside the family are
tests that no outcome could make reject: of too few runs, or of divergence where no run diverged.

- *reproduced*: `for` is rejected; *contradicted*: `against` is; *not the idea's*: `shared` is, and the method
  does not beat its control, even if that were the only comparison. The gain can then be had without the
  idea; it need not be as large.
- *inconclusive*: none is, and what cannot be decided: too few pairs, pairs that are equal (a metric at its
  ceiling tells nothing apart), values known only to lie beyond the end of training, runs that are not
  finished, or a verdict that divergence may have made. If the method lost more runs to divergence than
  its opponent, its survivors flatter it and *reproduced* is withheld; the other way round, *contradicted* is.
- *not tested*: the metric was not measured, a method is not in the grid, or not trained yet, or neither
  method has learned anything (`matrix.learned`).
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy.special
import scipy.stats

from ganmatrix.params.claims import Claim
from ganmatrix.results.effect import Effect, Question
from ganmatrix.results.levels import LEVEL, fewest_seeds
from ganmatrix.results.matrix import DIVERGED, SETTING, Design, compared
from ganmatrix.results.method_effects import effect_of
from ganmatrix.results.statistics import Scale, observed
from ganmatrix.results.unpaired import fewest_runs

Outcome = Literal["reproduced", "contradicted", "not the idea's", "inconclusive", "not tested"]

DECIDED = ("reproduced", "contradicted", "not the idea's")


@dataclass(frozen=True)
class Comparison:
    """The oriented effect of a method over one opponent, its tests, and how many runs of each diverged.

    `pairs` are the effects that are pooled in `effect`, on `scale`, by setting and seed; of runs that are no
    pairs each run of the method less the mean of its opponent. `obstacle` says why there are no tests.
    """

    opponent: str
    pairs: pd.Series
    effect: Effect
    scale: Scale
    counts: bool = False
    """Whether the effects are counts, of which there is no interval."""
    p_for: float = 1.0
    p_against: float = 1.0
    least: float = 1.0
    """The smallest p value that these pairs could have given."""
    obstacle: str | None = None
    method_diverged: int = 0
    opponent_diverged: int = 0

    def with_tests(self, p_for: float, p_against: float, least: float) -> "Comparison":
        """The same with p values."""
        return replace(self, p_for=p_for, p_against=p_against, least=least)

    def without_tests(self, obstacle: str, least: float = 1.0) -> "Comparison":
        """The same, undecided; with `least` 0 it counts in the family nevertheless."""
        return replace(self, p_for=1.0, p_against=1.0, least=least, obstacle=obstacle)

    @property
    def design(self) -> Design:
        """Whether the runs are compared seed by seed."""
        return self.effect.design

    @property
    def mean(self) -> float | None:
        """The effect as it is printed."""
        return self.scale.shown(self.effect.mean)

    @property
    def low(self) -> float | None:
        """Of the 95% interval."""
        return None if self.counts else self.scale.shown(self.effect.low)

    @property
    def high(self) -> float | None:
        """Of the 95% interval."""
        return None if self.counts else self.scale.shown(self.effect.high)


@dataclass(frozen=True)
class Trial:
    """A claim's comparisons: with its baseline and, where a control is named, with that.

    `shared` is the control against the baseline, as if the claim were about the control.
    """

    baseline: Comparison
    control: Comparison | None = None
    shared: Comparison | None = None
    at_most: bool = False

    @property
    def p_for(self) -> float:
        """Of the null hypothesis that the claim does not hold."""
        return max(self.baseline.p_for, self.control.p_for if self.control else 0.0)

    @property
    def least_for(self) -> float:
        """The smallest that `p_for` could have been."""
        return max(self.baseline.least, self.control.least if self.control else 0.0)

    @property
    def p_against(self) -> float:
        """Of the null hypothesis that the effect reaches its bound."""
        return self.baseline.p_against

    @property
    def p_shared(self) -> float:
        """Of the null hypothesis that not both the method and its control reach the bound."""
        return max(self.baseline.p_for, self.shared.p_for) if self.shared else 1.0

    @property
    def least_shared(self) -> float:
        """The smallest that `p_shared` could have been."""
        return max(self.baseline.least, self.shared.least) if self.shared else 1.0


@dataclass(frozen=True)
class Corrected:
    """A claim's p values after Holm's correction, each over the claims that can be decided that way."""

    p_for: float
    p_against: float
    p_shared: float = 1.0


UNSURE = "not significant after Holm's correction"


@dataclass(frozen=True)
class Verdict:
    """An outcome and, in one sentence, why."""

    outcome: Outcome
    reason: str


def decide(trial: Trial, corrected: Corrected) -> Verdict:
    """The verdict under the rule above."""
    baseline, control = trial.baseline, trial.control
    within, beyond = (
        ("the effect is below the allowed maximum", "the effect is above the allowed maximum")
        if trial.at_most
        else ("the effect exceeds the threshold", "the effect is below the threshold")
    )
    if baseline.counts:
        pessimistic = optimistic = "by more than chance explains"
        undecided = "chance explains such counts as well"
    else:
        pessimistic, optimistic = (
            f"even at the end of the interval that is {end} favourable to the claim"
            for end in ("less", "more")
        )
        undecided = "the interval includes the threshold"
    if baseline.obstacle:
        return Verdict("inconclusive", baseline.obstacle)
    if corrected.p_against <= LEVEL:
        if baseline.opponent_diverged > baseline.method_diverged:
            return Verdict("inconclusive", f"{beyond}, but more runs of {baseline.opponent} diverged")
        return Verdict("contradicted", f"{beyond}, {optimistic}")
    if baseline.p_against <= LEVEL:
        return Verdict("inconclusive", f"{beyond}, but this is {UNSURE}")
    if baseline.p_for > LEVEL:
        return Verdict("inconclusive", undecided)
    if baseline.method_diverged > baseline.opponent_diverged:
        return Verdict("inconclusive", f"{within}, but fewer runs of {baseline.opponent} diverged")
    if corrected.p_for <= LEVEL:
        if flattered := _flattered(control):
            return Verdict("inconclusive", f"{within}, but {flattered}")
        beaten = f", and the method is also better than its control {control.opponent}" if control else ""
        return Verdict("reproduced", f"{within}, {pessimistic}{beaten}")
    if control and trial.shared and corrected.p_shared <= LEVEL and control.p_for > LEVEL:
        if trial.shared.method_diverged > trial.shared.opponent_diverged:
            return Verdict("inconclusive", f"{within}, but more runs of {control.opponent} diverged")
        also = f"the control {control.opponent} has such a gain too"
        return Verdict("not the idea's", f"{within}, but {also}")
    if control and (doubt := control.obstacle or _flattered(control) or _doubt(control)):
        return Verdict("inconclusive", f"{within}, but {doubt}")
    return Verdict("inconclusive", f"{within}, but this is {UNSURE}")


def _flattered(control: Comparison | None) -> str | None:
    """Whether the method's survivors flatter it against its control."""
    if control and control.method_diverged > control.opponent_diverged:
        return f"fewer runs of {control.opponent} diverged"
    return None


def _doubt(control: Comparison) -> str | None:
    """Why the gain may not be the idea's."""
    if control.p_for <= LEVEL:
        return None
    better = control.high is not None and control.high < 0
    return f"the control {control.opponent} {'is better' if better else 'may be equally good'}"


def compare(claim: Question, opponent: str, frame: pd.DataFrame, bound: float | None = None) -> Comparison:
    """The claim's method against one opponent, over the settings of `frame`; positive is the claimed way.

    `bound` is the effect that the tests turn on, the claim's own unless another is given. Relative effects
    are logarithms of ratios (`statistics.Scale`). `matrix.design` says whether the runs are pairs. Runs that
    diverged are counted, not scored, about zero alone: the sign-flip test of differences that are -1, 0 or 1
    is McNemar's exact test, relabelling of zeros and ones is Fisher's.
    """
    scale = Scale(claim.direction, claim.effect == "relative")
    counts = claim.metric == DIVERGED
    limit = 0.0 if counts else scale.bound(claim.bound if bound is None else bound)
    frame = compared(frame, claim.method, opponent)
    pairs, effect, obstacle = effect_of(claim, opponent, frame, scale)
    diverged = frame.loc[frame["outcome"] == "diverged", "method"]
    comparison = Comparison(
        opponent,
        pairs,
        effect,
        scale,
        counts=counts,
        method_diverged=0 if counts else int((diverged == claim.method).sum()),
        opponent_diverged=0 if counts else int((diverged == opponent).sum()),
    )
    if obstacle:
        return comparison.without_tests(obstacle)
    above, below = effect.p_above(limit), effect.p_below(limit)
    if claim.at_most is not None:
        above, below = below, above
    return comparison.with_tests(above, below, effect.least(limit))


MOST_SEEDS = 1000

POWER = 0.8
"""How surely the seeds decide the claim, if means and spread are as they were found. Of two tests that must
both reject, each misses half as often as that leaves."""


def seeds_needed(trial: Trial, limit: float, level: float) -> int | None:
    """Seeds a setting with which the claim is decided in 80% of cases, one-sided at this level.

    `limit` is the claim's bound on the scale of its tests, `level` what Holm's first step leaves. None where
    no number up to MOST_SEEDS would do: there are no pairs that vary, or the method is beyond its bound, but
    no better than its control. Few seeds know the spread badly, and so does this number.
    """
    compared = [(trial.baseline, limit), *([(trial.control, 0.0)] if trial.control else [])]
    if any(each.counts or each.effect.mean is None for each, _ in compared):
        return None
    beyond = [(each.effect.mean or 0.0) > least for each, least in compared]
    if trial.at_most or not beyond[0]:
        compared = compared[:1]
    elif not all(beyond):
        return None
    power = 1 - (1 - POWER) / len(compared)
    found = [_enough(each.effect, least, level, power) for each, least in compared]
    return None if None in found else max(n for n in found if n is not None)


def _enough(effect: Effect, limit: float, level: float, power: float) -> int | None:
    """The fewest seeds with that power.

    The power of the sign-flip test is that of the t test of settings with one variance (Hoeffding 1952), and
    relabelling has it too: the noncentral t distribution gives it. Without pairs, either has so many.
    """
    spread, groups = effect.spread, 1 if effect.design == "paired" else 2
    if spread.degrees < 1:
        return None
    fewest = fewest_seeds if effect.design == "paired" else fewest_runs
    distance = abs((effect.mean or 0.0) - limit)
    seeds = np.arange(max(2, fewest(effect.settings, level)), MOST_SEEDS + 1)
    if spread.variance == 0:
        return int(seeds[0]) if distance else None
    free = groups * effect.settings * (seeds - 1)
    shift = distance * np.sqrt(effect.settings * seeds / spread.variance / groups)
    reached = scipy.stats.nct.sf(scipy.special.stdtrit(free, 1 - level), free, shift)
    enough = seeds[reached >= power]
    return int(enough[0]) if len(enough) else None


FAR = 6.0
"""Deviations from the median, which runs of equal spread hardly ever reach."""

_DEVIATION = 1.4826
"""That of a normal distribution over its median absolute deviation."""


def far_runs(claim: Claim, frame: pd.DataFrame) -> list[str]:
    """The runs of the claim's method and baseline that lie FAR from the median of their setting and method.

    Where there are some, no test keeps its level. Deviations are told by the median of all distances, which a
    run that went bad does not move. A relative effect is looked at as a logarithm, as in its test. Where half
    of the values are equal none is far.
    """
    runs = frame[frame["method"].isin([claim.method, claim.baseline])]
    values = observed(runs, claim.metric).astype(float).replace([np.inf, -np.inf], np.nan)
    if claim.effect == "relative":
        values = values.where(values > 0).map(np.log)
    kinds = [runs[key] for key in (*SETTING, "method")]
    distance = (values - values.groupby(kinds).transform("median")).abs()
    deviation = _DEVIATION * distance.groupby(kinds).transform("median")
    return runs.loc[(deviation > 0) & (distance > FAR * deviation), "run"].astype(str).tolist()
