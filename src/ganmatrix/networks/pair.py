"""A generator and the discriminator that it plays against."""

from dataclasses import dataclass

from torch import nn


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


def parameter_count(network: nn.Module) -> int:
    """Number of trainable values."""
    return sum(p.numel() for p in network.parameters())


def has_batch_statistics(network: nn.Module) -> bool:
    """Whether the output for one sample depends on the others of its batch in training."""
    return any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules())
