"""Historical averaging (Salimans et al. 2016).

weight ||theta - (1/t) sum of past theta||^2 joins the objective of both players. The past begins with
the weights after a player's first step.
"""

from typing import Any

import torch
from torch import Tensor, nn

from ganmatrix.methods.protocol import PlayerProtocol, Update
from ganmatrix.methods.techniques.technique import Sides, Technique, Term
from ganmatrix.params.techniques import HistoricalAveragingParams


class History:
    """The mean of a network's past weights."""

    def __init__(self) -> None:
        self.count = 0
        self.means: list[Tensor] = []

    def distance(self, network: nn.Module) -> Tensor:
        """||theta - mean||^2, 0 before there is a past."""
        weights = list(network.parameters())
        if self.count == 0:
            return weights[0].new_zeros(())
        self.means = [mean.to(weights[0].device) for mean in self.means]
        pairs = zip(weights, self.means, strict=True)
        return torch.stack([(weight - mean).square().sum() for weight, mean in pairs]).sum()

    def add(self, network: nn.Module) -> None:
        """The present joins the past."""
        self.count += 1
        weights = [weight.detach() for weight in network.parameters()]
        if self.count == 1:
            self.means = [weight.clone() for weight in weights]
        for mean, weight in zip(self.means, weights, strict=True):
            mean.lerp_(weight, 1 / self.count)


class HistoricalAveraging(Technique[HistoricalAveragingParams]):
    """Players that circle each other are drawn to the centre."""

    def __init__(self, params: HistoricalAveragingParams) -> None:
        super().__init__(params)
        self.generator, self.discriminator = History(), History()

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        return self.term("discriminator", self.discriminator, update.discriminator)

    def generator_term(self, fake: Tensor, update: Update) -> Term:
        return self.term("generator", self.generator, update.generator)

    def after_generator(self, update: Update) -> None:
        self.generator.add(update.generator.network)

    def after_discriminator(self, update: Update) -> None:
        self.discriminator.add(update.discriminator.network)

    def term(self, name: str, history: History, player: PlayerProtocol) -> Term:
        distance = history.distance(player.network)
        return self.params.weight * distance, {f"history_distance_{name}": distance.detach()}

    def state_dict(self) -> dict[str, Any]:
        return {
            name: {"count": history.count, "means": [mean.clone() for mean in history.means]}
            for name, history in (("generator", self.generator), ("discriminator", self.discriminator))
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, history in (("generator", self.generator), ("discriminator", self.discriminator)):
            history.count, history.means = state[name]["count"], state[name]["means"]
