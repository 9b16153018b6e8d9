"""`checksums/<dataset>/<cell>.sha256`: a cell's weights in one line, as `sha256sum --check` reads it.

Written by `train`. It changes only with the weights, and cells of one dataset share a folder, so that
DVC can have a stage depend on the weights of all of them and on nothing else in `cells/`.
"""

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.stages.files import require, write_text
from ganmatrix.stages.layout import Layout


def write(cell: Cell, sha256: str, layout: Layout) -> None:
    """Note the SHA-256 of the cell's weights."""
    write_text(layout.checksum(cell.dataset, cell.id), _line(cell, sha256, layout))


def verify(cell: Cell, sha256: str, layout: Layout) -> None:
    """UserError unless weights of this SHA-256 are those that were noted."""
    path = layout.checksum(cell.dataset, cell.id)
    maker = f"train {cell.id}"
    require(path, maker)
    if path.read_bytes() != _line(cell, sha256, layout).encode():
        raise UserError(
            f"{layout.cell(cell.id).weights} is not what {path} vouches for; run `ganmatrix {maker}` again"
        )


def _line(cell: Cell, sha256: str, layout: Layout) -> str:
    return f"{sha256}  {layout.cell(cell.id).weights.relative_to(layout.root).as_posix()}\n"
