"""D's gradient at its input, kept in the graph: what gradient penalties are made of."""

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update


def squared_norms(logits: Tensor, inputs: Tensor) -> Tensor:
    """||grad D||^2 (N,) at inputs (N, *shape) that the logits (N,) came from."""
    (gradient,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)
    return gradient.flatten(1).square().sum(1)


def squared_norms_at(points: Tensor, update: Update) -> Tensor:
    """The same at points (N, *shape) that D has not seen yet: one pass more."""
    points = points.detach().requires_grad_()
    return squared_norms(update.discriminator(points), points)


def norms(squared: Tensor) -> Tensor:
    """||grad D|| (N,); the root's slope at zero is cut off."""
    return (squared + 1e-24).sqrt()


def interpolates(real: Tensor, fake: Tensor, update: Update) -> Tensor:
    """Points (N, *shape) drawn uniformly between each real and its fake."""
    shares = torch.rand(len(real), *[1] * (real.ndim - 1), generator=update.noise, device=real.device)
    return real.detach().lerp(fake.detach(), shares.to(real.dtype))
