"""The least memory that training takes, found on torch's meta device, which has shapes but no values."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ganmatrix.cell import Run
from ganmatrix.methods.method import Method
from ganmatrix.networks.pair import Pair, parameter_count
from ganmatrix.params.architectures import Architecture
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.training.player import PRECISIONS
from ganmatrix.training.weights import initialise

KEPT_FOR_BACKWARD = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
"""Layers whose input must stay in memory until the backward pass."""


def least_bytes(
    run: Run, architecture: Architecture, method: Method[Any], recipe: Recipe, shape: tuple[int, ...]
) -> int:
    """A lower bound of the memory that a step takes, without the samples and without the program itself.

    It counts weights, gradients and the optimiser's moments of both players, G's average, and the inputs of
    linear layers that wait for the backward pass. A real step takes up to some times as much.
    """
    with torch.device("meta"):
        pair = initialise(run, architecture, method, shape)
        batch = -(-recipe.batch_size // recipe.accumulate)
        step_of_g = _kept([pair.generator, pair.discriminator], method, pair, batch, shape)
        step_of_d = _kept([pair.discriminator], method, pair, 2 * batch, shape)
    generator, discriminator = (parameter_count(each) for each in (pair.generator, pair.discriminator))
    copies = 4 if isinstance(recipe.optimizer, Adam) else 3
    values = copies * (generator + discriminator) + generator
    return values * torch.float32.itemsize + max(step_of_g, step_of_d) * PRECISIONS[recipe.precision].itemsize


def _kept(
    networks: Sequence[nn.Module], method: Method[Any], pair: Pair, count: int, shape: tuple[int, ...]
) -> int:
    """Values that these networks keep for the backward pass when they see so many samples."""
    kept: dict[int, Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kept[id(inputs[0])] = inputs[0]

    layers = {
        layer for network in networks for layer in network.modules() if isinstance(layer, KEPT_FOR_BACKWARD)
    }
    hooks = [layer.register_forward_pre_hook(keep) for layer in layers]
    pair.generator(torch.empty(count, pair.latent))
    method.critic(pair)(torch.empty(count, *shape))
    for hook in hooks:
        hook.remove()
    return sum(value.numel() for value in kept.values())
