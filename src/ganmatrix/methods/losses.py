"""Adversarial losses on logits: D's loss on reals and on fakes, and G's loss on fakes.

Each term maps logits (N,) to their mean loss, a scalar. A logit is high for what D takes to be
real; `softplus(-x)` is -log sigmoid(x).
"""

from abc import ABC, abstractmethod

import torch.nn.functional as F
from torch import Tensor


class Loss(ABC):
    """One loss of the catalogue."""

    @abstractmethod
    def real(self, logits: Tensor) -> Tensor:
        """D's loss on samples that it should call real."""

    @abstractmethod
    def fake(self, logits: Tensor) -> Tensor:
        """D's loss on samples that it should call fake."""

    @abstractmethod
    def generator(self, logits: Tensor) -> Tensor:
        """G's loss on D's view of its fakes."""


class NonSaturating(Loss):
    """-log D for reals, -log(1 - D) for fakes; G minimises -log D(G(z)) (Goodfellow et al. 2014)."""

    def real(self, logits: Tensor) -> Tensor:
        return F.softplus(-logits).mean()

    def fake(self, logits: Tensor) -> Tensor:
        return F.softplus(logits).mean()

    def generator(self, logits: Tensor) -> Tensor:
        return F.softplus(-logits).mean()


class Saturating(NonSaturating):
    """The minimax game itself: G minimises log(1 - D(G(z))) (Goodfellow et al. 2014)."""

    def generator(self, logits: Tensor) -> Tensor:
        return -F.softplus(logits).mean()


class Hinge(Loss):
    """max(0, 1 - D) for reals, max(0, 1 + D) for fakes; G maximises D (Lim & Ye 2017)."""

    def real(self, logits: Tensor) -> Tensor:
        return F.relu(1 - logits).mean()

    def fake(self, logits: Tensor) -> Tensor:
        return F.relu(1 + logits).mean()

    def generator(self, logits: Tensor) -> Tensor:
        return -logits.mean()


class LeastSquares(Loss):
    """(1/2)(D - 1)^2 for reals, (1/2) D^2 for fakes; G minimises (1/2)(D - 1)^2 (Mao et al. 2017)."""

    def real(self, logits: Tensor) -> Tensor:
        return (logits - 1).square().mean() / 2

    def fake(self, logits: Tensor) -> Tensor:
        return logits.square().mean() / 2

    def generator(self, logits: Tensor) -> Tensor:
        return (logits - 1).square().mean() / 2


class Wasserstein(Loss):
    """-D for reals, D for fakes; G minimises -D (Arjovsky et al. 2017)."""

    def real(self, logits: Tensor) -> Tensor:
        return -logits.mean()

    def fake(self, logits: Tensor) -> Tensor:
        return logits.mean()

    def generator(self, logits: Tensor) -> Tensor:
        return -logits.mean()


LOSSES: dict[str, Loss] = {
    "non_saturating": NonSaturating(),
    "saturating": Saturating(),
    "hinge": Hinge(),
    "least_squares": LeastSquares(),
    "wasserstein": Wasserstein(),
}
