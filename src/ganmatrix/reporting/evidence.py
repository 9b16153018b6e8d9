"""The results that a report is made of, read once."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from ganmatrix.cell import Run
from ganmatrix.errors import NotMade, UserError
from ganmatrix.reporting.catalogue.measure import Bounds
from ganmatrix.reporting.measures import CHANCE, bounds
from ganmatrix.results.assembled import NEEDED
from ganmatrix.results.learned import LEARNED
from ganmatrix.results.matrix import IDENTITY, NOT_TRAINED
from ganmatrix.store import opening
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import Manifest
from ganmatrix.store.opening import Part

T = TypeVar("T", bound=Container[str])

_SUMMARY = (
    *NEEDED["summary"],
    *("absent", "diverged", "missing", "censored", "curves", "transfers", "comparisons", "controls"),
    *("pooled", "divergence", "descriptive", "claims", "published", "floors"),
)
"""What reports read of summary.json."""


@dataclass(frozen=True)
class Setting:
    """A dataset and an architecture: what a comparison between methods holds fixed."""

    dataset: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.dataset} x {self.architecture}"

    def covers(self, row: dict[str, Any]) -> bool:
        """Whether a row of the summary belongs to this setting."""
        return bool(row["dataset"] == self.dataset and row["architecture"] == self.architecture)


@dataclass(frozen=True)
class Evidence:
    """`results/`, and where the cells' own files lie."""

    matrix: pd.DataFrame
    history: pd.DataFrame
    claims: pd.DataFrame
    summary: dict[str, Any]
    layout: Layout
    _manifests: dict[tuple[str, str], Manifest | None] = field(default_factory=dict, repr=False)
    """Those that were read, by stage and cell; None where there is none."""

    @property
    def methods(self) -> list[str]:
        return list(self.summary["grid"]["method"])

    @property
    def datasets(self) -> list[str]:
        return list(self.summary["grid"]["dataset"])

    @property
    def architectures(self) -> list[str]:
        return list(self.summary["grid"]["architecture"])

    @property
    def settings(self) -> list[Setting]:
        return [Setting(d, a) for d in self.datasets for a in self.architectures]

    @property
    def trained(self) -> pd.DataFrame:
        """The matrix rows of runs that are trained: in all but a preview, every row."""
        return self.matrix[self.matrix["outcome"] != NOT_TRAINED]

    @cached_property
    def _absent(self) -> set[tuple[str, str]]:
        return {(each["stage"], each["target"]) for each in self.summary["absent"]}

    def awaits(self, stage: str, target: str) -> bool:
        """Whether a stage is still to come, of a run or of `<dataset>-<seed>`: only so in a preview."""
        return (stage, target) in self._absent

    def part(self, stage: str, run: Run) -> Part | None:
        """What a stage has made of a run.

        None if there is nothing, or older files on which these results do not rest.
        """
        if self.awaits("train", run.id) or self.awaits(stage, run.id):
            return None
        found = self._manifest(stage, run.cell.id)
        return opening.part_of(found, self.layout, run.seed) if found and run.seed in found.entries else None

    def _manifest(self, stage: str, cell: str) -> Manifest | None:
        key = (stage, cell)
        if key not in self._manifests:
            try:
                self._manifests[key] = opening.read_manifest(self.layout, *key)
            except NotMade:
                self._manifests[key] = None
        return self._manifests[key]

    @property
    def baselines(self) -> dict[str, str]:
        """What each method is compared with; the grid's first method with nothing, unless a claim says so."""
        return {row["method"]: row["baseline"] for row in self.summary["comparisons"]}

    def groups(self, setting: Setting, column: str) -> dict[str, dict[str, Any]]:
        """A column's estimate over seeds, by method."""
        return {
            row["method"]: row
            for row in self.summary["groups"]
            if setting.covers(row) and row["column"] == column
        }

    def curves(self, setting: Setting, columns: Collection[str]) -> pd.DataFrame:
        """Points of these columns' curves with their estimates over seeds; no rows where there are none."""
        rows = [row for row in self.summary["curves"] if setting.covers(row) and row["column"] in columns]
        points = pd.DataFrame(rows, columns=["method", "column", "axis", "at", "mean", "low", "high", "n"])
        return points.astype({"mean": float, "low": float, "high": float})

    def values(self, setting: Setting, method: str, column: str) -> pd.Series:
        """A column's values of the runs that completed, by seed."""
        rows = self.of(setting)
        rows = rows[(rows["method"] == method) & (rows["outcome"] == "completed")]
        return rows.set_index("seed")[column]

    def planned(self, setting: Setting, method: str) -> int:
        """How many runs of a method there are to be."""
        return int((self.of(setting)["method"] == method).sum())

    def beyond(self, setting: Setting, method: str, column: str) -> pd.Series:
        """What the censored values of a column are known to exceed, by seed."""
        known = {e["run"]: e["beyond"] for e in self.summary["censored"] if e["column"] == column}
        rows = self.of(setting)
        rows = rows[(rows["method"] == method) & rows["run"].isin(list(known))]
        return rows.set_index("seed")["run"].map(known)

    def columns(self, dataset: str) -> list[str]:
        """The columns measured on a dataset."""
        return list(self.summary["protocols"][dataset])

    def bounds(self, dataset: str, column: str) -> Bounds:
        """What the mean of a column can be on a dataset."""
        return bounds(column, self.summary["protocols"][dataset].get(column, {}))

    def guessing(self, setting: Setting) -> list[str]:
        """The methods whose D tells real from fake no better than chance, where that was measured."""
        return [
            row["method"]
            for row in self.summary["groups"]
            if setting.covers(row)
            and row["column"] == "clean_auroc"
            and row["mean"] is not None
            and row["mean"] <= CHANCE
        ]

    def of(self, setting: Setting) -> pd.DataFrame:
        """The matrix rows of one setting."""
        rows = self.matrix
        return rows[(rows["dataset"] == setting.dataset) & (rows["architecture"] == setting.architecture)]


def read(folder: str, root: str, params: str) -> Evidence:
    """Read `results/` of one working folder; the cells' own files are those of the folder `root`.

    `params` is the params file that works there, if it is another than params.yaml: commands name it.

    UserError in one line if results or their manifest are missing, damaged, or of another version.
    """
    file = Path(params) if params else None
    part = opening.part(Layout(Path(folder), file), "assemble")
    return Evidence(
        matrix=_complete(
            part, "matrix.parquet", part.table("matrix.parquet").rows, (*NEEDED["matrix"], LEARNED)
        ),
        history=_complete(part, "history.parquet", part.table("history.parquet").rows, IDENTITY),
        claims=_complete(part, "claims.parquet", part.table("claims.parquet").rows, NEEDED["claims"]),
        summary=_complete(part, "summary.json", part.json("summary.json"), _SUMMARY),
        layout=Layout(Path(root), file),
    )


def _complete(part: Part, name: str, found: T, needed: Iterable[str]) -> T:
    """The content of a file; UserError if it lacks what reports need."""
    if missing := [key for key in needed if key not in found]:
        raise UserError(
            f"{part.folder / name} has no {missing[0]}; another version of ganmatrix made it, so run "
            f"`{part.command}` again"
        )
    return found
