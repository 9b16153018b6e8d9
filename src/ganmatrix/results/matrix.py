"""The tables of the results: a row a cell, and the long tables of curves and histories."""

import json
import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.results.artifacts import Record

SETTING = ["dataset", "architecture"]
"""What a comparison between methods holds fixed, beside the seed."""

IDENTITY = ["cell", "dataset", "architecture", "method", "seed"]

COSTS = ["wall_seconds", "cpu_seconds", "images_per_second"]
"""Numeric columns that describe the run rather than the networks; they carry no protocol."""

DIVERGED = "diverged"
"""Not a column, but a claim may name it: 1 for a cell whose training diverged, else 0."""

NOT_TRAINED = "not trained"
"""The outcome of a cell that is yet to be trained."""

_RUN_DTYPES = dict.fromkeys(
    ("generator_parameters", "discriminator_parameters", "generator_steps", "outcome_step"), "Int64"
) | {"outcome_reason": "string", **dict.fromkeys(COSTS, "float64")}

_CURVE_DTYPES = {
    "cell": "string",
    "dataset": "string",
    "architecture": "string",
    "method": "string",
    "seed": "int64",
    "column": "string",
    "axis": "string",
    "at": "float64",
    "value": "float64",
}


def matrix(records: Sequence[Record], cells: Sequence[Cell]) -> pd.DataFrame:
    """One row a cell of the grid: identity, networks, outcome, cost, then a column a score or probe.

    `params` holds the resolved params that the cell was trained with, as JSON. Of a cell without a record
    its identity is known, and the outcome NOT_TRAINED.

    A column that does not apply to a dataset or a method, or that a diverged cell could not give,
    is NaN there. `<column>_noise` is the evaluation noise of a score that has one: how far the value
    varies when the same networks are scored again, which is not how far it varies over training seeds.
    """
    found = {record.cell: record for record in records}
    rows = [
        _identity(cell) | (_run(found[cell]) if cell in found else {"outcome": NOT_TRAINED}) for cell in cells
    ]
    identity = pd.DataFrame(rows).astype(_RUN_DTYPES)
    entries = [found[cell].entries if cell in found else {} for cell in cells]
    columns = dict.fromkeys(name for of_cell in entries for name in of_cell)
    values = {
        column: [entry.value if (entry := of_cell.get(column)) else None for of_cell in entries]
        for column in columns
    }
    noise = {
        f"{column}_noise": [entry.std if (entry := of_cell.get(column)) else None for of_cell in entries]
        for column in columns
        if any(of_cell[column].std is not None for of_cell in entries if column in of_cell)
    }
    scores = pd.DataFrame(values | noise, index=identity.index, dtype="float64")
    return pd.concat([identity, scores], axis="columns")


def with_censored(frame: pd.DataFrame, records: Sequence[Record]) -> pd.DataFrame:
    """The matrix with infinity where a value is known only to lie beyond the end of training.

    Left as NaN, a target that a method often misses would be averaged over the seeds that reach it.
    """
    censored = frame.copy()
    row_of = dict(zip(frame["cell"], frame.index, strict=True))
    for record in records:
        row = row_of[record.cell.id]
        for column, entry in record.entries.items():
            if entry.value is None and entry.beyond is not None:
                censored.loc[row, column] = math.inf
    return censored


def curves(records: Sequence[Record]) -> pd.DataFrame:
    """Every curve, a row a point of its axis."""
    rows = [
        _identity(record.cell) | {"column": column, "axis": entry.curve.axis, "at": at, "value": value}
        for record in records
        for column, entry in record.entries.items()
        if entry.curve is not None
        for at, value in zip(entry.curve.at, entry.curve.value, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(_CURVE_DTYPES)).astype(_CURVE_DTYPES)


def history(records: Sequence[Record]) -> pd.DataFrame:
    """The training histories one below the other, each row with its cell's identity.

    A column that only some methods log is NaN for the others.
    """
    frames = []
    for record in records:
        if not record.history.empty:
            identity = pd.DataFrame(_identity(record.cell), index=record.history.index)
            frames.append(pd.concat([identity, record.history], axis="columns"))
    if not frames:
        return pd.DataFrame(columns=[*IDENTITY, "step"])
    return pd.concat(frames, ignore_index=True)


def _identity(cell: Cell) -> dict[str, Any]:
    return {
        "cell": cell.id,
        "dataset": cell.dataset,
        "architecture": cell.architecture,
        "method": cell.method,
        "seed": cell.seed,
    }


def _run(record: Record) -> dict[str, Any]:
    run = record.run.reproducible
    return {
        "modality": run.modality,
        "method_kind": run.method_kind,
        "loss": run.loss,
        "techniques": " ".join(run.techniques),
        "generator": run.networks.generator,
        "discriminator": run.networks.discriminator,
        "generator_parameters": run.parameters.generator,
        "discriminator_parameters": run.parameters.discriminator,
        "generator_steps": run.generator_steps,
        "outcome": run.outcome,
        "outcome_reason": run.outcome_reason,
        "outcome_step": run.outcome_step,
        "weights_sha256": run.weights_sha256,
        "params": json.dumps(run.params, sort_keys=True),
        **{cost: getattr(record.run.this_run, cost) for cost in COSTS},
    }
