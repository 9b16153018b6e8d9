"""The results that a report is made of, read once."""

from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from ganmatrix.cell import Cell, Run
from ganmatrix.columns import Bounds, Column, ordered
from ganmatrix.errors import NotMade, UserError
from ganmatrix.reporting.numbers import CHANCE, bounds
from ganmatrix.results.artifacts import NEEDED
from ganmatrix.results.matrix import (
    COSTS,
    IDENTITY,
    LEARNED,
    NOT_TRAINED,
    SOURCE,
    VARIANT,
    placed,
    placed_summary,
    stand_ins_of_rows,
    with_stand_ins,
)
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


_NO_RUNS = dict.fromkeys(("mean", "sd", "low", "high", "noise")) | {"n": 0, "missing": 0, "censored": 0}


@dataclass(frozen=True)
class Setting:
    """A dataset and an architecture: what a comparison between methods holds fixed.

    Pages have a variant in the architecture's name: `conventional (slow)`.
    """

    dataset: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.dataset} x {self.architecture}"

    def covers(self, row: dict[str, Any]) -> bool:
        """Whether a row of the summary belongs to this setting."""
        return bool(row["dataset"] == self.dataset and row["architecture"] == self.architecture)


@dataclass(frozen=True)
class ReportData:
    """`results/`, and where the cells' own files lie.

    In tables and rows of the summary the architecture is the place: with the variant, where there is one.
    """

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
        """Those without variants: figures show them. Of the grid each has all methods."""
        known = {*self.all_settings}
        return [s for d in self.datasets for a in self.architectures if (s := Setting(d, a)) in known]

    @property
    def all_settings(self) -> list[Setting]:
        """Those of variants too, which may lack methods."""
        rows = self.matrix[["dataset", "architecture"]].drop_duplicates().itertuples(index=False, name=None)
        known = {Setting(*row) for row in rows}
        return [s for d in self.datasets for p in self.places if (s := Setting(d, p)) in known]

    @cached_property
    def places(self) -> list[str]:
        """Architectures, each with its variants after it."""
        found = dict.fromkeys(self.matrix["architecture"])
        return [p for a in self.architectures for p in found if p.partition(" (")[0] == a]

    @cached_property
    def cells(self) -> dict[tuple[str, str, str], Cell]:
        """By dataset, place and method."""
        keys = ["dataset", "architecture", "method", "cell"]
        rows = self.matrix[keys].drop_duplicates().itertuples(index=False, name=None)
        return {(dataset, at, method): Cell.of(cell) for dataset, at, method, cell in rows}

    def cells_on(self, dataset: str) -> list[Cell]:
        """The cells on a dataset, place by place."""
        return [
            self.cells[key]
            for key in ((dataset, at, method) for at in self.places for method in self.methods)
            if key in self.cells
        ]

    @property
    def trained(self) -> pd.DataFrame:
        """The matrix rows of runs that were trained here: in all but a preview, every row of the grid."""
        return self.planned_here[self.planned_here["outcome"] != NOT_TRAINED]

    @property
    def planned_here(self) -> pd.DataFrame:
        """The matrix rows of the grid: all but those that were imported."""
        return self.matrix[self.matrix[SOURCE] == ""] if SOURCE in self.matrix else self.matrix

    @property
    def imports(self) -> dict[str, dict[str, Any]]:
        """What the summary says of each import, by name."""
        return self.summary.get("imports", {})

    @cached_property
    def sources(self) -> dict[str, str]:
        """The import of each cell that has one, by the cell's id."""
        if SOURCE not in self.matrix:
            return {}
        rows = self.matrix[self.matrix[SOURCE] != ""]
        return dict(zip(rows["cell"], rows[SOURCE], strict=True))

    def source(self, cell: str) -> str:
        """Whose the runs of a cell are: `imported (example): who measured it`; nothing if they are ours."""
        if (name := self.sources.get(cell)) is None:
            return ""
        return f"imported ({name}): {self.imports[name]['source']}"

    @cached_property
    def seeds(self) -> dict[str, list[int]]:
        """The seeds of each cell, by its id."""
        return {str(cell): rows["seed"].tolist() for cell, rows in self.matrix.groupby("cell", sort=False)}

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
        """A column's estimate over seeds, by method; of no value if a method has no runs in the setting."""
        found = {
            row["method"]: row
            for row in self.summary["groups"]
            if setting.covers(row) and row["column"] == column
        }
        return {method: found.get(method, _NO_RUNS) for method in self.methods} if found else {}

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

    def all_columns(self, dataset: str) -> list[Column]:
        """What was measured on a dataset, costs at the end."""
        return ordered([*self.columns(dataset), *COSTS])

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
        return _rows_of(self.matrix, setting)

    def settled(self, setting: Setting) -> pd.DataFrame:
        """The same with the runs that stand for methods which the setting's variant leaves as they are."""
        return _rows_of(self._settled, setting)

    @cached_property
    def _settled(self) -> pd.DataFrame:
        if VARIANT not in self.matrix:
            return self.matrix
        plain = self.matrix.assign(architecture=[Cell.of(cell).architecture for cell in self.matrix["cell"]])
        return placed(with_stand_ins(plain, stand_ins_of_rows(self.summary["stand_ins"])))


def read(folder: str, root: str, params: str) -> ReportData:
    """Read `results/` of one working folder; the cells' own files are those of the folder `root`.

    `params` is the params file that works there, if it is another than params.yaml: commands name it.

    UserError in one line if results or their manifest are missing, damaged, or of another version.
    """
    file = Path(params) if params else None
    part = opening.part(Layout(Path(folder), file), "assemble")
    matrix = _complete(
        part, "matrix.parquet", part.table("matrix.parquet").rows, (*NEEDED["matrix"], LEARNED)
    )
    history = _complete(part, "history.parquet", part.table("history.parquet").rows, IDENTITY)
    return ReportData(
        matrix=placed(matrix),
        history=placed(history),
        claims=_complete(part, "claims.parquet", part.table("claims.parquet").rows, NEEDED["claims"]),
        summary=placed_summary(_complete(part, "summary.json", part.json("summary.json"), _SUMMARY)),
        layout=Layout(Path(root), file),
    )


def _rows_of(rows: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    return rows[(rows["dataset"] == setting.dataset) & (rows["architecture"] == setting.architecture)]


def _complete(part: Part, name: str, found: T, needed: Iterable[str]) -> T:
    """The content of a file; UserError if it lacks what reports need."""
    if missing := [key for key in needed if key not in found]:
        raise UserError(
            f"{part.folder / name} has no {missing[0]}; another version of ganmatrix made it, so run "
            f"`{part.command}` again"
        )
    return found
