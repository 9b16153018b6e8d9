"""`ganmatrix assemble`: all cells of the grid into the results matrix, with verdicts on the claims."""

from pathlib import Path
from typing import TypeVar

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from ganmatrix.cell import Cell, expand
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.results import claims, completeness, matrix, protocols, summary
from ganmatrix.results.artifacts import Artifact, Record, Run, Scores
from ganmatrix.stages.files import corrupt, read_json, replacing, require, write_json
from ganmatrix.stages.layout import Layout

Model = TypeVar("Model", bound=Artifact)


def run(params_path: Path, layout: Layout) -> list[Path]:
    """Write `results/`: matrix, history, curves, claims and summary.

    Everything is read and computed before the first file is written, so that a missing or corrupt
    artifact leaves the previous results untouched.
    """
    params, _ = load(params_path)
    records = [_read(cell, layout) for cell in expand(params)]
    completeness.check(records)
    measured = protocols.collect(records)
    frame = matrix.matrix(records)
    curves = matrix.curves(records)
    verdicts = claims.adjudicate(params.claims, frame, measured)
    numbers = summary.summarise(records, frame, curves, measured, params.claims)
    results = layout.results
    tables = {
        results.matrix: frame,
        results.history: matrix.history(records),
        results.curves: curves,
        results.claims: verdicts,
    }
    for path, table in tables.items():
        _write_parquet(path, table)
    write_json(results.summary, numbers)
    return [*tables, results.summary]


def _read(cell: Cell, layout: Layout) -> Record:
    files = layout.cell(cell.id)
    trained = _parse(Run, files.run, "train", cell)
    return Record(
        cell=cell,
        run=trained,
        metrics=_parse_scores(files.metrics, "evaluate", cell, trained),
        probes=_parse_scores(files.probes, "probe", cell, trained),
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
    try:
        artifact = model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the document"
        raise corrupt(path, f"{key}: {first['msg']}", maker) from None
    if content["cell"] != cell.id:
        raise corrupt(path, f"it belongs to {content['cell']}", maker)
    return artifact


def _read_history(path: Path, cell: Cell) -> pd.DataFrame:
    maker = f"train {cell.id}"
    require(path, maker)
    try:
        history: pd.DataFrame = pq.read_table(path, partitioning=None).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise corrupt(path, str(error).splitlines()[0], maker) from None
    if "step" not in history:
        raise corrupt(path, "it has no column step", maker)
    return history


def _write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table whose bytes depend on its values alone: without pandas's own metadata."""
    content = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata()
    with replacing(path) as temporary:
        pq.write_table(content, temporary)
