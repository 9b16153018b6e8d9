"""The rule that turns a claim's paired effects into a verdict.

A claim says that a method moves one metric in one direction, against its baseline, by more than
`smallest_effect` (or by less than `at_most`). Effects are oriented so that positive is the claimed direction;
their mean over the settings of the grid is what is judged, with the error over seeds (`inference.pool`).

Each claim is tested both ways, one-sided:

- *for*: the null hypothesis is that the effect does not reach its bound, or, where a control is named (the
  method without its idea), that the method is not better than the control. Both must be rejected, so the
  p value is the larger of the two (Berger 1982). The baseline decides how large a gain is, the control whose.
- *against*: the null hypothesis is that the effect does reach its bound. A control cannot contradict: a gain
  that has another cause is a gain nevertheless.

Holm's correction covers all claims of params.yaml that were tested, once for each way, at 2.5%: the
probability that any claim of the table is called reproduced wrongly is at most 2.5%, and so is that of any
called contradicted wrongly, however the claims depend on one another, if differences over seeds are normal.

- *reproduced*: `for` is rejected; *contradicted*: `against` is.
- *inconclusive*: neither, and what cannot be decided: fewer than three pairs, no setting with two seeds,
  pairs that do not vary (a metric at its ceiling tells nothing apart), values known only to lie beyond the
  end of training, runs that are not finished, or a verdict that divergence may have made. If the method
  lost more runs to divergence than its opponent, its survivors flatter it and *reproduced* is withheld; the
  other way round, *contradicted* is.
- *not tested*: the metric was not measured, or a method is not in the grid, or not trained yet.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ganmatrix.results.inference import Pooled
from ganmatrix.results.statistics import CONFIDENCE

Outcome = Literal["reproduced", "contradicted", "inconclusive", "not tested"]

LEVEL = (1 - CONFIDENCE) / 2
"""Of each way that a verdict can be wrong, over all claims."""


@dataclass(frozen=True)
class Comparison:
    """The oriented effect of a method over one opponent, its tests, and how many runs of each diverged.

    `pairs` are the effects that are pooled in `effect`; `obstacle` says why there are no tests.
    """

    opponent: str
    pairs: pd.Series
    effect: Pooled
    p_for: float = 1.0
    p_against: float = 1.0
    obstacle: str | None = None
    method_diverged: int = 0
    opponent_diverged: int = 0


@dataclass(frozen=True)
class Trial:
    """A claim's comparisons with its baseline and, where one is named, its control."""

    baseline: Comparison
    control: Comparison | None = None
    at_most: bool = False

    @property
    def p_for(self) -> float:
        """Of the null hypothesis that the claim does not hold."""
        return max(self.baseline.p_for, self.control.p_for if self.control else 0.0)

    @property
    def p_against(self) -> float:
        """Of the null hypothesis that the effect reaches its bound."""
        return self.baseline.p_against


@dataclass(frozen=True)
class Verdict:
    """An outcome and, in one sentence, why."""

    outcome: Outcome
    reason: str


def decide(trial: Trial, holm_for: float, holm_against: float) -> Verdict:
    """The verdict under the rule above; the p values are Holm's."""
    baseline = trial.baseline
    within, beyond = (
        ("it is less than the claim allows", "it is more than the claim allows")
        if trial.at_most
        else ("it is more than the smallest effect", "it falls short of the smallest effect")
    )
    if baseline.effect.errors:
        pessimistic, optimistic = (
            f"even at the {end} end of the interval" for end in ("pessimistic", "optimistic")
        )
        undecided = "the interval includes the effect that the claim turns on"
    else:
        pessimistic = optimistic = "by more than chance gives"
        undecided = "chance explains such counts as well"
    if baseline.obstacle:
        return Verdict("inconclusive", baseline.obstacle)
    if holm_against <= LEVEL:
        if baseline.opponent_diverged > baseline.method_diverged:
            return Verdict("inconclusive", f"{beyond}, but more runs of {baseline.opponent} diverged")
        return Verdict("contradicted", f"{beyond}, {optimistic}")
    if baseline.p_against <= LEVEL:
        return Verdict("inconclusive", f"{beyond} if it were the only claim, not after Holm's correction")
    if baseline.p_for > LEVEL:
        return Verdict("inconclusive", undecided)
    if baseline.method_diverged > baseline.opponent_diverged:
        return Verdict("inconclusive", f"{within}, but fewer runs of {baseline.opponent} diverged")
    if trial.control and (doubt := _doubt(trial.control)):
        return Verdict("inconclusive", f"{within}, but {doubt}")
    if holm_for > LEVEL:
        return Verdict("inconclusive", f"{within} if it were the only claim, not after Holm's correction")
    beaten = f", and {trial.control.opponent}, which lacks the idea, is beaten too" if trial.control else ""
    return Verdict("reproduced", f"{within}, {pessimistic}{beaten}")


def _doubt(control: Comparison) -> str | None:
    """Why the gain may not be the idea's."""
    if control.obstacle:
        return control.obstacle
    if control.p_for > LEVEL:
        better = control.effect.high is not None and control.effect.high < 0
        return f"{control.opponent}, which lacks the idea, {'is better' if better else 'may be as good'}"
    if control.method_diverged > control.opponent_diverged:
        return f"fewer runs of {control.opponent} diverged"
    return None
