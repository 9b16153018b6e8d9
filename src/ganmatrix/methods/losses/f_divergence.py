"""f-GAN (Nowozin et al. 2016): D's logit v becomes a variational function T = g(v).

D maximises E_real[T] - E_fake[f*(T)], whose supremum is the divergence D_f(data || model). G
minimises -E_fake[T], the authors' practical rule (their section 3.2). Both are written in v.
"""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmatrix.methods.losses.loss import SeparableLoss


class FDivergence(SeparableLoss):
    """One divergence: its output activation and its conjugate."""

    @abstractmethod
    def activation(self, logits: Tensor) -> Tensor:
        """g(v), within the domain of f*."""

    @abstractmethod
    def conjugate(self, logits: Tensor) -> Tensor:
        """f*(g(v))."""

    def on_real(self, logits: Tensor) -> Tensor:
        return -self.activation(logits).mean()

    def on_fake(self, logits: Tensor) -> Tensor:
        return self.conjugate(logits).mean()

    def generator(self, fake: Tensor, real: Tensor | None) -> Tensor:
        return -self.activation(fake).mean()


class KullbackLeibler(FDivergence):
    """f(u) = u log u; g(v) = v, f*(t) = exp(t - 1)."""

    def activation(self, logits: Tensor) -> Tensor:
        return logits

    def conjugate(self, logits: Tensor) -> Tensor:
        return torch.exp(logits - 1)


class ReverseKullbackLeibler(FDivergence):
    """f(u) = -log u; g(v) = -exp(-v), f*(t) = -1 - log(-t) = v - 1."""

    def activation(self, logits: Tensor) -> Tensor:
        return -torch.exp(-logits)

    def conjugate(self, logits: Tensor) -> Tensor:
        return logits - 1


class Pearson(FDivergence):
    """f(u) = (u - 1)^2; g(v) = v, f*(t) = t^2 / 4 + t."""

    def activation(self, logits: Tensor) -> Tensor:
        return logits

    def conjugate(self, logits: Tensor) -> Tensor:
        return logits.square() / 4 + logits


class Hellinger(FDivergence):
    """f(u) = (sqrt(u) - 1)^2; g(v) = 1 - exp(-v), f*(t) = t / (1 - t) = exp(v) - 1."""

    def activation(self, logits: Tensor) -> Tensor:
        return -torch.expm1(-logits)

    def conjugate(self, logits: Tensor) -> Tensor:
        return torch.expm1(logits)


class JensenShannon(FDivergence):
    """f(u) = u log u - (u + 1) log((u + 1) / 2); g(v) = log 2 - softplus(-v), f*(t) = -log(2 - e^t)."""

    def activation(self, logits: Tensor) -> Tensor:
        return _LOG_2 - F.softplus(-logits)

    def conjugate(self, logits: Tensor) -> Tensor:
        # 2 - 2 sigmoid(v) = 2 sigmoid(-v)
        return F.softplus(logits) - _LOG_2


_LOG_2 = 0.6931471805599453
