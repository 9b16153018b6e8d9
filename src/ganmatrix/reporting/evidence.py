"""The results that a report is made of, read once."""

import json
from collections.abc import Callable, Collection, Container, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from ganmatrix.errors import UserError
from ganmatrix.reporting.catalogue.measure import Bounds
from ganmatrix.reporting.measures import CHANCE, bounds
from ganmatrix.results.assembled import NEEDED
from ganmatrix.results.matrix import IDENTITY, NOT_TRAINED

T = TypeVar("T", bound=Container[str])

_SUMMARY = (
    *NEEDED["summary"],
    *("absent", "diverged", "missing", "censored", "curves", "transfers", "comparisons", "controls"),
    *("pooled", "divergence", "claims", "published"),
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
    """`results/` and the folder with the cells' sample images."""

    matrix: pd.DataFrame
    history: pd.DataFrame
    claims: pd.DataFrame
    summary: dict[str, Any]
    cells: Path

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
        """The matrix rows of cells that are trained: in all but a preview, every row."""
        return self.matrix[self.matrix["outcome"] != NOT_TRAINED]

    @cached_property
    def _absent(self) -> set[tuple[str, str]]:
        return {(each["stage"], each["target"]) for each in self.summary["absent"]}

    def made(self, stage: str, cell: str) -> bool:
        """Whether these results rest on what the stage makes of a cell; its files may be older ones."""
        return self._absent.isdisjoint({("train", cell), (stage, cell)})

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
        """A column's values of the cells that completed, by seed."""
        rows = self.of(setting)
        rows = rows[(rows["method"] == method) & (rows["outcome"] == "completed")]
        return rows.set_index("seed")[column]

    def planned(self, setting: Setting, method: str) -> int:
        """How many cells of a method there are to be."""
        return int((self.of(setting)["method"] == method).sum())

    def beyond(self, setting: Setting, method: str, column: str) -> pd.Series:
        """What the censored values of a column are known to exceed, by seed."""
        known = {e["cell"]: e["beyond"] for e in self.summary["censored"] if e["column"] == column}
        rows = self.of(setting)
        rows = rows[(rows["method"] == method) & rows["cell"].isin(list(known))]
        return rows.set_index("seed")["cell"].map(known)

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


def read(results: str, cells: str) -> Evidence:
    """Read the results folder; UserError in one line if a table is missing or corrupt."""
    folder = Path(results)
    found = Evidence(
        matrix=_load(folder / "matrix.parquet", pd.read_parquet, NEEDED["matrix"]),
        history=_load(folder / "history.parquet", pd.read_parquet, IDENTITY),
        claims=_load(folder / "claims.parquet", pd.read_parquet, NEEDED["claims"]),
        summary=_load(folder / "summary.json", _document, _SUMMARY),
        cells=Path(cells),
    )
    if not _belong(found.matrix, found.summary):
        raise UserError(
            f"{folder / 'summary.json'} is of other cells than matrix.parquet beside it; "
            "run `ganmatrix assemble` again"
        )
    return found


def _belong(matrix: pd.DataFrame, summary: dict[str, Any]) -> bool:
    """Whether the summary counts and names the cells of the matrix."""
    outcomes = matrix["outcome"].value_counts()
    counts = {"total": len(matrix)} | {
        key: int(outcomes.get(key.replace("_", " "), 0)) for key in ("completed", "diverged", "not_trained")
    }
    grid = {axis: list(dict.fromkeys(matrix[axis].tolist())) for axis in IDENTITY[1:]}
    return bool(summary["cells"] == counts and summary["grid"] == grid)


def _document(path: Path) -> dict[str, Any]:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise ValueError("no object")
    return document


def _load(path: Path, reader: Callable[[Path], T], needed: Iterable[str]) -> T:
    """What a file holds; UserError in one line if it is missing, corrupt, or lacks what reports need."""
    try:
        found = reader(path)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; run `ganmatrix assemble` first") from None
    except (OSError, ValueError) as error:
        problem = str(error).splitlines()[0]
        raise UserError(f"{path} is corrupt ({problem}); run `ganmatrix assemble` again") from None
    if missing := [key for key in needed if key not in found]:
        raise UserError(
            f"{path} has no {missing[0]}; another version of ganmatrix made it, so run "
            "`ganmatrix assemble` again"
        )
    return found
