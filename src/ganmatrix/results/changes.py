"""What differs between two results: cells, protocols, columns, means, verdicts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from ganmatrix.results.assembled import Assembled, outcome
from ganmatrix.results.matrix import COSTS, SETTING
from ganmatrix.results.noise import Shift, judge, shift

Difference = dict[str, tuple[Any, Any]]
"""Dotted key -> the value before and after; None where it is absent."""

Chosen = Callable[[str], bool]


@dataclass(frozen=True)
class CellChange:
    """A cell of both: what it was trained with, what came out, and how many of its numbers differ."""

    cell: str
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
class VerdictChange:
    """A claim whose verdict differs; None where the claim is not listed."""

    claim: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Changes:
    """Everything that differs from one results folder to another."""

    cells: tuple[int, int]
    """How many there are before and after."""
    new_cells: list[str]
    gone_cells: list[str]
    changed_cells: list[CellChange]
    new_columns: list[str]
    gone_columns: list[str]
    incomparable: list[Incomparable]
    gone_scores: list[str]
    """Columns that both have, but in whose cells no value is left."""
    shifts: list[ColumnShift]
    """Of every column with one protocol, those with equal values too."""
    verdicts: list[VerdictChange]

    @property
    def none(self) -> bool:
        """Whether the results agree in everything that a repeated run must give again."""
        differing = (self.new_cells, self.gone_cells, self.changed_cells, self.new_columns, self.verdicts)
        return not any((*differing, self.gone_columns, self.incomparable))


def compare(before: Assembled, after: Assembled, chosen: Chosen = lambda column: True) -> Changes:
    """All changes; numbers are compared in the `chosen` columns. What a run costs is left out."""
    one, other = (each.matrix.set_index("cell", drop=False) for each in (before, after))
    both = [cell for cell in one.index if cell in other.index]
    protocols = _protocols(before, after)
    comparable = [
        key for key, (old, new) in protocols.items() if chosen(key[1]) and (old == new or not (old and new))
    ]
    columns = [{f"{d}: {c}" for d, cs in each.protocols.items() for c in cs} for each in (before, after)]
    shifts = _shifts(one, other, comparable)
    changes = (_cell(one.loc[cell], other.loc[cell], chosen) for cell in both)
    return Changes(
        cells=(len(one), len(other)),
        new_cells=[cell for cell in other.index if cell not in one.index],
        gone_cells=[cell for cell in one.index if cell not in other.index],
        changed_cells=[change for change in changes if change is not None],
        new_columns=sorted(columns[1] - columns[0]),
        gone_columns=sorted(columns[0] - columns[1]),
        incomparable=[
            Incomparable(*key, differing(old, new))
            for key, (old, new) in protocols.items()
            if chosen(key[1]) and key not in comparable
        ],
        gone_scores=_gone(shifts),
        shifts=shifts,
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


def _cell(one: "pd.Series[Any]", other: "pd.Series[Any]", chosen: Chosen) -> CellChange | None:
    """The change of one cell; None if it is the same."""
    names = [name for name in one.index.intersection(other.index) if chosen(name) and name not in COSTS]
    scores = [(one[name], other[name]) for name in names if isinstance(one[name], float)]
    outcomes = outcome(one), outcome(other)
    change = CellChange(
        cell=one["cell"],
        params=differing(json.loads(one["params"]), json.loads(other["params"])),
        outcome=None if outcomes[0] == outcomes[1] else outcomes,
        weights=one["weights_sha256"] != other["weights_sha256"],
        values=sum(not (old == new or (pd.isna(old) and pd.isna(new))) for old, new in scores),
    )
    same = not (change.params or change.outcome or change.weights or change.values)
    return None if same else change


def _shifts(one: pd.DataFrame, other: pd.DataFrame, columns: list[tuple[str, str]]) -> list[ColumnShift]:
    """Of every method in every setting that both have cells of, in the order of the grid before."""
    after = dict(iter(other.set_index("seed").groupby([*SETTING, "method"])))
    found = [
        ColumnShift(dataset, architecture, method, column, shift(cells[column], after[key][column]))
        for key, cells in one.set_index("seed").groupby([*SETTING, "method"], sort=False)
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
