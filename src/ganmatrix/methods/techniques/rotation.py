"""SSGAN's auxiliary task (Chen et al. 2019): by how much is an image turned?

As mimicry has it: each quarter of the batch is turned by 0, 90, 180 and 270 degrees; a linear head on
D's features names the turn, in cross-entropy. D learns it on clean reals (weight 1.0), G is
rewarded for fakes whose turn D can name (weight 0.2).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.technique import NOTHING, Sides, Technique, Term
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.techniques import RotationParams

TURNS = 4


class Rotation(Technique[RotationParams]):
    """D keeps features that are good for more than telling sides apart."""

    def adapt(self, pair: Pair) -> Pair:
        critic = pair.critic()
        head = nn.Linear(critic.width, TURNS)
        nn.init.xavier_uniform_(head.weight)
        critic.heads["rotation"] = critic.normed(head)
        return pair

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        loss = self.task(sides.clean_real, update)
        return self.params.discriminator_weight * loss, {"rotation_real": loss.detach()}

    def generator_term(self, fake: Tensor, update: Update) -> Term:
        if self.params.generator_weight == 0:
            return NOTHING
        loss = self.task(fake, update)
        return self.params.generator_weight * loss, {"rotation_fake": loss.detach()}

    def task(self, images: Tensor, update: Update) -> Tensor:
        """Cross-entropy of D's guesses on turned images."""
        critic = update.discriminator.network
        assert isinstance(critic, Critic)
        turned, turns = turn_quarters(images)

        def guess(x: Tensor) -> Tensor:
            return critic.heads["rotation"](critic.views(x).features)

        return F.cross_entropy(update.discriminator.call(guess, turned), turns)


def turn_quarters(images: Tensor) -> tuple[Tensor, Tensor]:
    """Images (N, C, S, S), turned by quarters of the batch, and the turns (N,) in units of 90 degrees."""
    turns = torch.arange(len(images), device=images.device) * TURNS // len(images)
    bounds = [-(-turn * len(images) // TURNS) for turn in range(TURNS + 1)]
    pieces = [images[bounds[turn] : bounds[turn + 1]].rot90(turn, (2, 3)) for turn in range(TURNS)]
    return torch.cat(pieces), turns
