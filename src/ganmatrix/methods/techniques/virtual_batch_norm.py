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
from ganmatrix.params.techniques import VirtualBatchNorm as VirtualBatchNormParams


class ReferenceNorm(nn.Module):
    """Normalises (R + N, C, ...) whose first R samples are the references."""

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm, references: int) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps
        self.references = references

    def forward(self, x: Tensor) -> Tensor:
        x = x.float() if x.dtype is torch.bfloat16 else x
        places = list(range(2, x.ndim))
        mean, square = x.mean(places, keepdim=True), x.square().mean(places, keepdim=True)
        share = 1 / (self.references + 1)
        reference_mean = mean[: self.references].mean(0, keepdim=True)
        reference_square = square[: self.references].mean(0, keepdim=True)
        mean = share * mean + (1 - share) * reference_mean
        square = share * square + (1 - share) * reference_square
        shape = [1, -1, *[1] * len(places)]
        normal = (x - mean) * (square - mean.square() + self.eps).rsqrt()
        return normal * self.weight.view(shape) + self.bias.view(shape)


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
