"""The matrix in the terminal: a table for each dataset and column, or a row for each run."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
from rich.console import Group

from ganmatrix.cell import place
from ganmatrix.columns import Column
from ganmatrix.reporting.numbers import (
    CUT,
    CUT_NOTE,
    REFERENCE_POINTS,
    UNSEEN,
    bounds,
    held_out_samples,
    interval,
    number,
    reference_points,
)
from ganmatrix.results.artifacts import Assembled, outcome
from ganmatrix.results.matrix import SOURCE, VARIANT, placed_summary, setting
from ganmatrix.terminal.selection import Selection
from ganmatrix.terminal.tables import table


def matrix(results: Assembled, selection: Selection) -> Iterator[Group]:
    """Mean [95% interval] and number of seeds, and missing seeds."""
    architectures, summary = selection.axis(results, "architecture"), placed_summary(results.summary)
    for dataset in selection.axis(results, "dataset"):
        for column in selection.of(results, dataset):
            entries = {
                (row["method"], place(row["architecture"], row.get(VARIANT))): _entry(row, column, results)
                for row in results.summary["groups"]
                if (row["dataset"], row["column"]) == (dataset, column.name)
                and row["architecture"] in architectures
            }
            places = list(dict.fromkeys(at for _, at in entries))
            rows = [
                [method, *(entries.get((method, at), "no such cell") for at in places)]
                for method in selection.axis(results, "method")
            ]
            if column.checkpoint != "init":
                rows += _marks(summary, dataset, column, places)
            counted = held_out_samples(summary, dataset, column)
            notes = [
                CUT_NOTE if any(CUT in entry for entry in entries.values()) else "",
                f"{UNSEEN}: {counted}" if counted else "",
                *_imported(results, dataset),
            ]
            note = "\n".join(filter(None, notes))
            yield table(_title(dataset, column), ["method", *places], rows, note)


def _imported(results: Assembled, dataset: str) -> Iterator[str]:
    """Which methods were imported, and whose the runs are."""
    for name, stated in results.summary.get("imports", {}).items():
        rows = results.matrix[(results.matrix[SOURCE] == name) & (results.matrix["dataset"] == dataset)]
        if methods := dict.fromkeys(rows["method"]):
            yield f"imported ({name}, {stated['source']}): {', '.join(methods)}"


def _marks(
    summary: Mapping[str, Any], dataset: str, column: Column, places: Sequence[str]
) -> list[list[str]]:
    """Rows with the score before training, of unseen reals and of noise, if they are known."""
    found = [reference_points(summary, dataset, column, at) for at in places]
    return [
        [mark, *(each.get(mark, "-") for each in found)]
        for mark in REFERENCE_POINTS
        if any(mark in f for f in found)
    ]


def runs(results: Assembled, selection: Selection) -> Iterator[Group]:
    """One row for each run: its outcome and the value of each column."""
    for dataset, rows in _kept(results, selection).groupby("dataset", sort=False):
        columns = selection.of(results, str(dataset))
        yield table(
            str(dataset),
            ["run", "outcome", *(column.name for column in columns)],
            (
                [row["run"], outcome(row), *(_value(row[c.name], c) for c in columns)]
                for row in rows.to_dict("records")
            ),
        )


def records(results: Assembled, selection: Selection) -> list[dict[str, Any]]:
    """The rows behind `matrix`, for other programs."""
    axes = {axis: selection.axis(results, axis) for axis in ("dataset", "architecture", "method")}
    columns = {dataset: [c.name for c in selection.of(results, dataset)] for dataset in axes["dataset"]}
    return [
        row | {"diverged": _diverged(row, results)}
        for row in results.summary["groups"]
        if all(row[axis] in names for axis, names in axes.items())
        and row["column"] in columns[row["dataset"]]
    ]


def run_records(results: Assembled, selection: Selection) -> pd.DataFrame:
    """The rows behind `runs`."""
    kept = _kept(results, selection)
    names = dict.fromkeys(
        c.name for d in selection.axis(results, "dataset") for c in selection.of(results, d)
    )
    return kept[["run", "outcome", "outcome_step", "outcome_reason", *names]]


def _kept(results: Assembled, selection: Selection) -> pd.DataFrame:
    frame = results.matrix
    for axis in ("dataset", "architecture", "method"):
        frame = frame[frame[axis].isin(selection.axis(results, axis))]
    return frame


def _title(dataset: str, column: Column) -> str:
    better = f", {column.measure.better} is better" if column.measure.better else ""
    return f"{dataset}: {column.title}{better}"


def _entry(row: dict[str, Any], column: Column, results: Assembled) -> str:
    """`14.5 [13.4, 15.6] n=2, 1 diverged`."""
    diverged = _diverged(row, results)
    lost = [f"{diverged} diverged"] if diverged else []
    lost += [f"{row['missing'] - diverged} missing"] if row["missing"] > diverged else []
    if row["n"] == 0:
        return f"no value: {', '.join(lost)}" if lost else "does not apply"
    within = bounds(column.name, results.protocols[row["dataset"]].get(column.name, {}))
    spread = interval(row["low"], row["high"], column.measure, within) or "no interval"
    seeds = ", ".join([f"n={row['n']}", *lost])
    return f"{number(row['mean'], column.measure)} {spread} {seeds}"


def _diverged(row: dict[str, Any], results: Assembled) -> int:
    """How many of the missing values belong to diverged runs."""
    frame = results.matrix
    keys = [*setting(frame), "method"]
    same = frame[keys] == [row[key] for key in keys]
    return min(int((same.all(axis="columns") & (frame["outcome"] == "diverged")).sum()), row["missing"])


def _value(value: float, column: Column) -> str:
    return number(None if pd.isna(value) else value, column.measure)
