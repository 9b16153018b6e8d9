"""What differs between two results: runs, protocols, columns, means, verdicts.

A mean has changed beyond the noise of training seeds by this rule, for the values of one column in the cells
of one method and setting:

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

One column depends on other runs than its own: how far attacks made on other methods lower this D's logits.
It changes with the grid, and with what the others became, while the run itself is the same. So it counts as
a change of a run only where the runs behind it are the same, and means are compared over the seeds where
they are, or where the run itself is another, too.
"""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.columns.costs import TIMES
from ganmatrix.results.artifacts import RECEIVED, Assembled, outcome
from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import SETTING, placed

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
    """The shift of one column's mean, of values by seed, NaN where one is missing; p is not corrected yet."""
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


OF_OTHERS = (RECEIVED,)
"""The columns whose values depend on other runs: those of the same seed and setting, by other methods."""

Difference = dict[str, tuple[Any, Any]]
"""Dotted key -> the value before and after; None where it is absent."""

Chosen = Callable[[str], bool]


@dataclass(frozen=True)
class RunChange:
    """A run of both: what it was trained with, what came out, and how many of its numbers differ."""

    run: str
    params: Difference
    outcome: tuple[str, str] | None
    weights: bool
    values: int


@dataclass(frozen=True)
class ColumnShift:
    """How the mean of a column has moved, for one method in one setting."""

    dataset: str
    architecture: str
    method: str
    column: str
    shift: Shift


@dataclass(frozen=True)
class Incomparable:
    """A column that was measured under another protocol: its numbers must not be compared."""

    dataset: str
    column: str
    protocol: Difference


@dataclass(frozen=True)
class OtherSources:
    """A column with values that are not compared, because other runs stand behind them."""

    dataset: str
    column: str
    runs: int
    """How many have such a value in both results."""


@dataclass(frozen=True)
class VerdictChange:
    """A claim whose verdict differs; None where the claim is not listed."""

    claim: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Changes:
    """Everything that differs from one results folder to another."""

    runs: tuple[int, int]
    """How many there are before and after."""
    new_runs: list[str]
    gone_runs: list[str]
    changed_runs: list[RunChange]
    new_columns: list[str]
    gone_columns: list[str]
    incomparable: list[Incomparable]
    gone_scores: list[str]
    """Columns that both have, but in whose runs no value is left."""
    shifts: list[ColumnShift]
    """Of every column with one protocol, those with equal values too."""
    other_sources: list[OtherSources]
    verdicts: list[VerdictChange]

    @property
    def none(self) -> bool:
        """Whether the results agree in everything that a repeated run must give again."""
        differing = (self.new_runs, self.gone_runs, self.changed_runs, self.new_columns, self.verdicts)
        return not any((*differing, self.gone_columns, self.incomparable))


def compare(before: Assembled, after: Assembled, chosen: Chosen = lambda column: True) -> Changes:
    """All changes; numbers are compared in the `chosen` columns. What training took is left out."""
    one, other = (placed(each.matrix).set_index("run", drop=False) for each in (before, after))
    both = [run for run in one.index if run in other.index]
    protocols = _protocols(before, after)
    comparable = [
        key for key, (old, new) in protocols.items() if chosen(key[1]) and (old == new or not (old and new))
    ]
    columns = [{f"{d}: {c}" for d, cs in each.protocols.items() for c in cs} for each in (before, after)]
    sources = _sources(one), _sources(other)
    changes = [_run(one.loc[run], other.loc[run], chosen, sources) for run in both]
    elsewhere = _elsewhere(one, other, sources)
    shifts = _shifts(_without(one, elsewhere), _without(other, elsewhere), comparable)
    return Changes(
        runs=(len(one), len(other)),
        new_runs=[run for run in other.index if run not in one.index],
        gone_runs=[run for run in one.index if run not in other.index],
        changed_runs=[change for change in changes if change is not None],
        new_columns=sorted(columns[1] - columns[0]),
        gone_columns=sorted(columns[0] - columns[1]),
        incomparable=[
            Incomparable(*key, differing(old, new))
            for key, (old, new) in protocols.items()
            if chosen(key[1]) and key not in comparable
        ],
        gone_scores=_gone(shifts),
        shifts=shifts,
        other_sources=_counted(one, other, elsewhere, comparable),
        verdicts=_verdicts(before.claims, after.claims),
    )


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> Difference:
    """The keys in which two documents differ."""
    old, new = _flat(one), _flat(other)
    keys = dict.fromkeys([*old, *new])
    return {key: (old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)}


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in document.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


