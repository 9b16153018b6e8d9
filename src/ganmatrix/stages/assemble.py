"""`ganmatrix assemble`: all runs of the grid into the tables of results/, with verdicts on the claims."""

import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import ValidationError

from ganmatrix.cell import Run, runs, stand_ins
from ganmatrix.errors import NotMade
from ganmatrix.making import Made
from ganmatrix.params import Params
from ganmatrix.plan import Plan
from ganmatrix.results import claims, latex, matrix, summary
from ganmatrix.results.aggregates import regions
from ganmatrix.results.artifacts import (
    PAIR_COLUMNS,
    RECEIVED,
    Absence,
    Artifact,
    Record,
    ReferenceCard,
    RunFile,
    Scores,
    Stage,
    TransferHeader,
    Transfers,
    check_columns,
    final_losses,
    floors,
    transfer_pairs,
    transfer_received,
)
from ganmatrix.results.import_runs import described
from ganmatrix.results.protocols import collect_protocols
from ganmatrix.results.published import beside_ours, published
from ganmatrix.stages.importing import Imports, trusted
from ganmatrix.store import tables
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import CARD, HISTORY, METRICS, PAIRS, PROBES, RUN
from ganmatrix.store.opening import Part

SHORT = "%.6g"
"""Numbers in plots need no more digits."""

Model = TypeVar("Model", bound=Artifact)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Gathered:
    """The artifacts of a grid, and what is still missing."""

    records: list[Record]
    """For each trained run, in the order of the grid."""
    tried: list[Transfers]
    """For each dataset and seed."""
    references: list[ReferenceCard]
    """For each dataset; in a preview for fewer."""
    absent: list[Absence]
    imports: Imports


def into(folder: Path, plan: Plan) -> Made:
    """Write the tables of the whole grid; UserError if an artifact is missing, damaged or not current."""
    write(folder, plan.params, gather(plan))
    return Made()


def gather(plan: Plan, tolerant: bool = False) -> Gathered:
    """The artifacts of the grid; NotMade for the first that is missing or not current.

    A tolerant reader records these as absent. UserError if runs lack columns that others have.
    """
    absent: list[Absence] = []

    def read(stage: Stage, target: str, reading: Callable[[], Found]) -> Found | None:
        try:
            return reading()
        except NotMade as error:
            if not tolerant:
                raise
            absent.append(Absence(stage, target, str(error)))
            return None

    def record(run: Run) -> Record | None:
        made = read("train", run.id, partial(_trained, run, plan))
        if made is None:
            return None
        metrics = read("evaluate", run.id, partial(_scores, run, plan, "evaluate", METRICS))
        return replace(
            made, metrics=metrics, probes=read("probe", run.id, partial(_scores, run, plan, "probe", PROBES))
        )

    records = [found for run in runs(plan.params) if (found := record(run))]
    check_columns(records, plan.layout)
    tried: dict[tuple[str, int], Transfers] = {}
    for dataset, seed in product(plan.targets("transfer"), plan.seeds):
        if table := read("transfer", f"{dataset}-{seed}", partial(_tried, dataset, seed, plan)):
            tried[dataset, seed] = table
    cards = []
    for dataset in plan.targets("reference"):
        # In a preview without it, the dataset's runs have no scores either, and are named for that reason.
        with suppress(NotMade) if tolerant else nullcontext():
            cards.append(plan.open("reference", dataset).parsed(CARD, _model(ReferenceCard)))
    whole = [_with_transfers(each, tried) for each in records]
    return Gathered(whole, list(tried.values()), cards, absent, trusted(plan.params))


def _with_transfers(record: Record, tried: dict[tuple[str, int], Transfers]) -> Record:
    found = tried.get((record.run.dataset, record.run.seed))
    if found is None:
        return record
    return replace(record, transfers={RECEIVED: transfer_received(found, record.run)})


