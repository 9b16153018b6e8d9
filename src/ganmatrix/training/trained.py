"""Reading a trained run, and drawing from its generators."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from ganmatrix.cell import Run
from ganmatrix.columns import Checkpoint
from ganmatrix.store.layout import WEIGHTS
from ganmatrix.store.opening import Part
from ganmatrix.training import averaging, seeding, weights
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


SAMPLES_AT_ONCE = 64
"""The batch in which samples are drawn. Kernels round differently in batches of other sizes."""


def sample_latents(run: Run, number: int, dimension: int) -> Iterator[Tensor]:
    """Latents (SAMPLES_AT_ONCE, dimension) without end, of a stream for samples outside of evaluation.

    They are the same for every method. `number` chooses among such streams.
    """
    stream = seeding.generator(run, Stream.SAMPLES, number=number)
    while True:
        yield torch.randn(SAMPLES_AT_ONCE, dimension, generator=stream)


def open_generator(run: Run, trained: Trained, checkpoint: Checkpoint, best_step: int) -> nn.Module:
    """G in eval mode. The generator before training gets estimated batch statistics."""
    if checkpoint == "best":
        return trained.averaged(best_step)
    generator = trained.generator(checkpoint)
    if checkpoint == "init":
        averaging.with_batch_statistics(generator, averaging.statistics_latents(run, trained.latent))
    return generator
