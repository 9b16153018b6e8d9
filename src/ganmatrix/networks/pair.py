"""A generator and the discriminator that it plays against."""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import nn

from ganmatrix.networks.critic import Critic
from ganmatrix.params.architectures import Architecture, Attention

N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Pair:
    """Generator: z (N, latent) -> data (N, *shape). Discriminator: data (N, *shape) -> logits (N,).

    Data lie in [-1, 1]; the logit is high for what D takes to be real.
    """

    generator: nn.Module
    discriminator: nn.Module
    latent: int
    generator_name: str
    discriminator_name: str

    def critic(self) -> Critic:
        """D, as the family makes it. TypeError if a method has put another in its place."""
        if not isinstance(self.discriminator, Critic):
            raise TypeError(f"D is a {type(self.discriminator).__name__}, not a network of the family")
        return self.discriminator


def attention_suffix(attention: Attention) -> str:
    """What names say of self-attention: `_attention32`, or nothing."""
    return "" if attention == "none" else f"_attention{attention}"


def placed(network: N, device: torch.device) -> N:
    """The same network, moved to the device, with its convolutions laid out channels last.

    Passes over images take a quarter less time than in torch's own layout.
    """
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.to(device)


def parameter_count(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in network.parameters())


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether the network normalises by its batch in training, and by estimates afterwards."""
    return any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules())


class AcrossBatch(nn.Module):
    """A layer that relates the samples of a batch to each other."""


def looks_across_batch(network: nn.Module) -> bool:
    """Whether the output for one sample depends on the others of its batch in training."""
    return has_batch_statistics(network) or any(isinstance(m, AcrossBatch) for m in network.modules())


def build(params: Architecture, shape: tuple[int, ...]) -> Pair:
    """The family's pair for data of that shape: (dimension,) or (channels, side, side).

    Which sides a family has networks for is checked when the params are loaded.
    Weights are drawn from torch's default generator; seed it first.
    """
    if len(shape) == 1:
        return params.points.load()(params.points, shape[0])
    channels, side, _ = shape
    return params.images.load()(params.images, channels, side)
