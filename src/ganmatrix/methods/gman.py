"""GMAN, the generative multi-adversarial network (Durugkar et al. 2017): one G against several D.

Each D descends its own loss on the same batches. G's loss is the softmax-weighted mean of what it loses to
each: sum_i w_i l_i, w = softmax(hardness * l). 0 is the plain mean, a large hardness the worst of them.
"""

import dataclasses

import torch
from torch import Tensor, nn

from ganmatrix.methods.losses.loss import SeparableLoss, build_separable
from ganmatrix.methods.method import Build, Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import GmanParams


class Ensemble(nn.Module):
    """Several D as one: the mean of their logits (N,)."""

    def __init__(self, members: list[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, x: Tensor) -> Tensor:
        return self.each(x).mean(0)

    def each(self, x: Tensor) -> Tensor:
        """All their logits (K, N)."""
        return torch.stack([member(x) for member in self.members])


class Gman(Method[SeparableLoss]):
    """What one D misses, another sees."""

    def __init__(self, params: GmanParams) -> None:
        super().__init__(build_separable(params.loss))
        self.params = params

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair = super().networks(build, shape)
        others = [build(shape).discriminator for _ in range(self.params.discriminators - 1)]
        return dataclasses.replace(pair, discriminator=Ensemble([pair.discriminator, *others]))

    def members(self, pair: Pair) -> tuple[nn.Module, ...]:
        assert isinstance(pair.discriminator, Ensemble)
        return tuple(pair.discriminator.members)

    def update_discriminator(self, update: Update) -> Logs:
        return self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))

    def contest(self, real: Tensor, fake: Tensor, update: Update) -> tuple[Tensor, Tensor, Tensor]:
        ensemble = update.discriminator.network
        assert isinstance(ensemble, Ensemble)
        real_logits, fake_logits = (update.discriminator.call(ensemble.each, x) for x in (real, fake))
        losses = [self.loss.discriminator(*each) for each in zip(real_logits, fake_logits, strict=True)]
        return torch.stack(losses).sum(), real_logits.mean(0), fake_logits.mean(0)

    def adversarial_term(self, fake: Tensor, partners: tuple[Tensor, ...], update: Update) -> Tensor:
        ensemble = update.discriminator.network
        assert isinstance(ensemble, Ensemble)
        each = update.discriminator.call(ensemble.each, fake)
        losses = torch.stack([self.loss.generator(logits, None) for logits in each])
        return (losses * (self.params.hardness * losses).softmax(0)).sum()
