"""Discriminators whose behaviour is known in closed form, and a small real one."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes.subject import Game


class Linear(nn.Module):
    """D(x) = w.x + b on flattened inputs."""

    def __init__(self, weight: Tensor, bias: float = 0.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)
        self.bias = bias

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(start_dim=1) @ self.weight + self.bias


@pytest.fixture
def linear() -> Linear:
    return Linear(torch.tensor([3.0, -4.0])).eval()


@pytest.fixture
def convolutional() -> nn.Module:
    """A DCGAN's discriminator for 16x16 grey images, with batch and spectral normalisation."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.utils.parametrizations.spectral_norm(nn.Conv2d(1, 24, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            nn.Conv2d(24, 48, 4, 2, 1, bias=False),
            nn.BatchNorm2d(48),
            nn.LeakyReLU(0.2),
            nn.Conv2d(48, 96, 4, 2, 1, bias=False),
            nn.BatchNorm2d(96),
            nn.LeakyReLU(0.2),
            nn.Conv2d(96, 1, 2),
            nn.Flatten(start_dim=0),
        )
        network(torch.randn(64, 1, 16, 16))
    return network.eval()


@pytest.fixture
def images() -> Tensor:
    return torch.rand(16, 1, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.fixture
def params() -> Probes:
    return Probes(samples=16, point_strengths=[0.0, 0.1], image_strengths=[0.0, 0.1])


@pytest.fixture
def play() -> Callable[..., Game]:
    """A game of D against a generator of the given fakes; the reals are the training set too."""

    def make(discriminator: nn.Module, reals: Tensor, fakes: Tensor, bounded: bool = False) -> Game:
        return Game(
            discriminator=discriminator,
            generator=nn.Identity().eval(),
            latents=fakes,
            fakes=fakes,
            reals=reals,
            train=reals,
            bounded=bounded,
        )

    return make


@pytest.fixture
def stream() -> torch.Generator:
    return torch.Generator().manual_seed(0)
