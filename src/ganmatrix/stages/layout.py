"""Where every artifact lies, relative to the folder that a run works in."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DataFiles:
    """`data/<dataset>/`, written by `prepare`."""

    folder: Path

    @property
    def arrays(self) -> dict[str, Path]:
        """The four arrays by name."""
        names = ("train", "train_labels", "held_out", "held_out_labels")
        return {name: self.folder / f"{name}.npy" for name in names}

    @property
    def card(self) -> Path:
        return self.folder / "card.json"


@dataclass(frozen=True)
class ReferenceFiles:
    """`references/<dataset>/`, written by `reference`."""

    folder: Path

    @property
    def statistics(self) -> Path:
        return self.folder / "statistics.safetensors"

    @property
    def card(self) -> Path:
        return self.folder / "card.json"


@dataclass(frozen=True)
class CellFiles:
    """`cells/<cell>/`: four files by `train`, two by `evaluate`, two by `probe`."""

    folder: Path

    @property
    def weights(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def history(self) -> Path:
        return self.folder / "history.parquet"

    @property
    def run(self) -> Path:
        return self.folder / "run.json"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.png"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.json"

    @property
    def neighbours(self) -> Path:
        return self.folder / "neighbours.png"

    @property
    def probes(self) -> Path:
        return self.folder / "probes.json"

    @property
    def attacks(self) -> Path:
        return self.folder / "attacks.png"


@dataclass(frozen=True)
class ResultFiles:
    """`results/`, written by `assemble`."""

    folder: Path

    @property
    def matrix(self) -> Path:
        return self.folder / "matrix.parquet"

    @property
    def matrix_csv(self) -> Path:
        return self.folder / "matrix.csv"

    @property
    def history(self) -> Path:
        return self.folder / "history.parquet"

    @property
    def curves(self) -> Path:
        return self.folder / "curves.parquet"

    @property
    def transfers(self) -> Path:
        return self.folder / "transfers.parquet"

    @property
    def claims(self) -> Path:
        return self.folder / "claims.parquet"

    @property
    def published(self) -> Path:
        return self.folder / "published.parquet"

    @property
    def latex(self) -> Path:
        return self.folder / "table.tex"

    @property
    def summary(self) -> Path:
        return self.folder / "summary.json"

    @property
    def metrics(self) -> Path:
        """What `dvc metrics` shows."""
        return self.folder / "metrics.json"

    @property
    def scores_over_steps(self) -> Path:
        """What `dvc plots` draws, as is the next."""
        return self.folder / "scores_over_steps.csv"

    @property
    def losses_over_steps(self) -> Path:
        return self.folder / "losses_over_steps.csv"


@dataclass(frozen=True)
class Layout:
    """All paths of one working folder (the project's root, or a scale's folder)."""

    root: Path = Path()

    @property
    def digests(self) -> Path:
        return self.root / "digests"

    def digest(self, name: str) -> Path:
        return self.digests / name

    def data(self, dataset: str) -> DataFiles:
        return DataFiles(self.root / "data" / dataset)

    def unfinished(self, dataset: str) -> Path:
        """Where a dataset grows while it is being prepared; no cell's id is `data`."""
        return self.root / "scratch" / "data" / dataset

    def reference(self, dataset: str) -> ReferenceFiles:
        return ReferenceFiles(self.root / "references" / dataset)

    @property
    def cells(self) -> Path:
        return self.root / "cells"

    def cell(self, cell_id: str) -> CellFiles:
        return CellFiles(self.cells / cell_id)

    def checksum(self, dataset: str, cell_id: str) -> Path:
        """By dataset, so that a stage can depend on the weights of one dataset's cells: on a folder."""
        return self.root / "checksums" / dataset / f"{cell_id}.sha256"

    def transfers(self, dataset: str) -> Path:
        return self.root / "transfers" / f"{dataset}.parquet"

    def scratch(self, cell_id: str) -> Path:
        return self.root / "scratch" / cell_id

    @property
    def results(self) -> ResultFiles:
        return ResultFiles(self.root / "results")

    @property
    def preview(self) -> "Layout":
        """Results and reports of an unfinished grid, which neither engine knows."""
        return Layout(self.root / "preview")

    def report(self, name: str) -> Path:
        return self.root / "reports" / f"{name}.html"
