"""What a probe is given, and what it answers.

D is probed as its training saw each side: with batch statistics of reals for reals, of fakes for fakes.
Where D normalises over the batch, training shows it reals and fakes in batches of their own. Its
running statistics are a mixture of both that no training step ever used; with them a D that tells
the sides apart perfectly can be at chance. So each side gets a copy of D whose statistics are
those of its own unperturbed samples, and stay so while samples are perturbed: no sample's logit
depends on another's.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from ganmatrix.entry import Entry
from ganmatrix.networks.pair import has_batch_statistics
from ganmatrix.params.probes import Probes
from ganmatrix.store.dataset import PreparedData

MOST_TRAIN = 10_000
"""Training samples that probes look at."""


def held_out(data: PreparedData, count: int, device: torch.device) -> torch.Tensor:
    """The first `count` held-out samples as float32 in data units."""
    return in_data_units(data.samples("held_out")[:count], data.is_image, device)


def train(data: PreparedData, device: torch.device) -> torch.Tensor:
    """The training set as float32 in data units; of a large one, samples at even distances."""
    array = data.samples("train")
    chosen = np.linspace(0, len(array) - 1, min(len(array), MOST_TRAIN)).round().astype(np.int64)
    return in_data_units(array[chosen], data.is_image, device)


def in_data_units(array: NDArray[Any], is_image: bool, device: torch.device) -> torch.Tensor:
    """uint8 images, or points as they are, as float32 on the device."""
    samples = torch.from_numpy(np.array(array)).to(device)
    return samples.float() / 127.5 - 1 if is_image else samples


OWN_STATISTICS = "where D has them, frozen at each side's unperturbed samples"
"""What a protocol says of D's batch statistics: one rule for every architecture."""

FAKES_STATISTICS = "where D has them, frozen at the unperturbed fakes"
"""At points between fakes and reals: one D all the way, the one that G meets."""

COMMON_STATISTICS = "where D has them, frozen at the compared samples together"
"""Where two sets of reals are compared: neither is what D is normalised by alone."""


def view_of(discriminator: nn.Module, samples: Tensor) -> nn.Module:
    """D in eval mode with the batch statistics of samples (N, *shape); D itself where it has none."""
    if not has_batch_statistics(discriminator):
        return discriminator
    fitted = copy.deepcopy(discriminator)
    update_bn([samples], fitted)
    return fitted.eval()


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
        return self.protocol | {"batch_statistics": FAKES_STATISTICS}

    @property
    def protocol(self) -> dict[str, Any]:
        """The conditions that all probes share."""
        return {
            "real_samples": len(self.reals),
            "fake_samples": len(self.fakes),
            "batch_statistics": OWN_STATISTICS,
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
