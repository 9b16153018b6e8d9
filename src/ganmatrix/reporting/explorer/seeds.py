"""The single seeds behind every number of the matrix, and how they were measured, for the page's panels."""

from typing import Any

from ganmatrix.reporting.cell_files import Found, RunFacts
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.explorer.columns import columns_of
from ganmatrix.reporting.fragments import Fragment, data

_DIGITS = 7
"""Significant ones: more than any measure has, fewer than its binary form would take."""


def seeds(evidence: Evidence, found: Found) -> Fragment:
    """Columns in words; for each dataset the protocols, and for each cell the runs with their values."""
    columns = {c.name: c for dataset in evidence.datasets for c in columns_of(evidence, dataset)}
    explained = {
        name: {"title": c.title, "percent": c.measure.percent, "explanation": c.measure.explanation}
        for name, c in columns.items()
    }
    return data(
        "measured",
        {"columns": explained, "datasets": {d: _dataset(evidence, found, d) for d in evidence.datasets}},
    )


def _dataset(evidence: Evidence, found: Found, dataset: str) -> dict[str, Any]:
    names = [c.name for c in columns_of(evidence, dataset)]
    cells = [cell.id for cell in evidence.cells_on(dataset)]
    return {
        "protocols": evidence.summary["protocols"][dataset],
        "cells": {cell: [_run(facts, names) for facts in found[cell]] for cell in cells},
    }


def _run(facts: RunFacts, names: list[str]) -> dict[str, Any]:
    return {
        "run": facts.run.id,
        "seed": facts.run.seed,
        "values": {name: _value(facts, name) for name in names},
    }


def _value(facts: RunFacts, name: str) -> dict[str, Any]:
    if name not in facts.values:
        return {"reason": facts.lost(name).reason}
    value: dict[str, Any] = {"value": _rounded(facts.values[name])}
    spread = facts.entries.get(name, {}).get("std")
    return value if spread is None else value | {"spread": _rounded(spread)}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
