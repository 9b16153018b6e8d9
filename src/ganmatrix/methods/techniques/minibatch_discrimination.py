"""Minibatch discrimination (Salimans et al. 2016): D sees how near a sample is to its batch.

Features f (N, F) are mapped to M = f T (N, B, C); o_b(x_i) = sum over j != i of exp(-||M_ib - M_jb||_1).
The logit is a linear map of [f, o]. A sample's output then depends on its batch, so that reals and
fakes are passed separately.
"""

import torch
from torch import Tensor, nn

from ganmatrix.methods.techniques.technique import Technique
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import AcrossBatch, Pair
from ganmatrix.params.techniques import MinibatchDiscriminationParams


class Nearness(AcrossBatch):
    """Features (N, F) to a logit (N, 1) that also depends on their nearness to each other."""

    def __init__(self, critic: Critic, kernels: int, dimension: int) -> None:
        super().__init__()
        self.kernels, self.dimension = kernels, dimension
        self.logit = critic.logit
        self.map = critic.normed(nn.Linear(critic.width, kernels * dimension, bias=False))
        self.nearness_logit = critic.normed(nn.Linear(kernels, 1, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        return self.logit(features) + self.nearness_logit(self.nearness(features))

    def nearness(self, features: Tensor) -> Tensor:
        """o (N, B)."""
        mapped = self.map(features).unflatten(1, (self.kernels, self.dimension))
        distances = (mapped[:, None] - mapped[None]).abs().sum(-1)
        return torch.exp(-distances).sum(1) - 1  # less its own


class MinibatchDiscrimination(Technique[MinibatchDiscriminationParams]):
    """A G that collapses to few samples is told by their nearness."""

    def adapt(self, pair: Pair) -> Pair:
        critic = pair.critic()
        critic.logit = Nearness(critic, self.params.kernels, self.params.dimension)
        return pair
