"""The rule that turns a claim's paired effects into a verdict.

A claim says that a method improves on its baseline in one metric, in one direction, by at least
`smallest_effect`. Effects are oriented so that positive is the claimed direction; [low, high] is
the 95% Student-t interval of the mean over pairs.

- *reproduced*: low > smallest_effect, and against the control (the method without its idea),
  where one is named, low > 0. The baseline decides how large the gain is, the control whose.
- *contradicted*: high < smallest_effect. Even the optimistic end falls short of what would count.
  A control cannot contradict: a gain that has another cause is a gain nevertheless.
- *inconclusive*: everything between, and what cannot be decided: fewer than three pairs, pairs
  that are all equal (a metric at its ceiling tells nothing apart), or a verdict that divergence
  may have made. If the method lost more cells to divergence than its opponent, its survivors
  flatter it and *reproduced* is withheld; the other way round, *contradicted* is.
- *not tested*: the metric was not measured, or a method is not in the grid.

The interval treats pairs as independent, and speaks of the settings of this grid, not of others.
"""

from dataclasses import dataclass
from typing import Literal

from ganmatrix.results.statistics import Estimate

Outcome = Literal["reproduced", "contradicted", "inconclusive", "not tested"]

FEWEST_PAIRS = 3
"""With two pairs the t interval reaches 12.7 standard errors to either side and decides nothing."""


@dataclass(frozen=True)
class Comparison:
    """The oriented effect of a method over one opponent, and how many cells of each diverged."""

    opponent: str
    effect: Estimate
    all_equal: bool = False
    scale_positive: bool = True
    method_diverged: int = 0
    opponent_diverged: int = 0


@dataclass(frozen=True)
class Verdict:
    """An outcome and, in one sentence, why."""

    outcome: Outcome
    reason: str


def decide(baseline: Comparison, control: Comparison | None, smallest_effect: float) -> Verdict:
    """The verdict under the rule above; `control` is None where the claim names none."""
    obstacle = _undecidable(baseline)
    low, high = baseline.effect.low, baseline.effect.high
    if obstacle or low is None or high is None:
        return Verdict("inconclusive", obstacle or "there is no interval")
    if high < smallest_effect:
        if baseline.opponent_diverged > baseline.method_diverged:
            return Verdict("inconclusive", f"it falls short, but more cells of {baseline.opponent} diverged")
        return Verdict("contradicted", "even the optimistic end of the interval falls short")
    if low <= smallest_effect:
        return Verdict("inconclusive", "the interval includes the smallest effect that would count")
    if baseline.method_diverged > baseline.opponent_diverged:
        return Verdict("inconclusive", f"it suffices, but fewer cells of {baseline.opponent} diverged")
    return _against_control(control)


def _against_control(control: Comparison | None) -> Verdict:
    beyond = "the whole interval lies beyond the smallest effect"
    if control is None:
        return Verdict("reproduced", beyond)
    if obstacle := _undecidable(control):
        return Verdict("inconclusive", f"{beyond}, but {obstacle}")
    if control.effect.high is not None and control.effect.high < 0:
        return Verdict("inconclusive", f"{beyond}, but {control.opponent}, which lacks the idea, is better")
    if control.effect.low is None or control.effect.low <= 0:
        return Verdict(
            "inconclusive", f"{beyond}, but {control.opponent}, which lacks the idea, may be as good"
        )
    if control.method_diverged > control.opponent_diverged:
        return Verdict("inconclusive", f"{beyond}, but fewer cells of {control.opponent} diverged")
    return Verdict("reproduced", f"{beyond}, and {control.opponent}, which lacks the idea, is beaten too")


def _undecidable(comparison: Comparison) -> str | None:
    """Why no interval against this opponent can decide; None if one can."""
    n = comparison.effect.n
    if not comparison.scale_positive:
        return f"{comparison.opponent}'s mean is not positive, so that a relative effect is undefined"
    if n < FEWEST_PAIRS:
        pairs = f"{n} pair{'' if n == 1 else 's'}"
        return (
            f"there {'is' if n == 1 else 'are'} {pairs} with {comparison.opponent}; {FEWEST_PAIRS} are needed"
        )
    if comparison.all_equal:
        return f"every pair with {comparison.opponent} is equal; the metric tells nothing apart here"
    return None
