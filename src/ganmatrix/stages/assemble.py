"""`ganmatrix assemble`: all cells of the grid into the results matrix, with verdicts on the claims."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
from pydantic import ValidationError

from ganmatrix.cell import Cell, expand
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.results import claims, completeness, latex, matrix, protocols, summary, transfers
from ganmatrix.results.artifacts import Artifact, Record, Run, Scores, TransferHeader, Transfers
from ganmatrix.results.comparability import beside_ours
from ganmatrix.results.published import published
from ganmatrix.stages.files import corrupt, read_json, write_json, write_text
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.tables import read_table, write_table

Model = TypeVar("Model", bound=Artifact)


def run(params_path: Path, layout: Layout) -> list[Path]:
    """Write `results/`: matrix, history, curves, transfers, claims, published numbers and summary.

    Everything is read and computed before the first file is written, so that a missing or corrupt
    artifact leaves the previous results untouched.
    """
    params, _ = load(params_path)
    tried = {dataset: _read_transfers(dataset, layout) for dataset in params.grid.datasets}
    records = [_read(cell, layout, tried[cell.dataset]) for cell in expand(params)]
    for dataset, found in tried.items():
        _check_weights(found, [record for record in records if record.cell.dataset == dataset], layout)
    completeness.check(records)
    measured = protocols.collect(records)
    frame = matrix.matrix(records)
    curves = matrix.curves(records)
    pairs = transfers.pairs(tried.values())
    censored = matrix.with_censored(frame, records)
    verdicts = claims.adjudicate(params.claims, censored, measured)
    printed = beside_ours(published(), records, censored, measured, params.datasets)
    numbers = summary.summarise(records, censored, curves, pairs, measured, params.claims)
    numbers["published"] = summary.rows(printed)
    results = layout.results
    tables = {
        results.matrix: frame,
        results.history: matrix.history(records),
        results.curves: curves,
        results.transfers: pairs,
        results.claims: verdicts,
        results.published: printed,
    }
    for path, table in tables.items():
        write_table(path, table)
    write_text(results.matrix_csv, frame.to_csv(index=False, lineterminator="\n"))
    write_text(results.latex, latex.table(censored, measured))
    write_json(results.summary, numbers)
    return [*tables, results.matrix_csv, results.latex, results.summary]


def _read(cell: Cell, layout: Layout, tried: Transfers) -> Record:
    files = layout.cell(cell.id)
    trained = _parse(Run, files.run, "train", cell)
    return Record(
        cell=cell,
        run=trained,
        metrics=_parse_scores(files.metrics, "evaluate", cell, trained),
        probes=_parse_scores(files.probes, "probe", cell, trained),
        transfers={transfers.RECEIVED: transfers.received(tried, cell)},
        history=_read_history(files.history, cell),
    )


def _parse_scores(path: Path, verb: str, cell: Cell, trained: Run) -> Scores:
    """The scores at `path`; UserError if they are those of other weights than were trained."""
    scores = _parse(Scores, path, verb, cell)
    if scores.weights_sha256 != trained.reproducible.weights_sha256:
        raise UserError(
            f"{path} was made from other weights than run.json names; run `ganmatrix {verb} {cell.id}` again"
        )
    return scores


def _parse(model: type[Model], path: Path, verb: str, cell: Cell) -> Model:
    """The artifact at `path`, checked; UserError if it is missing, corrupt or another cell's."""
    maker = f"{verb} {cell.id}"
    content = read_json(path, maker)
    artifact = _validated(model, content, path, maker)
    if content["cell"] != cell.id:
        raise corrupt(path, f"it belongs to {content['cell']}", maker)
    return artifact


def _validated(model: type[Model], content: Any, path: Path, maker: str) -> Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the document"
        raise corrupt(path, f"{key}: {first['msg']}", maker) from None


def _read_history(path: Path, cell: Cell) -> pd.DataFrame:
    maker = f"train {cell.id}"
    history, _ = read_table(path, maker)
    if "step" not in history:
        raise corrupt(path, "it has no column step", maker)
    return history


def _read_transfers(dataset: str, layout: Layout) -> Transfers:
    path, maker = layout.transfers(dataset), f"transfer {dataset}"
    table, content = read_table(path, maker)
    header = _validated(TransferHeader, content, path, maker)
    if missing := [column for column in transfers.COLUMNS if column not in table]:
        raise corrupt(path, f"it has no column {missing[0]}", maker)
    if header.dataset != dataset:
        raise corrupt(path, f"it belongs to {header.dataset}", maker)
    return Transfers(header, table)


def _check_weights(tried: Transfers, records: Sequence[Record], layout: Layout) -> None:
    """UserError unless the attacks were tried on what was trained, all of it and nothing else."""
    trained = {record.cell.id: record.run.reproducible.weights_sha256 for record in records}
    if tried.header.weights_sha256 != trained:
        dataset = tried.header.dataset
        raise UserError(
            f"{layout.transfers(dataset)} was made from other cells or weights than the grid and their "
            f"run.json name; run `ganmatrix transfer {dataset}` again"
        )
