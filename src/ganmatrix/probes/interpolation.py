"""Points between reals and fakes, where WGAN-GP (Gulrajani et al. 2017) holds D to its slope."""

import torch
from torch import Tensor


def interpolates(reals: Tensor, fakes: Tensor, generator: torch.Generator) -> Tensor:
    """u x + (1 - u) G(z) of each pair (N, *shape), with its own u uniform in [0, 1)."""
    shape = (len(reals), *[1] * (reals.ndim - 1))
    shares = torch.rand(shape, generator=generator, device=generator.device).to(reals)
    return torch.lerp(fakes, reals, shares)
