"""The ResNets of SNGAN (Miyato et al. 2018) in the form that mimicry made common.

At 32 pixels with widths 256 and 128 and latent 128 the pair has 4,276,739 and 1,053,825
parameters. G: a linear map to 4x4, up-blocks of constant width, BN, ReLU, 3x3, tanh. D: a first
down-block, a second one, flat blocks, ReLU, sum over positions, one logit; spectral norm
throughout. Convolutions of a block start from Xavier uniform with gain sqrt(2), all else gain 1.
"""

import math

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import ImageNetwork


def _conv(inputs: int, outputs: int, kernel: int, gain: float) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.xavier_uniform_(conv.weight, gain)
    return conv


def _normed(conv: nn.Conv2d) -> nn.Conv2d:
    spectral_norm(conv)
    return conv


class UpBlock(nn.Module):
    """BN, ReLU, double the side, 3x3, BN, ReLU, 3x3; shortcut: double the side, 1x1."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.conv1 = _conv(inputs, outputs, 3, math.sqrt(2))
        self.conv2 = _conv(outputs, outputs, 3, math.sqrt(2))
        self.shortcut = _conv(inputs, outputs, 1, 1.0)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.conv1(_double(F.relu(self.norm1(x), inplace=True)))
        hidden = self.conv2(F.relu(self.norm2(hidden), inplace=True))
        return hidden + _double(self.shortcut(x))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class DownBlock(nn.Module):
    """ReLU, 3x3, ReLU, 3x3, halve the side; the first block has no leading ReLU.

    The shortcut is a 1x1 convolution where the block changes side or width, else the identity.
    Halving is a 2x2 mean. It is linear, so both paths take it where it is cheapest, for the same
    map: before the shortcut's convolution, and within the last 3x3 (`_halving_conv`).
    """

    def __init__(self, inputs: int, outputs: int, *, halve: bool, first: bool = False) -> None:
        super().__init__()
        self.halve, self.first = halve, first
        hidden = outputs if first else inputs
        self.conv1 = _normed(_conv(inputs, hidden, 3, math.sqrt(2)))
        self.conv2 = _normed(_conv(hidden, outputs, 3, math.sqrt(2)))
        same = inputs == outputs and not halve
        self.shortcut = nn.Identity() if same else _normed(_conv(inputs, outputs, 1, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        hidden = F.relu(self.conv1(x if self.first else F.relu(x)), inplace=True)
        if not self.halve:
            return self.conv2(hidden) + self.shortcut(x)
        return _halving_conv(hidden, self.conv2) + self.shortcut(F.avg_pool2d(x, 2))


def _halving_conv(x: Tensor, conv: nn.Conv2d) -> Tensor:
    """The 2x2 mean of conv(x): one 4x4 convolution of stride 2, with 4/9 of the multiplications.

    Its kernel is the mean of the 3x3 kernel's four placements in a 4x4 window.
    """
    kernel = F.avg_pool2d(conv.weight, 2, stride=1, padding=1)
    return F.conv2d(x, kernel, conv.bias, stride=2, padding=1)


def generator(latent: int, width: int, levels: int, channels: int) -> nn.Sequential:
    """z (N, latent) to images (N, channels, 4 * 2**levels, 4 * 2**levels)."""
    linear = nn.Linear(latent, width * 16)
    nn.init.xavier_uniform_(linear.weight)
    return nn.Sequential(
        linear,
        nn.Unflatten(1, (width, 4, 4)),
        *[UpBlock(width, width) for _ in range(levels)],
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        _conv(width, channels, 3, 1.0),
        nn.Tanh(),
    )


class SumPool(nn.Module):
    """ReLU, then the sum over positions: (N, C, h, w) to (N, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x).sum(dim=(2, 3))


def discriminator(width: int, flat: int, channels: int) -> Critic:
    """Images to logits: two halvings, then `flat` blocks that keep the side.

    The local maps are those before the last block, as in InfoMax-GAN.
    """
    blocks = [
        DownBlock(channels, width, halve=True, first=True),
        DownBlock(width, width, halve=True),
        *[DownBlock(width, width, halve=False) for _ in range(flat)],
    ]
    logit = nn.Linear(width, 1)
    nn.init.xavier_uniform_(logit.weight)
    return Critic(
        nn.Sequential(*blocks[:-1]),
        nn.Sequential(blocks[-1], SumPool()),
        spectral_norm(logit),
        channels=width,
        width=width,
        spectral=True,
    )


def build(params: ImageNetwork, channels: int, resolution: int) -> Pair:
    """The pair for 16 or 32 pixels; at 16, G has one block less and D one flat block less."""
    levels = int(math.log2(resolution)) - 2
    return Pair(
        generator=generator(params.latent, params.generator_width, levels, channels),
        discriminator=discriminator(params.discriminator_width, levels - 1, channels),
        latent=params.latent,
        generator_name=f"sngan_resnet{resolution}_w{params.generator_width}",
        discriminator_name=f"sngan_resnet{resolution}_w{params.discriminator_width}",
    )
