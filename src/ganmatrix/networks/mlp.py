"""Multilayer perceptrons for 2-D points, as in the mode-coverage experiments of the field."""

from torch import nn

from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import PointNetwork


def _hidden(inputs: int, width: int, depth: int) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(inputs if i == 0 else width, width), nn.ReLU()]
    return layers


def build(params: PointNetwork, dimension: int) -> Pair:
    """ReLU generator and ReLU discriminator of `depth` hidden layers; no normalisation."""
    name = f"mlp{params.depth}x{params.width}"
    return Pair(
        generator=nn.Sequential(
            *_hidden(params.latent, params.width, params.depth), nn.Linear(params.width, dimension)
        ),
        discriminator=Critic(
            nn.Sequential(*_hidden(dimension, params.width, params.depth)),
            nn.Identity(),
            nn.Linear(params.width, 1),
            channels=params.width,
            width=params.width,
            spectral=False,
        ),
        latent=params.latent,
        generator_name=name,
        discriminator_name=name,
    )
