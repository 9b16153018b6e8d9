"""Directions in data space, and D along them."""

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update


def unit(vectors: Tensor) -> Tensor:
    """Each of vectors (N, *shape) scaled to Euclidean length 1; zero stays zero."""
    lengths = vectors.flatten(1).norm(dim=1).clamp(min=torch.finfo(vectors.dtype).tiny)
    return vectors / lengths.view(-1, *[1] * (vectors.ndim - 1))


def along(vectors: Tensor, otherwise: Tensor) -> Tensor:
    """Unit vectors along those of (N, *shape); the other where one is zero, as a flat D makes it."""
    zero = vectors.flatten(1).norm(dim=1) == 0
    return torch.where(zero.view(-1, *[1] * (vectors.ndim - 1)), otherwise, unit(vectors))


def random_unit(like: Tensor, noise: torch.Generator) -> Tensor:
    """Uniform directions, one for each of (N, *shape)."""
    return unit(torch.randn(like.shape, generator=noise, device=like.device).to(like.dtype))


def judged(points: Tensor, update: Update) -> Tensor:
    """Logits (2N,) of points whose first half are reals and second half fakes, seen as D sees sides."""
    return torch.cat(update.discriminator.pair(*points.chunk(2)))
