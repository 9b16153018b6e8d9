"""The tables of the results: a row a run, and the long tables of curves and histories."""

import json
import math
from collections.abc import Container, Sequence
from typing import Any

import pandas as pd

from ganmatrix.cell import Run
from ganmatrix.columns.costs import TIMES
from ganmatrix.results.artifacts import Record

VARIANT = "variant"
"""The column of tables that have rows of variants; empty in the others."""

SETTING = ["dataset", "architecture"]
"""What a comparison between methods holds fixed, beside the seed and the variant."""

AXES = [*SETTING, "method", "seed"]
"""Of every grid."""

IDENTITY = ["run", "cell", *AXES]
"""What says of a row whose it is: ids with the seed and without it, then their parts."""

COSTS = ["operations_per_step", *TIMES]
"""Numeric columns that describe the run rather than the networks; they carry no protocol."""

DIVERGED = "diverged"
"""Not a column, but a claim may name it: 1 for a run whose training diverged, else 0."""

NOT_TRAINED = "not trained"
"""The outcome of a run that is yet to be trained."""

_RUN_DTYPES = dict.fromkeys(
    ("generator_parameters", "discriminator_parameters", "generator_steps", "outcome_step"), "Int64"
) | {"outcome_reason": "string", **dict.fromkeys(COSTS, "float64")}

_CURVE_DTYPES = {
    "run": "string",
    "cell": "string",
    "dataset": "string",
    "architecture": "string",
    VARIANT: "string",
    "method": "string",
    "seed": "int64",
    "column": "string",
    "axis": "string",
    "at": "float64",
    "value": "float64",
}


def setting(columns: Container[str]) -> list[str]:
    """What a comparison between methods holds fixed in a table with these columns, beside the seed."""
    return [*SETTING, VARIANT] if VARIANT in columns else SETTING


def matrix(records: Sequence[Record], runs: Sequence[Run]) -> pd.DataFrame:
    """One row a run of the grid: identity, networks, outcome, cost, then a column a score or probe.

    `params` holds the resolved params that the run was trained with, as JSON. Of a run without a record
    its identity is known, and the outcome NOT_TRAINED.

    A column that does not apply to a dataset or a method, or that a diverged run could not give,
    is NaN there. `<column>_noise` is the evaluation noise of a score that has one: how far the value
    varies when the same networks are scored again, which is not how far it varies over training seeds.
    """
    found = {record.run: record for record in records}
    rows = [
        _identity(run) | (_trained(found[run]) if run in found else {"outcome": NOT_TRAINED}) for run in runs
    ]
    identity = _stated(pd.DataFrame(rows)).astype(_RUN_DTYPES)
    entries = [found[run].entries if run in found else {} for run in runs]
    columns = dict.fromkeys(name for of_run in entries for name in of_run)
    values = {
        column: [entry.value if (entry := of_run.get(column)) else None for of_run in entries]
        for column in columns
    }
    noise = {
        f"{column}_noise": [entry.std if (entry := of_run.get(column)) else None for of_run in entries]
        for column in columns
        if any(of_run[column].std is not None for of_run in entries if column in of_run)
    }
    scores = pd.DataFrame(values | noise, index=identity.index, dtype="float64")
    return pd.concat([identity, scores], axis="columns")


def with_censored(frame: pd.DataFrame, records: Sequence[Record]) -> pd.DataFrame:
    """The matrix with infinity where a value is known only to lie beyond the end of training.

    Left as NaN, a target that a method often misses would be averaged over the seeds that reach it.
    """
    censored = frame.copy()
    row_of = dict(zip(frame["run"], frame.index, strict=True))
    for record in records:
        row = row_of[record.run.id]
        for column, entry in record.entries.items():
            if entry.value is None and entry.beyond is not None:
                censored.loc[row, column] = math.inf
    return censored


def curves(records: Sequence[Record]) -> pd.DataFrame:
    """Every curve, a row a point of its axis."""
    rows = [
        _identity(record.run) | {"column": column, "axis": entry.curve.axis, "at": at, "value": value}
        for record in records
        for column, entry in record.entries.items()
        if entry.curve is not None
        for at, value in zip(entry.curve.at, entry.curve.value, strict=True)
    ]
    return _stated(pd.DataFrame(rows, columns=list(_CURVE_DTYPES)).astype(_CURVE_DTYPES))


def history(records: Sequence[Record]) -> pd.DataFrame:
    """The training histories one below the other, each row with its run's identity.

    A column that only some methods log is NaN for the others.
    """
    frames = []
    for record in records:
        if not record.history.empty:
            identity = pd.DataFrame(_identity(record.run), index=record.history.index)
            frames.append(pd.concat([identity, record.history], axis="columns"))
    if not frames:
        return pd.DataFrame(columns=[*IDENTITY, "step"])
    return _stated(pd.concat(frames, ignore_index=True))


def _stated(table: pd.DataFrame) -> pd.DataFrame:
    """The table without the column of variants if it has none."""
    return table if (table[VARIANT] != "").any() else table.drop(columns=VARIANT)


def _identity(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "cell": run.cell.id,
        "dataset": run.dataset,
        "architecture": run.architecture,
        VARIANT: run.variant,
        "method": run.method,
        "seed": run.seed,
    }


def _trained(record: Record) -> dict[str, Any]:
    trained = record.file.reproducible
    return {
        "modality": trained.modality,
        "method_kind": trained.method_kind,
        "loss": trained.loss,
        "techniques": " ".join(trained.techniques),
        "generator": trained.networks.generator,
        "discriminator": trained.networks.discriminator,
        "generator_parameters": trained.parameters.generator,
        "discriminator_parameters": trained.parameters.discriminator,
        "generator_steps": trained.generator_steps,
        "outcome": trained.outcome,
        "outcome_reason": trained.outcome_reason,
        "outcome_step": trained.outcome_step,
        "weights_sha256": trained.weights_sha256,
        "params": json.dumps(trained.params, sort_keys=True),
        "operations_per_step": trained.operations_per_step,
        **{time: getattr(record.file.this_run, time) for time in TIMES},
    }
