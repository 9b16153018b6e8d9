"""The grid: a cell is a dataset, an architecture, a method and perhaps a variant; its runs are the seeds."""

import difflib
import itertools
from dataclasses import dataclass, field
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.params import Params


@dataclass(frozen=True, order=True)
class Cell:
    """One configuration. Its id joins its names with `-`, which no name contains."""

    dataset: str
    architecture: str
    method: str
    variant: str = ""
    """Empty for the values that the sections state."""
    streams: str = field(default="", compare=False)
    """What sets the cell's random numbers apart from those of other methods."""

    @property
    def id(self) -> str:
        """`{dataset}-{architecture}-{method}`, with `-{variant}` if it is of one."""
        names = (self.dataset, self.architecture, self.method, self.variant)
        return "-".join(name for name in names if name)

    @classmethod
    def of(cls, cell_id: str) -> "Cell":
        """The cell of an id."""
        return cls(*cell_id.split("-"))

    @property
    def place(self) -> str:
        """What a table says of its setting beside the dataset: `conventional`, or `conventional (slow)`."""
        return place(self.architecture, self.variant)

    def run(self, seed: int) -> "Run":
        """The cell's run with that seed."""
        return Run(self.dataset, self.architecture, self.method, seed, self.variant, self.streams)


@dataclass(frozen=True, order=True)
class Run:
    """One training run: a cell and a seed. The runs of a cell are its replicates."""

    dataset: str
    architecture: str
    method: str
    seed: int
    variant: str = ""
    streams: str = field(default="", compare=False)

    @property
    def id(self) -> str:
        """The cell's id with `-{seed}`."""
        return f"{self.cell.id}-{self.seed}"

    @property
    def cell(self) -> Cell:
        """The configuration that the run replicates."""
        return Cell(self.dataset, self.architecture, self.method, self.variant, self.streams)


def place(architecture: str, variant: str | None = None) -> str:
    """An architecture with the variant, if there is one."""
    return f"{architecture} ({variant})" if variant else architecture


def expand(params: Params) -> list[Cell]:
    """All cells of the grid: datasets outermost, then architectures, methods and variants.

    No two cells are trained alike: where a variant leaves a cell as it is, or as another variant makes it,
    there is none.
    """
    grid = params.grid
    own = {name: f"/{name}" for name in grid.methods if params.methods[name].streams == "own"}
    return [
        Cell(*names, variant, own.get(names[-1], ""))
        for names in itertools.product(grid.datasets, grid.architectures, grid.methods)
        for variant in dict.fromkeys(["", *params.standing(*names).values()])
    ]


def stand_ins(params: Params) -> dict[tuple[str, str, str, str], str]:
    """Dataset, architecture, variant and method -> the variant of the cell that has these values.

    That is another one, or none (""), where the method has no cell of that variant.
    """
    grid = params.grid
    return {
        (dataset, architecture, variant, method): standing
        for dataset, architecture, method in itertools.product(
            grid.datasets, grid.architectures, grid.methods
        )
        for variant, standing in params.standing(dataset, architecture, method).items()
        if variant != standing
    }


def runs(params: Params) -> list[Run]:
    """All runs of the grid, cell by cell."""
    return [cell.run(seed) for cell in expand(params) for seed in params.grid.seeds]


def resolved(params: Params, cell: Cell | Run) -> dict[str, Any]:
    """The sections of params.yaml that the cell is trained with, defaults filled in, as JSON has them."""
    return {
        "architecture": params.architectures[cell.architecture].model_dump(mode="json"),
        "method": params.method(cell.method, cell.variant).model_dump(mode="json"),
        "recipe": params.recipe(cell.dataset, cell.architecture, cell.variant).model_dump(mode="json"),
    }


def find(params: Params, cell_id: str, lister: str) -> Cell:
    """The grid's cell of that id; UserError that names the nearest one if it is not in the grid.

    `lister` is the command that lists the grid's ids.
    """
    known = {cell.id: cell for cell in expand(params)}
    if cell_id in known:
        return known[cell_id]
    close = difflib.get_close_matches(cell_id[:200], known, n=1, cutoff=0.0)
    cell, _, seed = cell_id.rpartition("-")
    hint = "; give its seed with --seeds" if cell in known and seed.isdecimal() else ""
    raise UserError(
        f"{cell_id[:200]!r} is not in the grid{hint or f'; did you mean {close[0]}?'} "
        f"(`{lister}` lists all {len(known)})"
    )
