"""Reading what the stages have made of a grid: all of it, or as much as there is so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import pandas as pd
from pydantic import ValidationError

from ganmatrix.cell import Cell, expand, resolved
from ganmatrix.errors import NotMade
from ganmatrix.params import Params
from ganmatrix.results import transfers
from ganmatrix.results.artifacts import (
    Absence,
    Artifact,
    Record,
    Run,
    Scores,
    Stage,
    TransferHeader,
    Transfers,
)
from ganmatrix.results.final_losses import final_losses
from ganmatrix.stages.files import corrupt, read_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.tables import read_table

Model = TypeVar("Model", bound=Artifact)
Found = TypeVar("Found")
Given = ParamSpec("Given")


@dataclass(frozen=True)
class Gathered:
    """The artifacts of a grid, and what is still to come of it."""

    records: list[Record]
    """Of the cells that are trained, in the order of the grid."""
    tried: list[Transfers]
    absent: list[Absence]


def everything(params: Params, layout: Layout) -> Gathered:
    """All artifacts of the grid; UserError for the first that is missing, corrupt, or made from others."""
    return _gather(params, layout, {}, _Reader(tolerant=False))


def so_far(params: Params, layout: Layout, data: Mapping[str, str]) -> Gathered:
    """The artifacts that are there and belong together; UserError for the first that is corrupt.

    `data` is the hash of the data that each dataset has now. What was trained on others is still to come.
    """
    return _gather(params, layout, data, _Reader(tolerant=True))


@dataclass
class _Reader:
    """Reads artifacts; a tolerant one notes what is not made where the other gives up."""

    tolerant: bool
    absent: list[Absence] = field(default_factory=list)

    def read(
        self,
        stage: Stage,
        target: str,
        reading: Callable[Given, Found],
        *args: Given.args,
        **options: Given.kwargs,
    ) -> Found | None:
        """What `reading` returns; None where that is noted as absent."""
        try:
            return reading(*args, **options)
        except NotMade as error:
            if not self.tolerant:
                raise
            self.absent.append(Absence(stage, target, str(error)))
            return None


def _gather(params: Params, layout: Layout, data: Mapping[str, str], reader: _Reader) -> Gathered:
    found = [
        record
        for cell in expand(params)
        if (record := reader.read("train", cell.id, _read_cell, cell, params, layout, data, reader))
    ]
    tried = {}
    for dataset in params.grid.datasets:
        trained = {
            record.cell.id: record.run.reproducible.weights_sha256
            for record in found
            if record.cell.dataset == dataset
        }
        if table := reader.read("transfer", dataset, _read_transfers, dataset, trained, layout):
            tried[dataset] = table
    records = [
        replace(record, transfers={transfers.RECEIVED: transfers.received(tried[dataset], record.cell)})
        if (dataset := record.cell.dataset) in tried
        else record
        for record in found
    ]
    return Gathered(records, list(tried.values()), reader.absent)


def _read_cell(
    cell: Cell, params: Params, layout: Layout, data: Mapping[str, str], reader: _Reader
) -> Record:
    """What a cell's own files say; NotMade if it is not trained, or was with other params or data."""
    files = layout.cell(cell.id)
    run = _parse(Run, files.run, "train", cell)
    trained, now = run.reproducible, resolved(params, cell)
    other = [f"another {section}" for section in now if trained.params.get(section) != now[section]]
    if data.get(cell.dataset, trained.data_sha256) != trained.data_sha256:
        other.append("other data")
    if other:
        raise NotMade(
            f"{cell.id} was trained with {other[0]} than there is now; run `ganmatrix train {cell.id}` again"
        )
    history = _read_history(files.history, cell)
    return Record(
        cell=cell,
        run=run,
        history=history,
        final_losses=final_losses(history, trained),
        metrics=reader.read("evaluate", cell.id, _read_scores, files.metrics, "evaluate", cell, run),
        probes=reader.read("probe", cell.id, _read_scores, files.probes, "probe", cell, run),
        transfers={},
    )


def _read_scores(path: Path, verb: str, cell: Cell, trained: Run) -> Scores:
    """The scores at `path`; NotMade if they are those of other weights than were trained."""
    scores = _parse(Scores, path, verb, cell)
    if scores.weights_sha256 != trained.reproducible.weights_sha256:
        raise NotMade(
            f"{path} was made from other weights than run.json names; run `ganmatrix {verb} {cell.id}` again"
        )
    return scores


def _read_history(path: Path, cell: Cell) -> pd.DataFrame:
    maker = f"train {cell.id}"
    history, _ = read_table(path, maker)
    if "step" not in history:
        raise corrupt(path, "it has no column step", maker)
    return history


def _read_transfers(dataset: str, trained: Mapping[str, str], layout: Layout) -> Transfers:
    """NotMade unless the attacks were tried on what was trained, all of it and nothing else.

    `trained` is the hash of each cell's weights.
    """
    path, maker = layout.transfers(dataset), f"transfer {dataset}"
    table, content = read_table(path, maker)
    header = _validated(TransferHeader, content, path, maker)
    if missing := [column for column in transfers.COLUMNS if column not in table]:
        raise corrupt(path, f"it has no column {missing[0]}", maker)
    if header.dataset != dataset:
        raise corrupt(path, f"it belongs to {header.dataset}", maker)
    if header.weights_sha256 != trained:
        raise NotMade(
            f"{path} was made from other cells or weights than the grid and their run.json name; "
            f"run `ganmatrix {maker}` again"
        )
    return Transfers(header, table)


def _parse(model: type[Model], path: Path, verb: str, cell: Cell) -> Model:
    """The artifact at `path`, checked; NotMade if it is missing, UserError if corrupt or another cell's."""
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
