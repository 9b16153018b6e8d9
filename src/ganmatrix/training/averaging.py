"""The running average of G's weights, with its own batch statistics.

The average is exponential, with a half-life in generator steps. The first update copies. Running means and
variances of batch normalisation describe the weights that they were collected with, so an average of them
fits no network. For the averaged weights they are estimated again, as the cumulative mean over `BATCHES`
passes of fixed latents in training mode.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn, update_bn

from ganmatrix.cell import Run
from ganmatrix.networks.pair import has_batch_statistics
from ganmatrix.training.seeding import Stream
from ganmatrix.training.seeding import generator as stream_of

BATCHES = 32
BATCH_SIZE = 64


class RunningAverage:
    """A copy of the generator whose weights are averaged, `half_life` in updates."""

    def __init__(self, generator: nn.Module, half_life: float) -> None:
        self.network = copy.deepcopy(generator)
        self.updates = 0
        self._weights = list(self.network.parameters())
        self._lerp = get_ema_multi_avg_fn(0.5 ** (1 / half_life))

    def update(self, generator: nn.Module) -> None:
        """Move towards the generator's weights, and copy everything else.

        This does not wait for the device.
        """
        with torch.no_grad():
            if self.updates == 0:
                for mine, theirs in zip(self._weights, generator.parameters(), strict=True):
                    mine.copy_(theirs)
            else:
                self._lerp(self._weights, list(generator.parameters()), self.updates)
            for copied, original in zip(self.network.buffers(), generator.buffers(), strict=True):
                copied.copy_(original)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        return {"network": self.network.state_dict(), "updates": self.updates}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.updates = state["updates"]


def statistics_latents(run: Run, dimension: int) -> Tensor:
    """The latents (BATCHES * BATCH_SIZE, dimension) for estimating a run's batch statistics."""
    return torch.randn(BATCHES * BATCH_SIZE, dimension, generator=stream_of(run, Stream.BATCH_STATISTICS))


def with_batch_statistics(generator: nn.Module, latents: Tensor) -> nn.Module:
    """Estimate the batch statistics from latents (BATCHES * N, latent), in place; then eval mode."""
    if has_batch_statistics(generator):
        with torch.no_grad():
            update_bn(latents.chunk(BATCHES), generator)
    return generator.eval()
