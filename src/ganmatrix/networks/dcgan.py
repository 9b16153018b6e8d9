"""DCGAN (Radford et al. 2016) at 16 to 128 pixels, as AS-GAN's authors use it.

4x4 kernels, stride 2, no biases; batch normalisation except next to the image; ReLU in G,
LeakyReLU(0.2) in D; weights from N(0, 0.02). Channels double with every halving of the side, so
at 32 pixels and width 128 G is 512-256-128-3 and D is 128-256-512-1.
"""

import itertools
import math

from torch import nn

from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import ImageNetwork


def initialise(module: nn.Module) -> None:
    """N(0, 0.02) for linear maps, N(1, 0.02) for the scales of batch normalisation."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def generator(latent: int, width: int, levels: int, channels: int) -> nn.Sequential:
    """z to a 4x4 map, then `levels` doublings."""
    widths = [width * 2**i for i in reversed(range(levels))]
    layers: list[nn.Module] = [
        nn.Unflatten(1, (latent, 1, 1)),
        nn.ConvTranspose2d(latent, widths[0], 4, 1, 0, bias=False),
    ]
    for before, after in zip(widths, [*widths[1:], channels], strict=True):
        layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def discriminator(width: int, levels: int, channels: int) -> Critic:
    """`levels` halvings down to 4x4 (the local maps), then one logit of all of it."""
    widths = [width * 2**i for i in range(levels)]
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in itertools.pairwise(widths):
        layers += [
            nn.Conv2d(before, after, 4, 2, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(0.2),
        ]
    features = widths[-1] * 16
    return Critic(
        nn.Sequential(*layers),
        nn.Flatten(1),
        nn.Linear(features, 1, bias=False),
        channels=widths[-1],
        width=features,
        spectral=False,
    )


def build(params: ImageNetwork, channels: int, resolution: int) -> Pair:
    """The pair for square images of 16, 32, 64 or 128 pixels."""
    levels = int(math.log2(resolution)) - 2
    pair = Pair(
        generator=generator(params.latent, params.generator_width, levels, channels),
        discriminator=discriminator(params.discriminator_width, levels, channels),
        latent=params.latent,
        generator_name=f"dcgan{resolution}_w{params.generator_width}",
        discriminator_name=f"dcgan{resolution}_w{params.discriminator_width}",
    )
    pair.generator.apply(initialise)
    pair.discriminator.apply(initialise)
    return pair
