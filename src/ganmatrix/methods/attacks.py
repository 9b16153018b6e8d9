"""Perturbations of reals that D finds hard, made while it trains."""

from collections.abc import Callable

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update


def loss_gradient(points: Tensor, loss: Callable[[Tensor], Tensor], update: Update) -> Tensor:
    """d loss(D(points)) / d points (N, *shape) for a mean loss of logits, by micro-batches."""
    gradients = []
    for (piece,) in update.discriminator.split(points):
        leaf = piece.detach().requires_grad_()
        share = len(piece) / len(points)
        (gradient,) = torch.autograd.grad(share * loss(update.discriminator(leaf)), leaf)
        gradients.append(gradient)
    return torch.cat(gradients)


def ascend(
    points: Tensor,
    loss: Callable[[Tensor], Tensor],
    update: Update,
    *,
    epsilon: float,
    step_size: float,
    steps: int,
    bounded: bool = False,
) -> Tensor:
    """PGD: signed steps up the loss, kept within epsilon of the points (L-infinity; Madry et al. 2018).

    One step of size epsilon is FGSM. `bounded` keeps the result within the range of the data.
    """
    moved = points
    for _ in range(steps):
        moved = moved + step_size * loss_gradient(moved, loss, update).sign()
        moved = points + (moved - points).clamp(-epsilon, epsilon)
        moved = update.within_bounds(moved) if bounded else moved
    return moved
