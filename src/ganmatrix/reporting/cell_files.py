"""What the cells' own files say beyond the results: facts of the run, and why values are missing."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.measures import plain
from ganmatrix.results.matrix import COSTS

Document = dict[str, Any]

_FILES = {"train": "run.json", "evaluate": "metrics.json", "probe": "probes.json"}
"""By the verb that makes them."""

_NEEDED = {"train": ("reproducible", "this_run"), "evaluate": ("entries",), "probe": ("entries",)}
"""What is read of each, by the same verbs."""


KINDS = ("not trained", "diverged", "not measured", "not reached", "missing", "does not apply")
"""Why a cell may have no value, in the order in which tables count them."""


@dataclass(frozen=True)
class Lost:
    """Why a cell has no value: a word for tables, one of KINDS, and the whole reason."""

    kind: str
    reason: str


@dataclass(frozen=True)
class CellFacts:
    """A cell of the grid, whether or not it was run, scored and probed."""

    cell: Cell
    run: Document | None
    values: dict[str, float]
    """What the matrix has of it, by column."""

    entries: dict[str, Document]
    """What metrics.json and probes.json say of each column."""

    missing: tuple[str, ...]
    """The verbs that have not been run."""

    noted: dict[str, str]
    """What `assemble` noted of columns without a value."""

    @property
    def group(self) -> str:
        """The id that it shares with the other seeds."""
        return group_id(self.cell.dataset, self.cell.architecture, self.cell.method)

    @property
    def outcome(self) -> str:
        """Such as `completed` or `diverged at step 240: non-finite loss`."""
        if self.run is None:
            return "not trained"
        run = self.run["reproducible"]
        if run["outcome"] == "completed":
            return "completed"
        reason = str(run["outcome_reason"]).replace("non_", "non-").replace("_", " ")
        return f"{run['outcome']} at step {run['outcome_step']}: {reason}"

    @property
    def diverged(self) -> bool:
        return self.run is not None and bool(self.run["reproducible"]["outcome"] == "diverged")

    def lost(self, column: str) -> Lost:
        """Why the cell has no value in a column; only meaningful if it has none."""
        if self.run is None:
            return Lost("not trained", f"not trained; run `ganmatrix train {self.cell.id}`")
        if self.diverged:
            return Lost("diverged", self.outcome)
        entry = self.entries.get(column)
        if entry is None and self.missing:
            verbs = " and ".join(f"`ganmatrix {verb} {self.cell.id}`" for verb in self.missing)
            return Lost("not measured", f"not measured yet; run {verbs}")
        if entry is not None and entry.get("applies") is False:
            return Lost("does not apply", f"does not apply: {entry.get('reason')}")
        if entry is not None and entry.get("beyond") is not None:
            return Lost("not reached", f"not reached within {plain(float(entry['beyond']))}")
        reason = (entry or {}).get("reason") or self.noted.get(column)
        return Lost("missing", str(reason or "missing; no reason is on record"))


Found = dict[str, list[CellFacts]]
"""The cells of each group, seed by seed."""


def group_id(dataset: str, architecture: str, method: str) -> str:
    """A cell's id without its seed."""
    return f"{dataset}-{architecture}-{method}"


def read(evidence: Evidence) -> Found:
    """Every cell of the grid; UserError for a file that is there and corrupt."""
    noted: dict[str, dict[str, str]] = {}
    for row in evidence.summary["missing"]:
        noted.setdefault(row["cell"], {})[row["column"]] = row["reason"]
    values = _values(evidence.matrix)

    def facts(cell: Cell) -> CellFacts:
        documents = {
            verb: _document(evidence.cells, cell, verb) if evidence.made(verb, cell.id) else None
            for verb in _FILES
        }
        scores = [found["entries"] for verb in ("evaluate", "probe") if (found := documents[verb])]
        return CellFacts(
            cell=cell,
            run=documents["train"],
            values=values.get(cell.id, {}),
            entries={name: entry for of_file in scores for name, entry in of_file.items()},
            missing=tuple(verb for verb, document in documents.items() if document is None),
            noted=noted.get(cell.id, {}),
        )

    return {
        group_id(setting.dataset, setting.architecture, method): [
            facts(Cell(setting.dataset, setting.architecture, method, seed))
            for seed in evidence.summary["grid"]["seed"]
        ]
        for setting in evidence.settings
        for method in evidence.methods
    }


def tally(losses: Iterable[Lost]) -> str:
    """Such as `1 diverged, 2 not reached`, in one order everywhere."""
    counts = Counter(lost.kind for lost in losses)
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])


def _values(matrix: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The finite numbers of each cell; what a diverged one took is no cost, since it was cut short."""
    costs = matrix[COSTS].where(matrix["outcome"] == "completed")
    numbers = matrix.assign(**costs).set_index("cell").select_dtypes("float")
    finite = numbers.replace([math.inf, -math.inf], math.nan)
    return {
        str(cell): {str(name): float(value) for name, value in row.dropna().items()}
        for cell, row in finite.iterrows()
    }


def _document(folder: Path, cell: Cell, verb: str) -> Document | None:
    path = folder / cell.id / _FILES[verb]
    try:
        document: Document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is corrupt ({error}); run `ganmatrix {verb} {cell.id}` again") from None
    needed = _NEEDED[verb]
    if not isinstance(document, dict) or any(key not in document for key in needed):
        raise UserError(
            f"{path} is corrupt (without {' and '.join(needed)}); run `ganmatrix {verb} {cell.id}` again"
        )
    return document
