"""What every perturbation shares: which way it pushes, its bounds, and the balls that it is drawn from.

One strength serves both norms: the greatest root mean square (RMS) of a perturbation over the d values
of a sample. A step of `strength` in every value has that RMS, and so has an L2 step of length
strength * sqrt(d).
"""

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import ClassVar

import torch
from torch import Tensor


class Push(IntEnum):
    """Where an attack drives the logit: a real is to look fake, a fake is to look real."""

    DOWN = -1
    UP = 1


def within_bounds(inputs: Tensor, bounded: bool) -> Tensor:
    """Images clipped to [-1, 1]; points, which have no bounds, as they are."""
    return inputs.clamp(-1, 1) if bounded else inputs


class Ball(ABC):
    """What an attack needs of a norm, on samples (n, *shape). Directions have RMS 1, or are 0."""

    norm: ClassVar[str]
    start: ClassVar[str]
    """How a random start is drawn, for protocols."""

    @abstractmethod
    def steepest(self, gradient: Tensor) -> Tensor:
        """The direction in which a function of that gradient rises most; 0 where the gradient is."""

    @abstractmethod
    def project(self, perturbation: Tensor, strength: float) -> Tensor:
        """The nearest point of the ball, sample by sample."""

    @abstractmethod
    def random_direction(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """A direction by chance."""

    @abstractmethod
    def random_start(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """A point of the ball of strength 1 by chance."""

    @property
    def protocol(self) -> dict[str, str]:
        """What a strength means."""
        return {"norm": self.norm, "strength": "greatest root mean square of a perturbation"}


class _LInf(Ball):
    norm = "Linf"
    start = "uniform"

    def steepest(self, gradient: Tensor) -> Tensor:
        """sign(g)."""
        return gradient.sign()

    def project(self, perturbation: Tensor, strength: float) -> Tensor:
        return perturbation.clamp(-strength, strength)

    def random_direction(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Independent +-1 of equal probability."""
        bits = torch.randint(0, 2, like.shape, generator=generator, device=generator.device)
        return (2 * bits - 1).to(like)

    def random_start(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Uniform in the ball."""
        uniform = torch.rand(like.shape, generator=generator, device=generator.device)
        return (2 * uniform - 1).to(like)


class _L2(Ball):
    norm = "L2"
    start = "uniform direction and radius"

    def steepest(self, gradient: Tensor) -> Tensor:
        """sqrt(d) g / |g|_2, with g first divided by its largest value, which no square can overflow."""
        peak = gradient.abs().amax(dim=_value_axes(gradient), keepdim=True)
        scaled = torch.where(peak > 0, gradient / peak, 0)
        return torch.where(peak > 0, scaled / _rms(scaled), 0)

    def project(self, perturbation: Tensor, strength: float) -> Tensor:
        size = _rms(perturbation)
        return torch.where(size > strength, perturbation * (strength / size), perturbation)

    def random_direction(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Uniform on the sphere: a Gaussian's direction."""
        gaussian = torch.randn(like.shape, generator=generator, device=generator.device)
        return self.steepest(gaussian.to(like))

    def random_start(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """A uniform direction times a uniform radius, as in torchattacks."""
        direction = self.random_direction(like, generator)
        shape = (len(like), *(1 for _ in like.shape[1:]))
        return direction * torch.rand(shape, generator=generator, device=generator.device).to(like)


def _value_axes(samples: Tensor) -> tuple[int, ...]:
    return tuple(range(1, samples.ndim))


def _rms(samples: Tensor) -> Tensor:
    """(n, 1, ..., 1)."""
    return samples.square().mean(dim=_value_axes(samples), keepdim=True).sqrt()


LINF = _LInf()
L2 = _L2()
