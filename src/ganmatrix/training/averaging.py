"""The running average of G's weights, with batch statistics that belong to it.

The average is exponential with a half-life in generator steps; the first update copies. Running
means and variances of batch normalisation describe the weights they were collected with, so an
average of them fits no network. They are estimated anew for the averaged weights: the cumulative
mean over `BATCHES` training-mode passes of fixed latents.
"""

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from ganmatrix.cell import Cell
from ganmatrix.networks.pair import has_batch_statistics
from ganmatrix.training.seeding import Stream
from ganmatrix.training.seeding import generator as stream_of

BATCHES = 32
BATCH_SIZE = 64


def averaged(generator: nn.Module, half_life: float) -> AveragedModel:
    """The average, before its first update."""
    return AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.5 ** (1 / half_life)))


def statistics_latents(cell: Cell, dimension: int) -> Tensor:
    """The latents (BATCHES * BATCH_SIZE, dimension) that a cell's batch statistics are estimated from."""
    return torch.randn(BATCHES * BATCH_SIZE, dimension, generator=stream_of(cell, Stream.BATCH_STATISTICS))


def with_batch_statistics(generator: nn.Module, latents: Tensor) -> nn.Module:
    """Estimate the batch statistics from latents (BATCHES * N, latent), in place; then eval mode."""
    if has_batch_statistics(generator):
        with torch.no_grad():
            update_bn(latents.chunk(BATCHES), generator)
    return generator.eval()
