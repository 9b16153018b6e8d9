"""What the training loop and a method know of each other.

The loop owns networks, optimisers, data and random streams. For each update it hands the method an
`Update`, through which the method draws fakes and descends; the method never sees an optimiser, a
file or the clock. A loss is handed over as a function of batches, not as a number, so that the
loop may split large batches and accumulate gradients.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

Logs = dict[str, Tensor]
"""Scalars for history.parquet, left on the device."""

Objective = Callable[..., tuple[Tensor, Logs]]
"""Batches of equal length to a scalar loss, a mean over samples, and what to log of it."""


class PlayerProtocol(Protocol):
    """A network with its optimiser, as methods may use it."""

    @property
    def network(self) -> nn.Module:
        """The network itself, for what is not a forward pass."""

    def __call__(self, batch: Tensor) -> Tensor:
        """The network's output: logits (N,) of D, data (N, *shape) of G."""

    def call(self, function: Callable[..., Any], *inputs: Tensor) -> Any:
        """Another function of the network, in the recipe's precision: a tensor or a named tuple of them."""

    def pair(self, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs for two batches; one pass where no sample's output depends on others, else one each."""

    def full_precision(self) -> AbstractContextManager[None]:
        """Within it the network computes in float32 whatever the recipe says: for penalties."""

    def split(self, *batches: Tensor) -> Iterator[tuple[Tensor, ...]]:
        """The micro-batches that `descend` works through, for passes of the method's own."""

    def descend(self, objective: Objective, *batches: Tensor) -> Logs:
        """One optimiser step on an objective of the batches; gives its logs, averaged over the batch.

        Batches that require a gradient receive it in `.grad`.
        """


@dataclass(frozen=True)
class Update:
    """What a method has at hand for one update of a player."""

    real: Tensor
    """The latest batch of reals (N, *shape) in [-1, 1]."""
    size: int
    """Fakes that the update is about: N for D, N times the recipe's multiple for G."""
    generator: PlayerProtocol
    discriminator: PlayerProtocol
    draw_latents: Callable[[int], Tensor]
    """Fresh training latents (n, latent)."""
    bounds: tuple[float, float] | None
    """The range that data cannot leave: (-1, 1) for images, None for points."""
    iteration: int
    """Updates of this player before this one."""
    iteration_in_epoch: int
    """Discriminator updates before this one in this pass over the training data."""
    progress: float
    """Share of the run's generator steps that lie behind, from 0 to 1."""
    noise: torch.Generator
    """The method's own random stream."""

    def draw_fakes(self, count: int) -> Tensor:
        """Fresh fakes (count, *shape), detached."""
        with torch.no_grad():
            return self.generator(self.draw_latents(count))

    def partners(self, fakes: Tensor) -> Tensor:
        """A real for each of (n, ...) fakes: the batch in its order, over again where it is the shorter."""
        return self.real[torch.arange(len(fakes), device=self.real.device) % len(self.real)]

    def within_bounds(self, batch: Tensor) -> Tensor:
        """The batch, clipped to the range that data cannot leave."""
        return batch if self.bounds is None else batch.clamp(*self.bounds)
