"""PacGAN (Lin et al. 2018): D judges packs of m samples of one side.

Samples of a pack are stacked as channels of an image, or as coordinates of a point. Every sample of a
pack is given the pack's logit, so that means over samples are means over packs.
"""

import dataclasses

from torch import Tensor, nn

from ganmatrix.methods.losses.loss import Loss, build
from ganmatrix.methods.method import Build, Method
from ganmatrix.methods.protocol import Logs, Update
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import PacGanParams


class Packed(nn.Module):
    """A D of packs as a function of samples (N, *shape), packed in the order they come; N divides by m."""

    def __init__(self, critic: nn.Module, packing: int) -> None:
        super().__init__()
        self.critic, self.packing = critic, packing

    def forward(self, x: Tensor) -> Tensor:
        packs = x.unflatten(0, (-1, self.packing)).flatten(1, 2)
        return self.critic(packs).repeat_interleave(self.packing)


class OfOneSample(nn.Module):
    """A packed D for probes: the same logits, with the gradient of a pack's logit in each of its samples.

    Summed over samples a pack's logit counts m times, and so does its gradient; here it counts once.
    """

    def __init__(self, packed: nn.Module, packing: int) -> None:
        super().__init__()
        self.packed, self.packing = packed, packing

    def forward(self, x: Tensor) -> Tensor:
        logits = self.packed(x)
        fixed = logits.detach()
        return fixed + (logits - fixed) / self.packing


class PacGan(Method[Loss]):
    """A G that repeats itself is told by its packs."""

    def __init__(self, params: PacGanParams) -> None:
        super().__init__(build(params.loss))
        self.packing = params.packing

    def networks(self, build: Build, shape: tuple[int, ...]) -> Pair:
        pair = super().networks(build, shape)
        packs = build((self.packing * shape[0], *shape[1:])).discriminator
        return dataclasses.replace(pair, discriminator=Packed(packs, self.packing))

    def critic(self, pair: Pair) -> nn.Module:
        return OfOneSample(pair.discriminator, self.packing)

    def update_discriminator(self, update: Update) -> Logs:
        return self.descend_discriminator(update, update.real, update.draw_fakes(len(update.real)))
