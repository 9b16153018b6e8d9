"""Multilayer perceptrons for 2-D points, as in the mode-coverage experiments of the field.

Plain by default: ReLU in both networks, no normalisation. The options make PacGAN's (Lin et al. 2018): G of
4 layers of 400 units with batch normalisation and ReLU, D of 3 layers of 200 units, each the maximum of 5
linear maps (maxout, Goodfellow et al. 2013). Their latents have twice our deviation, which the first
normalisation takes out of what G computes.
"""

from torch import Tensor, nn

from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import MlpNetwork

PIECES = 5
"""Linear maps to a maxout unit."""


class Maxout(nn.Module):
    """The largest of each unit's pieces: (N, F * PIECES) to (N, F)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(1, (-1, PIECES)).amax(2)


def _generator(params: MlpNetwork, dimension: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in range(params.depth):
        layers += [nn.Linear(params.width if i else params.latent, params.width)]
        layers += [nn.BatchNorm1d(params.width)] if params.batch_norm else []
        layers += [nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(params.width, dimension))


def _discriminator(params: MlpNetwork, dimension: int, width: int, depth: int) -> Critic:
    maxout = params.activation == "maxout"
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Linear(width if i else dimension, width * (PIECES if maxout else 1))]
        layers += [Maxout() if maxout else nn.ReLU()]
    return Critic(
        nn.Sequential(*layers),
        nn.Identity(),
        nn.Linear(width, 1),
        channels=width,
        width=width,
        spectral=False,
    )


def build(params: MlpNetwork, dimension: int) -> Pair:
    """The pair for points of that dimension."""
    width = params.discriminator_width or params.width
    depth = params.discriminator_depth or params.depth
    return Pair(
        generator=_generator(params, dimension),
        discriminator=_discriminator(params, dimension, width, depth),
        latent=params.latent,
        generator_name=f"mlp{params.depth}x{params.width}" + ("_bn" if params.batch_norm else ""),
        discriminator_name=f"mlp{depth}x{width}" + ("_maxout" if params.activation == "maxout" else ""),
    )