def _protocols(before: Assembled, after: Assembled) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Dataset and column -> both protocols, of the columns that both have."""
    return {
        (dataset, column): (protocol, after.protocols[dataset][column])
        for dataset, columns in before.protocols.items()
        for column, protocol in columns.items()
        if column in after.protocols.get(dataset, {})
    }


Sources = dict[str, dict[str, str]]
"""By run, the cells whose runs of the same seed stand behind its columns of others, with their weights."""


def _sources(frame: pd.DataFrame) -> Sources:
    """Of all runs; those that diverged, or are yet to be trained, stand behind none."""
    trained = frame[frame["outcome"] == "completed"]
    groups = dict(iter(trained.groupby([*SETTING, "seed"])))
    found: Sources = {}
    for key, runs in frame.groupby([*SETTING, "seed"], sort=False):
        group = groups.get(key, trained.iloc[:0])
        for run, cell in zip(runs["run"], runs["cell"], strict=True):
            others = group[group["cell"] != cell]
            found[run] = dict(zip(others["cell"], others["weights_sha256"], strict=True))
    return found


def _run(
    one: "pd.Series[Any]", other: "pd.Series[Any]", chosen: Chosen, sources: tuple[Sources, Sources]
) -> RunChange | None:
    """The change of one run; None if it is the same."""
    own = sources[0][one["run"]] == sources[1][one["run"]]
    names = [
        name
        for name in one.index.intersection(other.index)
        if chosen(name) and name not in TIMES and (own or name not in OF_OTHERS)
    ]
    scores = [(one[name], other[name]) for name in names if isinstance(one[name], float)]
    outcomes = outcome(one), outcome(other)
    change = RunChange(
        run=one["run"],
        params=differing(json.loads(one["params"]), json.loads(other["params"])),
        outcome=None if outcomes[0] == outcomes[1] else outcomes,
        weights=one["weights_sha256"] != other["weights_sha256"],
        values=sum(not (old == new or (pd.isna(old) and pd.isna(new))) for old, new in scores),
    )
    same = not (change.params or change.outcome or change.weights or change.values)
    return None if same else change


def _elsewhere(one: pd.DataFrame, other: pd.DataFrame, sources: tuple[Sources, Sources]) -> set[str]:
    """The runs whose columns of others cannot be compared.

    Those of which all that differs are the others; and those with other cells behind them than the run of
    the same seed has, or any run of their cell where there is none.
    """
    found = set()
    for frame, counterpart, (own, opposite) in (
        (one, other, sources),
        (other, one, (sources[1], sources[0])),
    ):
        of_cell = {cell: list(runs["run"]) for cell, runs in counterpart.groupby("cell")}
        for run, cell in zip(frame["run"], frame["cell"], strict=True):
            facing = [run] if run in opposite else of_cell.get(cell, [])
            if any(opposite[each].keys() != own[run].keys() for each in facing):
                found.add(run)
            elif run in opposite and own[run] != opposite[run]:
                weights = {str(each.loc[run, "weights_sha256"]) for each in (one, other)}
                if len(weights) == 1:
                    found.add(run)
    return found


def _without(frame: pd.DataFrame, runs: set[str]) -> pd.DataFrame:
    """The table without these runs' values that depend on others."""
    kept = frame.copy()
    columns = [column for column in OF_OTHERS if column in frame]
    kept.loc[kept["run"].isin(list(runs)), columns] = float("nan")
    return kept


def _counted(
    one: pd.DataFrame, other: pd.DataFrame, runs: set[str], columns: list[tuple[str, str]]
) -> list[OtherSources]:
    """How many values of each column are left out with these runs."""
    found = []
    for dataset, column in columns:
        if column in OF_OTHERS:
            values = [frame.loc[frame["dataset"] == dataset].get(column) for frame in (one, other)]
            named = {run for each in values if each is not None for run in each.dropna().index} & runs
            found += [OtherSources(dataset, column, len(named))] if named else []
    return found


def _shifts(one: pd.DataFrame, other: pd.DataFrame, columns: list[tuple[str, str]]) -> list[ColumnShift]:
    """Of every method in every setting that both have runs of, in the order of the grid before."""
    after = dict(iter(other.set_index("seed").groupby([*SETTING, "method"])))
    found = [
        ColumnShift(dataset, architecture, method, column, shift(runs[column], after[key][column]))
        for key, runs in one.set_index("seed").groupby([*SETTING, "method"], sort=False)
        if key in after
        for dataset, architecture, method in [map(str, key)]
        for measured_on, column in columns
        if measured_on == dataset
    ]
    known = [each for each in found if each.shift.n_before or each.shift.n_after]
    judged = judge([each.shift for each in known])
    return [replace(each, shift=_said(moved)) for each, moved in zip(known, judged, strict=True)]


def _said(moved: Shift) -> Shift:
    """A shift from or to nothing says so: that there are too few seeds is the least of it."""
    if not moved.n_after:
        return replace(moved, reason="no seed has a value any more")
    if not moved.n_before:
        return replace(moved, reason="no seed had a value before")
    return moved


def _gone(shifts: list[ColumnShift]) -> list[str]:
    """`digits: modes_ema` for the columns of which nothing is left in any method and setting."""
    left: dict[str, int] = {}
    for each in shifts:
        name = f"{each.dataset}: {each.column}"
        left[name] = left.get(name, 0) + each.shift.n_after
    return [name for name, values in left.items() if not values]


def _verdicts(before: pd.DataFrame, after: pd.DataFrame) -> list[VerdictChange]:
    old, new = (dict(zip(each["claim"], each["verdict"], strict=True)) for each in (before, after))
    changed = differing(old, new)
    return [VerdictChange(claim, *pair) for claim, pair in changed.items()]
