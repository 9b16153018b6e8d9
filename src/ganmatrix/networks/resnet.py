"""Residual image networks: what the ResNets of SNGAN and of AS-GAN's authors are made of.

G: a linear map to a small map, up-blocks, BN, ReLU, a convolution, tanh. D: down-blocks, ReLU, sum over
positions, one logit. A `ResNetLayout` says how many blocks there are and how wide. Xavier uniform: gain
sqrt(2) for the 3x3 convolutions of a block, 1 for all else.
"""

import itertools
import math
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganmatrix.networks.critic import Critic
from ganmatrix.networks.self_attention import attention_at
from ganmatrix.params.architectures import Attention


@dataclass(frozen=True)
class ResNetLayout:
    """The blocks of a pair: widths are multiples of the `generator_width` and `discriminator_width`."""

    start: int
    """Side of G's first map."""
    generator: tuple[int, ...]
    """Width of the first map, then of each up-block."""
    discriminator: tuple[int, ...]
    """Width of each down-block."""
    halvings: int
    """How many of these blocks, from the first, halve the side; the others keep it."""


def _conv(inputs: int, outputs: int, kernel: int, gain: float, *, xavier: bool = True) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    if xavier:
        nn.init.xavier_uniform_(conv.weight, gain)
    return conv


class UpBlock(nn.Module):
    """BN, ReLU, double the side, 3x3, BN, ReLU, 3x3; shortcut: double the side, 1x1."""

    def __init__(self, inputs: int, outputs: int, *, xavier: bool = True) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.conv1 = _conv(inputs, outputs, 3, math.sqrt(2), xavier=xavier)
        self.conv2 = _conv(outputs, outputs, 3, math.sqrt(2), xavier=xavier)
        self.shortcut = _conv(inputs, outputs, 1, 1.0, xavier=xavier)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(_double(F.relu(self.norm1(x), inplace=True)))
        hidden = self.conv2(F.relu(self.norm2(hidden), inplace=True))
        return hidden + _double(self.shortcut(x))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class DownBlock(nn.Module):
    """ReLU, 3x3, ReLU, 3x3, halve the side; the first block has no leading ReLU.

    With `rectified` no block has one: its input comes rectified, and the shortcut gets that input too. The
    shortcut is a 1x1 convolution where the block changes side or width, else the identity.
    Halving is a 2x2 mean. It is linear, so both paths take it where it is cheapest, for the same
    map: before the shortcut's convolution, and within the last 3x3 (`_halving_conv`).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        halve: bool,
        first: bool = False,
        spectral: bool = True,
        rectified: bool = False,
    ) -> None:
        super().__init__()
        self.halve, self.leading = halve, not (first or rectified)

        def conv(inputs: int, outputs: int, kernel: int, gain: float) -> nn.Module:
            made = _conv(inputs, outputs, kernel, gain)
            return spectral_norm(made) if spectral else made

        hidden = outputs if first else inputs
        self.conv1 = conv(inputs, hidden, 3, math.sqrt(2))
        self.conv2 = conv(hidden, outputs, 3, math.sqrt(2))
        same = inputs == outputs and not halve
        self.shortcut = nn.Identity() if same else conv(inputs, outputs, 1, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.conv1(F.relu(x) if self.leading else x), inplace=True)
        if not self.halve:
            return self.conv2(hidden) + self.shortcut(x)
        return _halving_conv(hidden, self.conv2) + self.shortcut(F.avg_pool2d(x, 2))


def _halving_conv(x: Tensor, conv: nn.Module) -> Tensor:
    """The 2x2 mean of conv(x): one 4x4 convolution of stride 2, with 4/9 of the multiplications."""
    assert isinstance(conv, nn.Conv2d)
    return F.conv2d(x, halving_kernel(conv.weight), conv.bias, stride=2, padding=1)


def halving_kernel(kernel: Tensor) -> Tensor:
    """The mean of a 3x3 kernel's four placements in a 4x4 window, (O, I, 3, 3) to (O, I, 4, 4)."""
    return F.avg_pool2d(kernel, 2, stride=1, padding=1)


def generator(
    latent: int,
    width: int,
    layout: ResNetLayout,
    channels: int,
    *,
    attention: Attention,
    last_kernel: int = 3,
    xavier: bool = True,
) -> nn.Sequential:
    """z (N, latent) to images (N, channels, S, S), S = start * 2**up-blocks; no Xavier: as torch starts."""
    widths = [width * multiple for multiple in layout.generator]
    side = layout.start
    linear = nn.Linear(latent, widths[0] * side**2)
    if xavier:
        nn.init.xavier_uniform_(linear.weight)
    layers: list[nn.Module] = [linear, nn.Unflatten(1, (widths[0], side, side))]
    layers += attention_at(attention, side, widths[0], spectral=False)
    for before, after in itertools.pairwise(widths):
        side *= 2
        layers += [UpBlock(before, after, xavier=xavier)]
        layers += attention_at(attention, side, after, spectral=False)
    return nn.Sequential(
        *layers,
        nn.BatchNorm2d(widths[-1]),
        nn.ReLU(inplace=True),
        _conv(widths[-1], channels, last_kernel, 1.0, xavier=xavier),
        nn.Tanh(),
    )


class SumPool(nn.Module):
    """ReLU, then the sum over positions: (N, C, h, w) to (N, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x).sum(dim=(2, 3))


def discriminator(
    width: int,
    layout: ResNetLayout,
    channels: int,
    resolution: int,
    *,
    attention: Attention,
    spectral: bool,
    rectified: bool = False,
) -> Critic:
    """Images (N, channels, resolution, resolution) to logits (N,).

    The local maps are those before the last block, as in InfoMax-GAN. With `rectified` the ReLU stands
    between the blocks, so that the shortcuts and the local maps are rectified too.
    """
    widths = [channels, *(width * multiple for multiple in layout.discriminator)]
    blocks: list[nn.Module] = []
    side = resolution
    for i, (before, after) in enumerate(itertools.pairwise(widths)):
        halve = i < layout.halvings
        block = DownBlock(before, after, halve=halve, first=i == 0, spectral=spectral, rectified=rectified)
        blocks += [nn.ReLU(), block] if rectified and i > 0 else [block]
        if halve:
            side //= 2
            blocks += attention_at(attention, side, after, spectral=spectral)
    logit = nn.Linear(widths[-1], 1)
    nn.init.xavier_uniform_(logit.weight)
    return Critic(
        nn.Sequential(*blocks[:-1]),
        nn.Sequential(blocks[-1], SumPool()),
        spectral_norm(logit) if spectral else logit,
        channels=widths[-2],
        width=widths[-1],
        spectral=spectral,
    )
