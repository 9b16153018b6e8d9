"""The rule that tells whether a mean has changed beyond the noise of training seeds.

`before` and `after` are the values of one column in the cells of one method and setting, by seed.

- *equal*: every seed that both have gives the same value; there is nothing to test.
- Seeds that both have are compared with themselves (paired t test, `scipy.stats.ttest_rel`), since a
  seed draws the same data order and noise. If fewer than three are in common, all seeds of the one
  are compared with all of the other (Welch's t test).
- *undecided*: there are fewer than three on either side, or they all moved by the same amount, so
  that there is no noise to judge by.
- All tests of one comparison of results are corrected together (Benjamini and Hochberg,
  `scipy.stats.false_discovery_control`): among the changes called *beyond noise* 5% are expected to
  be chance; where nothing has changed but chance, any is called so in 5% of comparisons. What is
  left *could be chance*, which does not say that it is.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.results.levels import CONFIDENCE

FEWEST_SEEDS = 3
"""With two, the t interval reaches 12.7 standard errors to either side."""

Finding = Literal["beyond noise", "could be chance", "undecided", "equal"]


@dataclass(frozen=True)
class Shift:
    """How a mean has moved. `change` is after - before with its interval, over pairs if `paired`."""

    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    n_before: int
    n_after: int
    paired: bool
    p: float | None
    """Of the test, corrected once `judge` has seen all shifts."""
    finding: Finding
    reason: str = ""


def shift(before: pd.Series, after: pd.Series) -> Shift:
    """The shift of one column's mean; NaN counts as missing. Not yet corrected for its company."""
    before, after = before.dropna(), after.dropna()
    common = before.index.intersection(after.index)
    paired = len(common) >= min(FEWEST_SEEDS, max(len(before), len(after)))
    one, other = (before[common], after[common]) if paired else (before, after)
    raw = Shift(
        before=_mean(one),
        after=_mean(other),
        change=float(other.mean() - one.mean()) if len(one) and len(other) else None,
        low=None,
        high=None,
        n_before=len(one),
        n_after=len(other),
        paired=paired,
        p=None,
        finding="undecided",
    )
    if len(common) and (before[common] == after[common]).all():
        return replace(raw, finding="equal")
    if min(len(one), len(other)) < FEWEST_SEEDS:
        return replace(raw, reason=f"fewer than {FEWEST_SEEDS} seeds have a value")
    moved = other - one if paired else pd.concat([other - other.mean(), one - one.mean()])
    if np.ptp(moved) <= 1e-9 * max(abs(one).max(), abs(other).max()):
        return replace(raw, reason="no spread between seeds to judge by")
    with warnings.catch_warnings():  # of one side without spread, whose variance is then known to be 0
        warnings.simplefilter("ignore", RuntimeWarning)
        test = (
            scipy.stats.ttest_rel(other, one)
            if paired
            else scipy.stats.ttest_ind(other, one, equal_var=False)
        )
        interval = test.confidence_interval(CONFIDENCE)
    return replace(raw, low=float(interval.low), high=float(interval.high), p=float(test.pvalue))


def judge(shifts: Sequence[Shift]) -> list[Shift]:
    """The same shifts with corrected p values and findings, in the same order."""
    tested = [each.p for each in shifts if each.p is not None]
    corrected = iter(scipy.stats.false_discovery_control(tested) if tested else ())
    return [each if each.p is None else _found(each, float(next(corrected))) for each in shifts]


def _found(tested: Shift, p: float) -> Shift:
    return replace(tested, p=p, finding="beyond noise" if p < 1 - CONFIDENCE else "could be chance")


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None
