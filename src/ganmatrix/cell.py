"""A cell of the matrix: one dataset, architecture, method and seed, and the id that names it."""

import difflib
import itertools
import re
from dataclasses import dataclass
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.params import Params


@dataclass(frozen=True, order=True)
class Cell:
    """One training run. Its id joins the four names with `-`, which no name contains."""

    dataset: str
    architecture: str
    method: str
    seed: int

    @property
    def id(self) -> str:
        """`{dataset}-{architecture}-{method}-{seed}`, the suffix that DVC's matrix gives too."""
        return f"{self.dataset}-{self.architecture}-{self.method}-{self.seed}"

    @property
    def names(self) -> dict[str, str]:
        """The three names that params.yaml gives meaning to."""
        return {"dataset": self.dataset, "architecture": self.architecture, "method": self.method}

    @classmethod
    def parse(cls, text: str) -> "Cell":
        """The cell of an id; UserError if it has another form."""
        parts = text.split("-")
        if len(parts) != 4 or not all(parts) or not re.fullmatch("[0-9]{1,10}", parts[3]):
            raise UserError(
                f"{text[:100]!r} is no cell id; expected dataset-architecture-method-seed, "
                "such as digits-conventional-gan-0 (`ganmatrix cells` lists them)"
            )
        return cls(parts[0], parts[1], parts[2], int(parts[3]))


def expand(params: Params) -> list[Cell]:
    """All cells of the grid, datasets outermost and seeds innermost."""
    grid = params.grid
    axes = (grid.datasets, grid.architectures, grid.methods, grid.seeds)
    return [Cell(*names) for names in itertools.product(*axes)]


def resolved(params: Params, cell: Cell) -> dict[str, Any]:
    """The sections of params.yaml that the cell is trained with, defaults filled in, as JSON has them."""
    return {
        "architecture": params.architectures[cell.architecture].model_dump(mode="json"),
        "method": params.methods[cell.method].model_dump(mode="json"),
        "recipe": params.recipe(cell.dataset, cell.architecture).model_dump(mode="json"),
    }


def of_dataset(params: Params, dataset: str) -> list[Cell]:
    """The grid's cells of one dataset; UserError if the grid leaves it out."""
    if dataset not in params.grid.datasets:
        raise UserError(f"{dataset} is not in grid.datasets, which has {', '.join(params.grid.datasets)}")
    return [cell for cell in expand(params) if cell.dataset == dataset]


def find(params: Params, cell_id: str) -> Cell:
    """The grid's cell of that id; UserError naming the nearest one if it is not in the grid."""
    cell = Cell.parse(cell_id)
    known = {other.id: other for other in expand(params)}
    if cell_id in known:
        return known[cell_id]
    close = difflib.get_close_matches(cell.id, known, n=1, cutoff=0.0)
    raise UserError(
        f"{cell_id} is not in the grid; did you mean {close[0]}? (`ganmatrix cells` lists all {len(known)})"
    )
