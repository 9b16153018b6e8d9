"""Multilayer perceptrons for 2-D points, as in the mode-coverage experiments of the field."""

from torch import nn

from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import PointNetwork


def _layers(
    inputs: int, width: int, depth: int, outputs: int, activation: type[nn.Module]
) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(inputs if i == 0 else width, width), activation()]
    return [*layers, nn.Linear(width, outputs)]


def build(params: PointNetwork, dimension: int) -> Pair:
    """ReLU generator and ReLU discriminator of `depth` hidden layers; no normalisation."""
    name = f"mlp{params.depth}x{params.width}"
    return Pair(
        generator=nn.Sequential(*_layers(params.latent, params.width, params.depth, dimension, nn.ReLU)),
        discriminator=nn.Sequential(
            *_layers(dimension, params.width, params.depth, 1, nn.ReLU), nn.Flatten(0)
        ),
        latent=params.latent,
        generator_name=name,
        discriminator_name=name,
    )
