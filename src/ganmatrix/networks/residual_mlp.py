"""Residual perceptrons for 2-D points: the counterpart of the SNGAN ResNet."""

from torch import Tensor, nn

from ganmatrix.networks.critic import Critic, normalise_spectrally
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import PointNetwork


class Residual(nn.Module):
    """x + W2 relu(W1 relu(x))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def _hidden(inputs: int, width: int, depth: int) -> list[nn.Module]:
    return [nn.Linear(inputs, width), *(Residual(width) for _ in range(depth)), nn.ReLU()]


def build(params: PointNetwork, dimension: int, *, spectral: bool = True) -> Pair:
    """`depth` residual blocks each; with spectral norm, on every linear map of the discriminator."""
    discriminator = Critic(
        nn.Sequential(*_hidden(dimension, params.width, params.depth)),
        nn.Identity(),
        nn.Linear(params.width, 1),
        channels=params.width,
        width=params.width,
        spectral=spectral,
    )
    if spectral:
        normalise_spectrally(discriminator)
    name = f"residual_mlp{params.depth}x{params.width}"
    return Pair(
        generator=nn.Sequential(
            *_hidden(params.latent, params.width, params.depth), nn.Linear(params.width, dimension)
        ),
        discriminator=discriminator,
        latent=params.latent,
        generator_name=name,
        discriminator_name=f"{name}_sn" if spectral else name,
    )
