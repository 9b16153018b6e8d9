"""Directions in data space."""

import torch
from torch import Tensor


def unit(vectors: Tensor) -> Tensor:
    """Each of vectors (N, *shape) scaled to Euclidean length 1; zero stays zero."""
    lengths = vectors.flatten(1).norm(dim=1).clamp(min=torch.finfo(vectors.dtype).tiny)
    return vectors / lengths.view(-1, *[1] * (vectors.ndim - 1))


def random_unit(like: Tensor, noise: torch.Generator) -> Tensor:
    """Uniform directions, one for each of (N, *shape)."""
    return unit(torch.randn(like.shape, generator=noise, device=like.device).to(like.dtype))
