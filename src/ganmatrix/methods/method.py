"""The protocol between the training loop and a method.

The loop owns networks, optimisers, data and random streams. For each discriminator step it hands
the method an `Update`, through which the method draws fakes and descends; the method never sees
an optimiser, a file or the clock.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from ganmatrix.methods.losses import Loss

Discriminate = Callable[[Tensor], Tensor]
"""Data (N, *shape) to float32 logits (N,)."""

Logs = dict[str, Tensor]
"""Scalars for history.parquet, left on the device."""


class Descend(Protocol):
    """Zero the gradients, back-propagate a scalar loss, take one optimiser step."""

    def __call__(self, loss: Tensor) -> None: ...


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
    descend: Descend
    bounds: tuple[float, float] | None
    """The range that data cannot leave: (-1, 1) for images, None for points."""
    iteration: int
    """Discriminator steps taken so far."""
    iteration_in_epoch: int
    """Discriminator steps taken so far in this pass over the training data."""
    noise: torch.Generator
    """The method's own random stream."""


@dataclass(frozen=True)
class GeneratorUpdate:
    """What a method has at hand for one update of G."""

    fake: Tensor
    """Fresh fakes, attached to G."""
    discriminate: Discriminate
    descend: Descend


class Method(ABC):
    """One adversarial training rule."""

    def __init__(self, loss: Loss) -> None:
        self.loss = loss

    @abstractmethod
    def update_discriminator(self, update: DiscriminatorUpdate) -> Logs:
        """Improve D on one batch of reals, in one optimiser step or more."""

    def update_generator(self, update: GeneratorUpdate) -> Logs:
        """Improve G: one step on the loss's generator term."""
        loss = self.loss.generator(update.discriminate(update.fake))
        update.descend(loss)
        return {"loss_generator": loss.detach()}


def score_logs(loss: Tensor, real_logits: Tensor, fake_logits: Tensor) -> Logs:
    """D's loss and its mean logits, as every method logs them."""
    return {
        "loss_discriminator": loss.detach(),
        "score_real": real_logits.detach().mean(),
        "score_fake": fake_logits.detach().mean(),
    }
