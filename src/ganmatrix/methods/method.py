"""The protocol between the training loop and a method.

The loop owns networks, optimisers, data and random streams. For each update it hands the method an
object through which the method draws fakes and descends; the method never sees an optimiser, a
file or the clock. A loss is handed over as a function of batches, not as a number, so that the
loop may split large batches and accumulate gradients.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ganmatrix.methods.losses import Loss

Discriminate = Callable[[Tensor], Tensor]
"""Data (N, *shape) to float32 logits (N,)."""

Logs = dict[str, Tensor]
"""Scalars for history.parquet, left on the device."""

Objective = Callable[..., tuple[Tensor, Logs]]
"""Batches of equal length to a scalar loss, a mean over samples, and what to log of it."""


class Descend(Protocol):
    """One optimiser step on an objective of the batches; gives its logs, averaged over the batch."""

    def __call__(self, objective: Objective, *batches: Tensor) -> Logs: ...


@dataclass(frozen=True)
class DiscriminatorUpdate:
    """What a method has at hand for one update of D."""

    real: Tensor
    """A batch of reals (N, *shape) in [-1, 1]."""
    discriminate: Discriminate
    discriminate_pair: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
    """Logits of reals and fakes; one forward pass where D has no batch statistics, else one each."""
    draw_fakes: Callable[[int], Tensor]
    """Fresh fakes from the training latents, detached."""
    full_precision: Callable[[], AbstractContextManager[None]]
    """Within it D computes in float32 whatever the recipe's precision: for penalties on its gradient."""
    descend: Descend
    """A step of D. Batches that require a gradient receive it in `.grad`."""
    split: Callable[..., Iterator[tuple[Tensor, ...]]]
    """The micro-batches that `descend` works through, for passes of the method's own."""
    bounds: tuple[float, float] | None
    """The range that data cannot leave: (-1, 1) for images, None for points."""
    iteration: int
    """Discriminator updates before this one."""
    iteration_in_epoch: int
    """Discriminator updates before this one in this pass over the training data."""
    noise: torch.Generator
    """The method's own random stream."""


@dataclass(frozen=True)
class GeneratorUpdate:
    """What a method has at hand for one update of G."""

    latents: Tensor
    """Fresh training latents (N, latent)."""
    generate: Callable[[Tensor], Tensor]
    """Latents to fakes, attached to G."""
    discriminate: Discriminate
    descend: Descend
    """A step of G."""


class Method(ABC):
    """One adversarial training rule."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    @abstractmethod
    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        """Improve D on one batch of reals, in one optimiser step or more."""

    def update_generator(self, update: GeneratorUpdate) -> Logs:
        """Improve G: one step on the loss's generator term."""

        def objective(latents: Tensor) -> tuple[Tensor, Logs]:
            loss = self.loss.generator(update.discriminate(update.generate(latents)))
            return loss, {"loss_generator": loss.detach()}

        return update.descend(objective, update.latents)

    def clean_objective(self, update: DiscriminatorUpdate) -> Objective:
        """real(D(x)) + fake(D(x_f)) of batches x and x_f, with D's mean logits."""

        def objective(real: Tensor, fake: Tensor) -> tuple[Tensor, Logs]:
            real_logits, fake_logits = update.discriminate_pair(real, fake)
            loss = self.loss.real(real_logits) + self.loss.fake(fake_logits)
            return loss, score_logs(loss, real_logits, fake_logits)

        return objective


def score_logs(loss: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Logs:
    """D's loss and its mean logits, as every method logs them."""
    return {
        "loss_discriminator": loss.detach(),
        "score_real": real_logits.detach().mean(),
        "score_fake": fake_logits.detach().mean(),
    }
