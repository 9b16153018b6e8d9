"""The grid: a cell is a dataset, an architecture and a method; its runs are the seeds."""

import difflib
import itertools
from dataclasses import dataclass, field
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.params import Params


@dataclass(frozen=True, order=True)
class Cell:
    """One configuration. Its id joins the three names with `-`, which no name contains."""

    dataset: str
    architecture: str
    method: str
    streams: str = field(default="", compare=False)
    """What sets the cell's random numbers apart from those of other methods."""

    @property
    def id(self) -> str:
        """`{dataset}-{architecture}-{method}`, the suffix that DVC's matrix gives too."""
        return f"{self.dataset}-{self.architecture}-{self.method}"

    def run(self, seed: int) -> "Run":
        """The cell's run with that seed."""
        return Run(self.dataset, self.architecture, self.method, seed, self.streams)


@dataclass(frozen=True, order=True)
class Run:
    """One training run: a cell and a seed. The runs of a cell are its replicates."""

    dataset: str
    architecture: str
    method: str
    seed: int
    streams: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """`{dataset}-{architecture}-{method}-{seed}`."""
        return f"{self.cell.id}-{self.seed}"

    @property
    def cell(self) -> Cell:
        """The configuration that the run replicates."""
        return Cell(self.dataset, self.architecture, self.method, self.streams)


def expand(params: Params) -> list[Cell]:
    """All cells of the grid, datasets outermost and methods innermost."""
    grid = params.grid
    own = {name: f"/{name}" for name in grid.methods if params.methods[name].streams == "own"}
    return [
        Cell(*names, streams=own.get(names[-1], ""))
        for names in itertools.product(grid.datasets, grid.architectures, grid.methods)
    ]


def runs(params: Params) -> list[Run]:
    """All runs of the grid, cell by cell."""
    return [cell.run(seed) for cell in expand(params) for seed in params.grid.seeds]


def resolved(params: Params, cell: Cell | Run) -> dict[str, Any]:
    """The sections of params.yaml that the cell is trained with, defaults filled in, as JSON has them."""
    return {
        "architecture": params.architectures[cell.architecture].model_dump(mode="json"),
        "method": params.methods[cell.method].model_dump(mode="json"),
        "recipe": params.recipe(cell.dataset, cell.architecture).model_dump(mode="json"),
    }


def find(params: Params, cell_id: str, lister: str) -> Cell:
    """The grid's cell of that id; UserError that names the nearest one if it is not in the grid.

    `lister` is the command that lists the grid's ids.
    """
    known = {cell.id: cell for cell in expand(params)}
    if cell_id in known:
        return known[cell_id]
    close = difflib.get_close_matches(cell_id[:200], known, n=1, cutoff=0.0)
    hint = "; give its seed with --seeds" if cell_id.rpartition("-")[0] in known else ""
    raise UserError(
        f"{cell_id[:200]!r} is not in the grid{hint or f'; did you mean {close[0]}?'} "
        f"(`{lister}` lists all {len(known)})"
    )
