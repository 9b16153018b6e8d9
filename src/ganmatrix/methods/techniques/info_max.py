"""InfoMax-GAN's auxiliary task (Lee et al. 2021): an image's parts and its whole belong together.

Local maps (N, C, h, w) and features (N, F) are projected to one space by a small residual head each
(1x1 layer, ReLU, 1x1 layer, plus a linear shortcut), as in mimicry. There the next block rectifies the local
maps in place; here they are rectified where the network says `rectified_shortcuts`. InfoNCE: every local
vector should match its own image's global vector rather than the local vectors of other images do. D
learns it on clean reals, G on its fakes, each with weight 0.2.
"""

import torch
from torch import Tensor, nn

from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.technique import NOTHING, Sides, Technique, Term
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.techniques import InfoMaxParams


class Projection(nn.Module):
    """Vectors (..., inputs) to (..., outputs): a two-layer map plus a linear one."""

    def __init__(self, critic: Critic, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = critic.normed(_linear(inputs, inputs))
        self.second = critic.normed(_linear(inputs, outputs))
        self.shortcut = critic.normed(_linear(inputs, outputs))

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).relu()) + self.shortcut(x)


def _linear(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    return layer


class InfoMax(Technique[InfoMaxParams]):
    """D does not forget what makes up an image."""

    def adapt(self, pair: Pair) -> Pair:
        critic = pair.critic()
        critic.heads["info_max_local"] = Projection(critic, critic.channels, self.params.dimension)
        critic.heads["info_max_global"] = Projection(critic, critic.width, self.params.dimension)
        return pair

    def discriminator_term(self, sides: Sides, update: Update) -> Term:
        loss = self.task(sides.clean_real, update)
        return self.params.discriminator_weight * loss, {"info_max_real": loss.detach()}

    def generator_term(self, fake: Tensor, update: Update) -> Term:
        if self.params.generator_weight == 0:
            return NOTHING
        loss = self.task(fake, update)
        return self.params.generator_weight * loss, {"info_max_fake": loss.detach()}

    def task(self, images: Tensor, update: Update) -> Tensor:
        """InfoNCE between the local maps and the features of images."""
        critic = update.discriminator.network
        assert isinstance(critic, Critic)

        def projected(x: Tensor) -> tuple[Tensor, Tensor]:
            views = critic.views(x)
            local = views.local.flatten(2).transpose(1, 2)
            return critic.heads["info_max_local"](local), critic.heads["info_max_global"](views.features)

        return info_nce(*update.discriminator.call(projected, images))


def info_nce(local: Tensor, whole: Tensor) -> Tensor:
    """Mean InfoNCE of local vectors (N, L, R) and global vectors (N, R).

    For a place l of image n the positive is local[n, l] . whole[n]; the negatives are
    local[m, k] . whole[n] of all other images m and places k.
    """
    count = len(local)
    scores = torch.einsum("mkr,nr->nmk", local, whole)
    own = torch.eye(count, dtype=torch.bool, device=local.device)
    positives = scores.diagonal(dim1=0, dim2=1).T
    negatives = scores.masked_fill(own[:, :, None], -torch.inf).flatten(1).logsumexp(dim=1, keepdim=True)
    return (torch.logaddexp(positives, negatives) - positives).mean()
