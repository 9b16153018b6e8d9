"""What the reports print: outcomes, protocols, and means with intervals over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.artifacts import Record
from ganmatrix.results.matrix import COSTS, SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import differences, estimate, paired
from ganmatrix.results.transfers import groups as transfer_groups


def summarise(
    records: Sequence[Record],
    frame: pd.DataFrame,
    curves: pd.DataFrame,
    transfers: pd.DataFrame,
    protocols: Protocols,
    claims: Mapping[str, Claim],
) -> dict[str, Any]:
    """summary.json: everything a report states that is not a row of a table of its own.

    `frame`, `curves` and `transfers` are the tables of the same records. Undefined numbers are None.
    """
    outcomes = frame["outcome"].value_counts()
    completed = frame.assign(**{c: frame[c].where(frame["outcome"] == "completed") for c in COSTS})
    return {
        "cells": {
            "total": len(frame),
            "completed": int(outcomes.get("completed", 0)),
            "diverged": int(outcomes.get("diverged", 0)),
        },
        "grid": {axis: list(dict.fromkeys(frame[axis].tolist())) for axis in (*SETTING, "method", "seed")},
        "diverged": _diverged(records),
        "missing": _missing(records),
        "protocols": protocols,
        "groups": groups(completed, protocols, {record.cell.id: record.lacking for record in records}),
        "curves": curve_groups(curves),
        "transfers": transfer_groups(transfers),
        "comparisons": comparisons(frame, protocols, claims),
    }


def groups(
    frame: pd.DataFrame, protocols: Protocols, lacking: Mapping[str, set[str]]
) -> list[dict[str, Any]]:
    """Each column's estimate over seeds, for each dataset, architecture and method.

    Cells that a column does not apply to, as `lacking` says, are not missing from it.
    """
    return [
        {"dataset": dataset, "architecture": architecture, "method": method, "column": column}
        | asdict(estimate(cells[column][[column not in lacking[cell] for cell in cells["cell"]]]))
        for (dataset, architecture, method), cells in frame.groupby([*SETTING, "method"], sort=False)
        for column in (*protocols[str(dataset)], *COSTS)
    ]


def curve_groups(curves: pd.DataFrame) -> list[dict[str, Any]]:
    """Each curve's estimate over seeds, a row a point of its axis."""
    keys = [*SETTING, "method", "column", "axis", "at"]
    return [
        dict(zip(keys, key, strict=True)) | asdict(estimate(cells["value"]))
        for key, cells in curves.groupby(keys, sort=False)
    ]


def comparisons(
    frame: pd.DataFrame, protocols: Protocols, claims: Mapping[str, Claim]
) -> list[dict[str, Any]]:
    """Each method against its baseline within each dataset and architecture, paired by seed.

    The baseline is the one that the first claim about the method names, else the grid's first
    method. `difference` is method - baseline, `relative` the same over the baseline's mean.
    """
    baselines = _baselines(list(dict.fromkeys(frame["method"])), claims)
    return [
        {"dataset": dataset, "architecture": architecture, "method": method, "baseline": baseline}
        | {"column": column, "difference": asdict(estimate(differences(pairs, relative=False)))}
        | {"relative": asdict(estimate(differences(pairs, relative=True)))}
        for (dataset, architecture), cells in frame.groupby(SETTING, sort=False)
        for column in protocols[str(dataset)]
        for method, baseline in baselines.items()
        for pairs in [paired(cells, column, method, baseline)]
    ]


def _baselines(methods: Sequence[str], claims: Mapping[str, Claim]) -> dict[str, str]:
    chosen = dict.fromkeys(methods[1:], methods[0])
    for claim in reversed(list(claims.values())):
        if {claim.method, claim.baseline} <= set(methods):
            chosen[claim.method] = claim.baseline
    return chosen


def _diverged(records: Sequence[Record]) -> list[dict[str, Any]]:
    runs = (record.run.reproducible for record in records)
    return [
        {"cell": record.cell.id, "step": run.outcome_step, "reason": run.outcome_reason}
        for record, run in zip(records, runs, strict=True)
        if run.outcome == "diverged"
    ]


def _missing(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Values that cells lack although they completed; what is known to lie beyond the end is no gap."""
    return [
        {"cell": record.cell.id, "column": column, "reason": entry.reason}
        for record in records
        if record.run.reproducible.outcome == "completed"
        for column, entry in record.entries.items()
        if entry.value is None and entry.beyond is None
    ]
