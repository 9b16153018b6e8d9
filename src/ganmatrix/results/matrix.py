"""The tables of the results: a row a run, and the long tables of curves and histories.

One column has one protocol: numbers that were measured in different ways never share a column.

The matrix may hold variants. A variant of one method, such as another epsilon, has no cells of the others. In
its setting these are represented by their cells of the same values, as stand-ins. Two stand-ins are never
compared there: that would count one pair of runs as often as there are variants.
"""

import json
import math
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from ganmatrix.cell import Run, place
from ganmatrix.columns import leading
from ganmatrix.columns.costs import TIMES
from ganmatrix.entry import Entry
from ganmatrix.results.artifacts import Floor, Protocols, Record
from ganmatrix.results.imported import Imported

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

SOURCE = "source"
"""The column that names the import of a row; empty in rows of the grid. Absent without imports."""

PAIRED_WITHIN = "paired_within"
"""The column that says among which runs a seed stands for the same random numbers: those of the grid, or
those of one import. Missing where seeds are no pairs. Without the column all runs are of one grid."""

Design = Literal["paired", "unpaired"]
"""Whether runs are compared seed by seed, or all runs of one method with all of the other."""

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


GRID = "grid"
"""In PAIRED_WITHIN: the runs of the grid."""


def matrix(records: Sequence[Record], runs: Sequence[Run], imported: Sequence[Imported] = ()) -> pd.DataFrame:
    """One row a run of the grid: identity, networks, outcome, cost, then a column a score or probe.

    The rows of runs from elsewhere follow. SOURCE and PAIRED_WITHIN tell them apart.

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
    if imported:
        rows = [row | {SOURCE: "", PAIRED_WITHIN: GRID} for row in rows] + [*map(_of_import, imported)]
    plain = pd.DataFrame(rows)
    identity = _without_empty_variant(plain).astype(_RUN_DTYPES)
    entries: list[Mapping[str, Entry]] = [found[run].entries if run in found else {} for run in runs]
    entries += [each.entries for each in imported]
    columns = dict.fromkeys(name for of_run in entries for name in of_run)
    values = {
        column: [entry["value"] if (entry := of_run.get(column)) else None for of_run in entries]
        for column in columns
    }
    noise = {
        f"{column}_noise": [entry.get("std") if (entry := of_run.get(column)) else None for of_run in entries]
        for column in columns
        if any(of_run[column].get("std") is not None for of_run in entries if column in of_run)
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
            if entry["value"] is None and "beyond" in entry:
                censored.loc[row, column] = math.inf
    return censored


def curves(records: Sequence[Record]) -> pd.DataFrame:
    """Every curve, a row a point of its axis."""
    rows = [
        _identity(record.run) | {"column": column, "axis": curve["axis"], "at": at, "value": value}
        for record in records
        for column, entry in record.entries.items()
        if (curve := entry.get("curve"))
        for at, value in zip(curve["at"], curve["value"], strict=True)
    ]
    return _without_empty_variant(pd.DataFrame(rows, columns=list(_CURVE_DTYPES)).astype(_CURVE_DTYPES))


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
    return _without_empty_variant(pd.concat(frames, ignore_index=True))


def _without_empty_variant(table: pd.DataFrame) -> pd.DataFrame:
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


_TRAINED = (
    *("modality", "method_kind", "loss", "techniques", "generator", "discriminator"),
    *("generator_parameters", "discriminator_parameters", "generator_steps"),
    *("outcome", "outcome_reason", "outcome_step", "weights_sha256", "params", *COSTS),
)
"""The columns of `_trained`, of which an import states few."""


def _of_import(each: Imported) -> dict[str, Any]:
    return (
        _identity(each.run)
        | dict.fromkeys(_TRAINED)
        | {"outcome": each.outcome, "params": "{}", **each.costs}
        | {SOURCE: each.source, PAIRED_WITHIN: each.source if each.paired else None}
    )


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


STANDS_IN = "stands_in"
"""The column of `with_stand_ins` that marks its copies."""

StandIns = Mapping[tuple[str, str, str, str], str]
"""Dataset, architecture, variant, method -> the variant of the cell of the same values (`cell.stand_ins`)."""


_STAND_IN_KEYS = (*SETTING, VARIANT, "method")


def rows_of_stand_ins(found: StandIns) -> list[dict[str, str]]:
    """Stand-ins as summary.json has them."""
    return [
        dict(zip(_STAND_IN_KEYS, key, strict=True)) | {"stands_in": standing}
        for key, standing in found.items()
    ]


def stand_ins_of_rows(rows: Iterable[Mapping[str, Any]]) -> StandIns:
    """The same read back."""
    return {tuple(row[key] for key in _STAND_IN_KEYS): row["stands_in"] for row in rows}


def with_stand_ins(frame: pd.DataFrame, found: StandIns) -> pd.DataFrame:
    """The matrix with copies of the rows that stand for a method in the settings of variants."""
    if VARIANT not in frame:
        return frame
    keys = [*SETTING, VARIANT]
    settings = set(frame[keys].itertuples(index=False, name=None))
    marked = frame.assign(**{STANDS_IN: False})
    rows = dict(iter(marked.groupby([*keys, "method"], sort=False)))
    copies = []
    for (*place_of, variant, method), standing in found.items():
        if (*place_of, variant) in settings:
            copy = rows[*place_of, standing, method].copy()
            copy[VARIANT], copy[STANDS_IN] = variant, True
            copies.append(copy)
    return pd.concat([marked, *copies], ignore_index=True)


def settings_compared(frame: pd.DataFrame, *methods: str) -> set[tuple[str, ...]]:
    """The settings of a matrix in which these methods meet, not all of them as stand-ins."""
    keys = setting(frame)
    if STANDS_IN not in frame and SOURCE not in frame:
        return set(frame[keys].itertuples(index=False, name=None))
    runs = frame[frame["method"].isin(methods)]
    groups = runs.groupby(keys, sort=False)
    meet = groups["method"].nunique() == runs["method"].nunique()
    if STANDS_IN in frame:
        meet &= ~groups[STANDS_IN].all()
    return set(meet.index[meet])


def design(frame: pd.DataFrame, method: str, opponent: str) -> Design:
    """How the runs of two methods are compared: as pairs if, in each setting, seeds are of one source."""
    if PAIRED_WITHIN not in frame:
        return "paired"
    runs = frame[frame["method"].isin([method, opponent])]
    groups = runs.groupby(setting(runs), sort=False)
    both = groups["method"].transform("nunique") == 2
    known = runs[PAIRED_WITHIN].notna() & (groups[PAIRED_WITHIN].transform("nunique") == 1)
    return "paired" if known[both].all() else "unpaired"


def compared(frame: pd.DataFrame, *methods: str) -> pd.DataFrame:
    """The rows of these settings."""
    if STANDS_IN not in frame and SOURCE not in frame:
        return frame
    places = pd.MultiIndex.from_frame(frame[setting(frame)])
    return frame[places.isin(settings_compared(frame, *methods))]


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the variant in the architecture's name, as readers are shown it."""
    if VARIANT not in table:
        return table
    names = zip(table["architecture"], table[VARIANT], strict=True)
    return table.assign(architecture=[place(*each) for each in names])