def _trained(run: Run, plan: Plan) -> Record:
    """The run's facts from training. Its scores are read later."""
    part = plan.open("train", run.cell.id, run.seed)
    file = part.parsed(RUN, _model(RunFile))
    history = part.table(HISTORY).rows
    if "step" not in history:
        raise part.damaged(HISTORY, "it has no column step")
    losses = final_losses(history, file.reproducible)
    return Record(run, file, metrics=None, probes=None, transfers={}, final_losses=losses, history=history)


def _scores(run: Run, plan: Plan, stage: str, name: str) -> Scores:
    part: Part = plan.open(stage, run.cell.id, run.seed)
    scores = part.parsed(name, _model(Scores))
    if scores.run != run.id:
        raise part.damaged(name, f"it belongs to {scores.run}")
    return scores


def _tried(dataset: str, seed: int, plan: Plan) -> Transfers:
    part = plan.open("transfer", dataset, seed)
    table, content = part.table(PAIRS)
    header = part.parsed(PAIRS, lambda _: _valid(TransferHeader, content))
    if missing := [column for column in PAIR_COLUMNS if column not in table]:
        raise part.damaged(PAIRS, f"it has no column {missing[0]}")
    return Transfers(header, table)


def _model(model: type[Model]) -> Callable[[bytes], Model]:
    """A function that reads JSON as that model. ValueError if it is something else."""
    return lambda text: _valid(model, json.loads(text))


def _valid(model: type[Model], content: Any) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the document"
        raise ValueError(f"{key}: {first['msg']}") from None


def write(folder: Path, params: Params, gathered: Gathered) -> None:
    """Write matrix, histories, curves, transfers, claims, published numbers, and the files of DVC's plots."""
    records, absent, imported = gathered.records, gathered.absent, gathered.imports.runs
    measured = collect_protocols([*records, *imported], params.grid.datasets)
    frame = matrix.matrix(records, runs(params), imported)
    curves = matrix.curves(records)
    pairs = transfer_pairs(gathered.tried)
    real = floors(gathered.references)
    frame[matrix.LEARNED] = matrix.learned(frame, measured, real)
    censored = matrix.with_censored(frame, records)
    unfinished = {each.target for each in absent}
    reasons = {(gap["run"], gap["column"]): gap["reason"] for gap in summary.missing(records)}
    standing = stand_ins(params)
    settled = matrix.with_stand_ins(censored, standing)
    verdicts = claims.adjudicate(params.claims, settled, measured, unfinished, reasons, params)
    printed = beside_ours(published(), records, censored, measured, params.datasets)
    numbers = summary.summarise(
        records, censored, curves, pairs, measured, params.claims, absent, settled, imported
    )
    if params.imports:
        numbers["imports"] = described(params, imported, gathered.imports.digests)
    if params.variants:
        numbers |= regions(frame, measured, params) | {"stand_ins": matrix.rows_of_stand_ins(standing)}
    numbers["published"] = summary.rows(printed)
    numbers["floors"] = real
    numbers["ideas"] = summary.ideas(params.methods[name] for name in params.grid.methods)
    histories = matrix.history(records)
    for name, table in {
        "matrix": frame,
        "history": histories,
        "curves": curves,
        "transfers": pairs,
        "claims": verdicts,
        "published": printed,
    }.items():
        (folder / f"{name}.parquet").write_bytes(tables.pack(table))
    for name, text in {
        "summary.json": as_json(numbers),
        "metrics.json": as_json(summary.metrics(numbers["groups"], measured)),
        "matrix.csv": _csv(frame),
        "table.tex": latex.scores_table(censored, measured, numbers.get("imports", {})),
        "claims.tex": latex.claims_table(verdicts),
        "scores_over_steps.csv": _csv(summary.scores_over_steps(curves), SHORT),
        "losses_over_steps.csv": _csv(summary.losses_over_steps(histories, frame), SHORT),
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


def _csv(table: pd.DataFrame, number: str | None = None) -> str:
    """A table as CSV, numbers with all their digits or in the given format."""
    return str(table.to_csv(index=False, lineterminator="\n", float_format=number))
