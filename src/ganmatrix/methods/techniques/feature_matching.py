"""Feature matching (Salimans et al. 2016): G descends ||E f(x) - E f(G(z))||^2 and nothing else.

f are the features that D's logit is a linear map of; expectations are batch means.
"""

import torch
from torch import Tensor

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.technique import Technique, Term
from ganmatrix.networks.critic import Critic
from ganmatrix.params.techniques import FeatureMatchingParams


class FeatureMatching(Technique[FeatureMatchingParams]):
    """G no longer overtrains on the current D."""

    @property
    def replaces_adversary(self) -> bool:
        return True

    def generator_term(self, fake: Tensor, update: Update) -> Term:
        critic = update.discriminator.network
        assert isinstance(critic, Critic)
        with torch.no_grad():
            wanted = update.discriminator.call(critic.views, update.real).features.mean(0)
        found = update.discriminator.call(critic.views, fake).features.mean(0)
        distance = (found - wanted).square().sum()
        return self.params.weight * distance, {"feature_distance": distance.detach()}
