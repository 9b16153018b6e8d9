"""Virtual batch normalisation in G (Salimans et al. 2016).

Each batch normalisation of G becomes one whose statistics are those of a fixed reference batch of
latents, mixed with the sample's own: with R references, the sample counts 1/(R + 1). The references
run through G with every batch, first in it, so that they meet the present weights.
"""

import dataclasses

import torch
from torch import Tensor, nn

from ganmatrix.methods.techniques.technique import Technique
from ganmatrix.networks.pair import Pair
from ganmatrix.params.techniques import VirtualBatchNormParams


class ReferenceNorm(nn.Module):
    """Normalises (R + N, C, ...) whose first R samples are the references."""

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm, references: int) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.references = references

    def forward(self, x: Tensor) -> Tensor:
        x = x.float() if x.dtype is torch.bfloat16 else x
        values = x.flatten(2) if x.ndim > 2 else x[:, :, None]
        own_mean = values.mean(2, keepdim=True)
        own_variance = values.var(2, correction=0, keepdim=True)
        references = values[: self.references]
        mean = references.mean((0, 2), keepdim=True)
        variance = references.var((0, 2), correction=0, keepdim=True)
        # The moments of a mixture, without differences of squares.
        share = 1 / (self.references + 1)
        mixed_mean = torch.lerp(mean, own_mean, share)
        between = share * (1 - share) * (own_mean - mean).square()
        mixed_variance = torch.lerp(variance, own_variance, share) + between
        normal = (values - mixed_mean) * (mixed_variance + self.eps).rsqrt()
        return (normal * self.weight[:, None] + self.bias[:, None]).view_as(x)


class Referenced(nn.Module):
    """G with its references: z (N, latent) to data (N, *shape)."""

    reference: Tensor

    def __init__(self, generator: nn.Module, reference: Tensor) -> None:
        super().__init__()
        self.generator = generator
        self.register_buffer("reference", reference)

    def forward(self, z: Tensor) -> Tensor:
        return self.generator(torch.cat([self.reference, z]))[len(self.reference) :]


def replace_norms(module: nn.Module, references: int) -> None:
    """Replace every batch normalisation below the module, in place."""
    for name, child in module.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            setattr(module, name, ReferenceNorm(child, references))
        else:
            replace_norms(child, references)


class VirtualBatchNorm(Technique[VirtualBatchNormParams]):
    """G's samples no longer depend on each other."""

    def adapt(self, pair: Pair) -> Pair:
        count = self.params.reference
        replace_norms(pair.generator, count)
        reference = torch.randn(count, pair.latent)
        return dataclasses.replace(pair, generator=Referenced(pair.generator, reference))
