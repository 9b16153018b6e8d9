"""Reading a trained run, and drawing from its generators."""

import torch
from torch import Tensor

from ganmatrix.cell import Run
from ganmatrix.store.layout import WEIGHTS
from ganmatrix.store.opening import Part
from ganmatrix.training import seeding, weights
from ganmatrix.training.seeding import Stream
from ganmatrix.training.weights import Trained


def open_trained(run: Run, part: Part) -> Trained:
    """The run's networks; UserError if the file holds another run."""
    trained = part.parsed(WEIGHTS, weights.unpack)
    if trained.header.run != run:
        raise part.damaged(WEIGHTS, f"it holds {trained.header.run.id}")
    return trained


def latents(run: Run, count: int, dimension: int, device: torch.device) -> Tensor:
    """The first `count` evaluation latents (count, dimension), the same for every method."""
    stream = seeding.generator(run, Stream.EVALUATION_LATENTS)
    return torch.randn(count, dimension, generator=stream).to(device)
