"""What the runs' own files say beyond the results: how each run went, and why values are missing."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ganmatrix.cell import Run
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.numbers import plain
from ganmatrix.results.artifacts import NO_VARIANTS, RECEIVED
from ganmatrix.results.matrix import COSTS
from ganmatrix.store.layout import METRICS, PROBES, RUN, Layout

Document = dict[str, Any]

_FILES = {"train": RUN, "evaluate": METRICS, "probe": PROBES}
"""By the verb that makes them."""

KINDS = ("not trained", "diverged", "not measured", "not reached", "missing", "does not apply")
"""Why a run may have no value, in the order in which tables count them."""


@dataclass(frozen=True)
class Lost:
    """Why a run has no value: a word for tables, one of KINDS, and the whole reason."""

    kind: str
    reason: str


@dataclass(frozen=True)
class RunFacts:
    """A run of the grid, whether or not it was trained, scored and probed."""

    run: Run
    layout: Layout
    """Where its files lie."""

    file: Document | None
    """run.json."""

    values: dict[str, float]
    """What the matrix has of it, by column."""

    entries: dict[str, Document]
    """What metrics.json and probes.json say of each column."""

    missing: tuple[str, ...]
    """The verbs that have not been run."""

    attacked: bool
    """Whether attacks made on other runs were tried on it."""

    noted: dict[str, str]
    """What `assemble` noted of columns without a value."""

    @property
    def outcome(self) -> str:
        """Such as `completed` or `diverged at step 240: non-finite loss`."""
        if self.file is None:
            return "not trained"
        trained = self.file["reproducible"]
        if trained["outcome"] == "completed":
            return "completed"
        reason = str(trained["outcome_reason"]).replace("non_", "non-").replace("_", " ")
        return f"{trained['outcome']} at step {trained['outcome_step']}: {reason}"

    @property
    def diverged(self) -> bool:
        return self.file is not None and bool(self.file["reproducible"]["outcome"] == "diverged")

    def lost(self, column: str) -> Lost:
        """Why the run has no value in a column; only meaningful if it has none."""
        if self.file is None:
            return Lost("not trained", f"not trained; run {self._maker('train')}")
        if self.diverged:
            return Lost("diverged", self.outcome)
        if column == RECEIVED and self.run.variant:
            return Lost("does not apply", f"does not apply: {NO_VARIANTS}")
        if column == RECEIVED and not self.attacked:
            return Lost("not measured", f"not measured yet; run {self._maker('transfer')}")
        entry = self.entries.get(column)
        if entry is None and self.missing:
            verbs = " and ".join(map(self._maker, self.missing))
            return Lost("not measured", f"not measured yet; run {verbs}")
        if entry is not None and entry.get("applies") is False:
            return Lost("does not apply", f"does not apply: {entry.get('reason')}")
        if entry is not None and entry.get("beyond") is not None:
            return Lost("not reached", f"not reached within {plain(float(entry['beyond']))}")
        reason = (entry or {}).get("reason") or self.noted.get(column)
        return Lost("missing", str(reason or "missing; no reason is on record"))

    def _maker(self, verb: str) -> str:
        target = self.run.dataset if verb == "transfer" else self.run.cell.id
        return f"`{self.layout.command(verb, target)}`"


Found = dict[str, list[RunFacts]]
"""The runs of each cell by its id, seed by seed."""


def read(evidence: Evidence) -> Found:
    """Every run of the grid; UserError for a file that is not what its manifest lists."""
    noted: dict[str, dict[str, str]] = {}
    for row in evidence.summary["missing"]:
        noted.setdefault(row["run"], {})[row["column"]] = row["reason"]
    values = _values(evidence.matrix)

    def facts(run: Run) -> RunFacts:
        documents = {verb: _document(evidence, verb, run) for verb in _FILES}
        scores = [found["entries"] for verb in ("evaluate", "probe") if (found := documents[verb])]
        return RunFacts(
            run=run,
            layout=evidence.layout,
            file=documents["train"],
            values=values.get(run.id, {}),
            entries={name: entry for of_file in scores for name, entry in of_file.items()},
            missing=tuple(verb for verb, document in documents.items() if document is None),
            attacked=not evidence.awaits("transfer", f"{run.dataset}-{run.seed}"),
            noted=noted.get(run.id, {}),
        )

    cells = (cell for dataset in evidence.datasets for cell in evidence.cells_on(dataset))
    return {cell.id: [facts(cell.run(seed)) for seed in evidence.summary["grid"]["seed"]] for cell in cells}


def tally(losses: Iterable[Lost]) -> str:
    """Such as `1 diverged, 2 not reached`, in one order everywhere."""
    counts = Counter(lost.kind for lost in losses)
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])


def _values(matrix: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The finite numbers of each run; what a diverged one took is no cost, since it was cut short."""
    costs = matrix[COSTS].where(matrix["outcome"] == "completed")
    numbers = matrix.assign(**costs).set_index("run").select_dtypes("float")
    finite = numbers.replace([math.inf, -math.inf], math.nan)
    return {
        str(run): {str(name): float(value) for name, value in row.dropna().items()}
        for run, row in finite.iterrows()
    }


def _document(evidence: Evidence, verb: str, run: Run) -> Document | None:
    """What the verb's file says of a run; None if the verb is still to be run."""
    part = evidence.part(verb, run)
    return None if part is None else dict(part.json(_FILES[verb]))
