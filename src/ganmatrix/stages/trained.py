"""Reading a trained cell, and drawing from its generators."""

import torch
from torch import Tensor

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.stages import checksums
from ganmatrix.stages.data import Prepared
from ganmatrix.stages.files import corrupt, require
from ganmatrix.stages.layout import Layout
from ganmatrix.training import seeding, weights
from ganmatrix.training.seeding import Stream
from ganmatrix.training.weights import Trained


def open_trained(cell: Cell, layout: Layout) -> Trained:
    """The cell's networks; UserError if the file is missing, damaged, edited or another cell's."""
    path = layout.cell(cell.id).weights
    maker = f"train {cell.id}"
    require(path, maker)
    try:
        trained = weights.unpack(path.read_bytes())
    except ValueError as error:
        raise corrupt(path, str(error), maker) from None
    if trained.header.cell != cell:
        raise UserError(f"{path} holds {trained.header.cell.id}; delete it and run `ganmatrix {maker}` again")
    checksums.verify(cell, trained.sha256, layout)
    return trained


def require_trained_on(data: Prepared, trained: Trained) -> None:
    """UserError unless the cell was trained on these data."""
    cell = trained.header.cell
    if data.digest != trained.header.data_sha256:
        raise UserError(f"{cell.id} was trained on other data than data/{cell.dataset}/; train it again")


def latents(cell: Cell, count: int, dimension: int, device: torch.device) -> Tensor:
    """The first `count` evaluation latents (count, dimension), the same for every method."""
    stream = seeding.generator(cell, Stream.EVALUATION_LATENTS)
    return torch.randn(count, dimension, generator=stream).to(device)
