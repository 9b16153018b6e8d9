"""What a probe is given, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ganmatrix.entry import Entry
from ganmatrix.params.probes import Probes
from ganmatrix.probes import views


@dataclass(frozen=True)
class Game:
    """A discriminator in eval mode, with the data and the opponent that it is probed at.

    All samples are float32 in data units. `bounded` data are images: they stay within [-1, 1] when
    perturbed.
    """

    discriminator: nn.Module
    """Maps (N, *shape) to logits (N,)."""
    generator: nn.Module
    """Maps latents to samples, in eval mode: the G that D last played against."""
    latents: Tensor
    """(N, latent)."""
    fakes: Tensor
    """(N, *shape): what G makes of the latents."""
    reals: Tensor
    """(N, *shape), held out: no training step has seen them."""
    train: Tensor
    """(M, *shape), from the training set."""
    bounded: bool
    members: tuple[nn.Module, ...] = ()
    """The discriminators that D consists of, where the method has several."""


@dataclass(frozen=True)
class Subject:
    """D's view of each side with the samples to probe it at.

    A view is D in eval mode: it maps a batch to logits (n,), each of its own sample alone.
    """

    real_view: nn.Module
    fake_view: nn.Module
    game: Game
    params: Probes
    stream: torch.Generator

    @property
    def reals(self) -> Tensor:
        return self.game.reals

    @property
    def fakes(self) -> Tensor:
        return self.game.fakes

    @property
    def bounded(self) -> bool:
        return self.game.bounded

    @property
    def strengths(self) -> tuple[float, ...]:
        """Of perturbations, in ascending order, on the data's [-1, 1] scale."""
        return tuple(self.params.image_strengths if self.bounded else self.params.point_strengths)

    @property
    def protocol_between(self) -> dict[str, Any]:
        """As `protocol`, at points between fakes and reals, where `fake_view` is probed."""
        return self.protocol | {"batch_statistics": views.RULE_BETWEEN}

    @property
    def protocol(self) -> dict[str, Any]:
        """The conditions that all probes share."""
        return {
            "real_samples": len(self.reals),
            "fake_samples": len(self.fakes),
            "batch_statistics": views.RULE,
            "dtype": str(self.reals.dtype).removeprefix("torch."),
        }


@dataclass(frozen=True)
class Probe:
    """A measurement and the columns that it fills.

    `measure` raises FloatingPointError when the discriminator answers with what is not finite.
    """

    columns: tuple[str, ...]
    measure: Callable[[Subject], dict[str, Entry]]
    lacking_on_points: str | None = None
    """Why there is nothing to measure on points; None where there is."""
    lacking_with_one: str | None = None
    """Why there is nothing to measure with one D, where `members` are compared; None where there is."""

    def lacking(self, *, bounded: bool, several: bool) -> str | None:
        """Why there is nothing to measure on such data, `bounded` or points, with one D or `several`."""
        return (None if bounded else self.lacking_on_points) or (None if several else self.lacking_with_one)
