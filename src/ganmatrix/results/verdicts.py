"""The rule that turns a claim's paired effects into a verdict.

A claim says that a method moves one metric in one direction, against its baseline, by more than
`smallest_effect` (or by less than `at_most`). Effects are oriented so that positive is the claimed direction;
their mean over the settings of the grid is what is judged, by the sign-flip test over seeds (`inference`).

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
about their mean. Outside the family are tests that no outcome could make reject: of too few pairs, or of
divergence where no run diverged.

- *reproduced*: `for` is rejected; *contradicted*: `against` is; *not the idea's*: `shared` is, and the method
  does not beat its control, even if that were the only comparison. The gain can then be had without the
  idea; it need not be as large.
- *inconclusive*: none is, and what cannot be decided: too few pairs, pairs that are equal (a metric at its
  ceiling tells nothing apart), values known only to lie beyond the end of training, runs that are not
  finished, or a verdict that divergence may have made. If the method lost more runs to divergence than
  its opponent, its survivors flatter it and *reproduced* is withheld; the other way round, *contradicted* is.
- *not tested*: the metric was not measured, a method is not in the grid, or not trained yet, or neither
  method has learned anything (`learned`).
"""

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from ganmatrix.results.inference import Pooled
from ganmatrix.results.levels import LEVEL
from ganmatrix.results.statistics import Scale

Outcome = Literal["reproduced", "contradicted", "not the idea's", "inconclusive", "not tested"]

DECIDED = ("reproduced", "contradicted", "not the idea's")


@dataclass(frozen=True)
class Comparison:
    """The oriented effect of a method over one opponent, its tests, and how many runs of each diverged.

    `pairs` are the effects that are pooled in `effect`, on `scale`; `obstacle` says why there are no tests.
    """

    opponent: str
    pairs: pd.Series
    effect: Pooled
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


@dataclass(frozen=True)
class Verdict:
    """An outcome and, in one sentence, why."""

    outcome: Outcome
    reason: str


def decide(trial: Trial, corrected: Corrected) -> Verdict:
    """The verdict under the rule above."""
    baseline, control = trial.baseline, trial.control
    within, beyond = (
        ("it is less than the claim allows", "it is more than the claim allows")
        if trial.at_most
        else ("it is more than the smallest effect", "it falls short of the smallest effect")
    )
    if baseline.counts:
        pessimistic = optimistic = "by more than chance gives"
        undecided = "chance explains such counts as well"
    else:
        pessimistic, optimistic = (
            f"even at the {end} end of the interval" for end in ("pessimistic", "optimistic")
        )
        undecided = "the interval includes the effect that the claim turns on"
    if baseline.obstacle:
        return Verdict("inconclusive", baseline.obstacle)
    if corrected.p_against <= LEVEL:
        if baseline.opponent_diverged > baseline.method_diverged:
            return Verdict("inconclusive", f"{beyond}, but more runs of {baseline.opponent} diverged")
        return Verdict("contradicted", f"{beyond}, {optimistic}")
    if baseline.p_against <= LEVEL:
        return Verdict("inconclusive", f"{beyond} if it were the only claim, not after Holm's correction")
    if baseline.p_for > LEVEL:
        return Verdict("inconclusive", undecided)
    if baseline.method_diverged > baseline.opponent_diverged:
        return Verdict("inconclusive", f"{within}, but fewer runs of {baseline.opponent} diverged")
    if corrected.p_for <= LEVEL:
        if flattered := _flattered(control):
            return Verdict("inconclusive", f"{within}, but {flattered}")
        beaten = f", and {control.opponent}, which lacks the idea, is beaten too" if control else ""
        return Verdict("reproduced", f"{within}, {pessimistic}{beaten}")
    if control and trial.shared and corrected.p_shared <= LEVEL and control.p_for > LEVEL:
        if trial.shared.method_diverged > trial.shared.opponent_diverged:
            return Verdict("inconclusive", f"{within}, but more runs of {control.opponent} diverged")
        also = f"so is the gain of {control.opponent}, which lacks the idea"
        return Verdict("not the idea's", f"{within}, but {also}")
    if control and (doubt := control.obstacle or _flattered(control) or _doubt(control)):
        return Verdict("inconclusive", f"{within}, but {doubt}")
    return Verdict("inconclusive", f"{within} if it were the only claim, not after Holm's correction")


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
    return f"{control.opponent}, which lacks the idea, {'is better' if better else 'may be as good'}"