_BY_SETTING = ("groups", "curves", "comparisons", "controls", "divergence", "claims")
"""What of summary.json has rows by setting."""


def placed_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The summary with places for architectures."""
    if VARIANT not in summary["grid"]:
        return dict(summary)
    rows = {
        key: [row | {"architecture": place(row["architecture"], row.get(VARIANT))} for row in summary[key]]
        for key in _BY_SETTING
    }
    return {**summary, **rows}


LEAST_SHARE = 0.5
"""Of the way from the untrained generator's score to that of real data, which a run must have gone."""

LEARNED = "learned"
"""The matrix's column: true, false, or missing where it cannot be told."""


def learned(frame: pd.DataFrame, protocols: Protocols, floors: Sequence[Floor]) -> pd.Series:
    """For each row of the matrix, whether its run has learned; claims about methods that have not test noise.

    Judged by the dataset's first FID or energy distance, of the averaged weights where they are scored: it
    must be at least half way from the score of the run's own untrained generator to the floor, the score
    of real data that training did not see; to 0 where there is none. Missing where a run has no such scores:
    it diverged, or its recipe keeps no snapshots; and
    where real data score no better than the untrained generator.
    """
    real = {(row["dataset"], row["column"]): row["value"] or 0.0 for row in floors}
    found = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    for dataset, columns in protocols.items():
        score = leading(columns, distance=True)
        if score is None or (before := score.at("init").name) not in frame:
            continue
        rows = frame[(frame["dataset"] == dataset) & (frame["outcome"] == "completed")]
        start, end = rows[before], rows[score.name]
        way = start - real.get((dataset, score.at(None).name), 0.0)
        known = rows.index[start.notna() & end.notna() & (way > 0)]
        found[known] = (start - end)[known] >= LEAST_SHARE * way[known]
    return found


def teaching(frame: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """The rows of the settings in which at least one of the methods has learned, in half of its runs or more.

    A setting where nothing is known counts as one.
    """
    if LEARNED not in frame:
        return frame
    runs, keys = frame[frame["method"].isin(methods)], setting(frame)
    shares = runs.groupby([*keys, "method"], sort=False)[LEARNED].mean()
    best = shares.groupby(level=keys, sort=False).max()
    failed = best.index[(best < LEAST_SHARE).fillna(False)]
    return frame[~pd.MultiIndex.from_frame(frame[keys]).isin(failed)]
