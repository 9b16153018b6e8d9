"""How two methods differ in one column: the effect, its interval, and the seeds that would decide.

It is the comparison of a claim without the claim. No direction is stated beforehand, so the test is
two-sided. It is one question, so nothing is corrected for others.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from ganmatrix.cell import place
from ganmatrix.columns import CHECKPOINTS, Column, column, leading, ordered
from ganmatrix.results.artifacts import Assembled
from ganmatrix.results.claims import runs_tested, why_untested
from ganmatrix.results.levels import CONFIDENCE, LEVEL
from ganmatrix.results.matrix import (
    COSTS,
    DIVERGED,
    Design,
    setting,
    settings_compared,
    stand_ins_of_rows,
    with_stand_ins,
)
from ganmatrix.results.statistics import observed
from ganmatrix.results.verdicts import Comparison, Trial, compare, seeds_needed

Finding = Literal["lower", "higher", "undecided"]


@dataclass(frozen=True)
class Difference:
    """Whether `method` differs from `baseline` in `metric`; effects are positive where it is higher."""

    metric: str
    method: str
    baseline: str
    effect: Literal["difference", "relative"]
    direction: Literal["lower", "higher"] = "higher"
    bound: float = 0.0
    at_most: float | None = None
    control: str | None = None
    variants: Sequence[str] | None = None


@dataclass(frozen=True)
class SettingEffect:
    """The difference of the method from the baseline in one setting, or over all; None where there is none.

    `method` and `baseline` are the means of either. `mean`, `low` and `high` are a difference, or a share
    of the baseline's value. `runs` are those of either that the effect rests on: pairs, or not.
    """

    where: str
    method: float | None
    baseline: float | None
    mean: float | None
    low: float | None
    high: float | None
    design: Design
    runs: tuple[int, int]
    missing: int


@dataclass(frozen=True)
class Answer:
    """What the results say of one column."""

    column: str
    method: str
    baseline: str
    relative: bool
    settings: list[SettingEffect]
    overall: SettingEffect
    p_value: float | None
    """Two-sided; None without a test."""
    finding: Finding
    obstacle: str | None
    """Why there is no test."""
    seeds: int
    """The most that a setting has now, of the method with fewer."""
    seeds_needed: int | None
    """A setting, to find an effect of this size in 80% of cases; None if decided, or if none would do."""
    diverged: dict[str, int]
    """Runs, by method."""


def default_columns(results: Assembled, method: str, baseline: str) -> list[Column]:
    """The leading score of every dataset on which one of the two methods was scored."""
    runs = results.matrix[results.matrix["method"].isin([method, baseline])]
    found = (leading(results.protocols[name]) for name in runs["dataset"].unique())
    return ordered(dict.fromkeys(each.name for each in found if each))


def of_metric(results: Assembled, metric: str) -> list[Column]:
    """The columns that a name or a measure such as `fid` means: of a measure, one for each extractor.

    That is the one of the averaged weights, else of the last, the best, the first. Empty if there is none.
    """
    names = dict.fromkeys(name for columns in results.protocols.values() for name in (*columns, *COSTS))
    if metric in (*names, DIVERGED):
        return [column(metric)]
    ranks: dict[str | None, int] = {name: rank for rank, name in enumerate(CHECKPOINTS)}
    found: dict[str | None, Column] = {}
    for each in sorted(
        (c for c in ordered(names) if c.key == metric), key=lambda c: ranks.get(c.checkpoint, -1)
    ):
        found.setdefault(each.extractor, each)
    return list(found.values())


def answer(
    results: Assembled, method: str, baseline: str, of: Column, relative: bool | None = None
) -> Answer:
    """How `method` differs from `baseline` in a column, over all settings in which both have runs.

    On a relative scale where the measure is a ratio, unless `relative` says otherwise.
    """
    as_share = of.measure.ratio if relative is None else relative
    question = Difference(of.name, method, baseline, "relative" if as_share else "difference")
    whole = _frame(results)
    if obstacle := why_untested(question, whole, results.protocols):
        return _without_test(question, obstacle)
    frame = runs_tested(question, whole, results.protocols)
    keys = setting(frame)
    found = compare(question, baseline, frame)
    by_setting = [
        _effect(_named(key), question, runs, compare(question, baseline, runs))
        for key, runs in frame.groupby(keys, sort=False)
        if settings_compared(runs, method, baseline)
    ]
    p = None if found.obstacle else min(1.0, 2 * min(found.p_for, found.p_against))
    # At two-sided 5% and a mean of 0 there is no way to be decided, and no direction to report.
    decided = p is not None and p <= 1 - CONFIDENCE and bool(found.effect.mean)
    trained = frame[frame["method"].isin([method, baseline])].drop_duplicates("run")
    lost = trained.loc[trained["outcome"] == "diverged", "method"].value_counts()
    return Answer(
        column=of.name,
        method=method,
        baseline=baseline,
        relative=as_share,
        settings=by_setting,
        overall=_effect("all settings", question, frame, found),
        p_value=p,
        finding="undecided" if not decided else "higher" if (found.effect.mean or 0) > 0 else "lower",
        obstacle=found.obstacle,
        seeds=max((min(each.runs) for each in by_setting), default=0),
        seeds_needed=None if decided else seeds_needed(Trial(found), 0.0, LEVEL),
        diverged={name: int(lost.get(name, 0)) for name in (method, baseline)},
    )


def _without_test(question: Difference, obstacle: str) -> Answer:
    nothing = SettingEffect("all settings", None, None, None, None, None, "paired", (0, 0), 0)
    return Answer(
        column=question.metric,
        method=question.method,
        baseline=question.baseline,
        relative=question.effect == "relative",
        settings=[],
        overall=nothing,
        p_value=None,
        finding="undecided",
        obstacle=obstacle,
        seeds=0,
        seeds_needed=None,
        diverged={},
    )


def _frame(results: Assembled) -> pd.DataFrame:
    """The matrix as claims are judged on it: infinity for censored values, and stand-ins of variants."""
    frame = results.matrix.copy()
    for each in results.summary.get("censored", []):
        frame.loc[frame["run"] == each["run"], each["column"]] = math.inf
    return with_stand_ins(frame, stand_ins_of_rows(results.summary.get("stand_ins", [])))


def _named(key: tuple[Hashable, ...]) -> str:
    """`digits x conventional`."""
    dataset, *rest = map(str, key)
    return f"{dataset} x {place(*rest)}"


def _effect(where: str, question: Difference, runs: pd.DataFrame, found: Comparison) -> SettingEffect:
    values = observed(runs, question.metric).astype(float)
    means = {name: values[runs["method"] == name].mean() for name in (question.method, question.baseline)}
    method, baseline = (None if not math.isfinite(mean) else float(mean) for mean in means.values())
    effect = found.effect
    return SettingEffect(
        where,
        method,
        baseline,
        found.mean,
        found.low,
        found.high,
        effect.design,
        effect.runs,
        effect.missing,
    )
