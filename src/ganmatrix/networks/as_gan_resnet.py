"""The ResNets of AS-GAN's authors (Liu et al. 2021) at 32 and 64 pixels.

From CirclePassFilter/AS_GAN, `model/resnet{32,64}*.py`, with latent 100. They differ from SNGAN's: the last
convolution of G is 1x1, every block of D halves the side (to 2x2), D's spectral norm is optional, and G
starts from torch's defaults, since its Xavier initialisation stands in the authors' code but is never
called. Blocks, bilinear doubling, D's initialisation and the sum over positions are SNGAN's.

| pixels | `layout` | G's widths | D's widths | spectral norm in the authors' code |
|---|---|---|---|---|
| 32 | wide | 512, 256, 128, 64 | 96, 192, 384, 768 | without |
| 32 | same | 256 throughout | 256 throughout | with and without |
| 64 | wide | 1024, 512, 256, 128, 64 | 64, 128, 256, 512, 1024 | without |
| 64 | same | 256 throughout | 256 throughout | with and without |

Their `resnet32_sn.py` is `same` of width 64 with spectral norm. D is a raw logit here, where theirs ends
in a sigmoid. Ours: the wide layout with spectral norm, the local maps (those before the last block),
and for points the residual MLP, since the authors have no network for points.
"""

from ganmatrix.networks import residual_mlp
from ganmatrix.networks.pair import Pair, attention_suffix
from ganmatrix.networks.resnet import ResNetLayout, discriminator, generator
from ganmatrix.params.architectures import AsGanNetwork, AsGanPointNetwork

LAYOUTS = {
    ("wide", 32): ResNetLayout(4, (8, 4, 2, 1), (1, 2, 4, 8), 4),
    ("same", 32): ResNetLayout(4, (1, 1, 1, 1), (1, 1, 1, 1), 4),
    ("wide", 64): ResNetLayout(4, (16, 8, 4, 2, 1), (1, 2, 4, 8, 16), 5),
    ("same", 64): ResNetLayout(4, (1, 1, 1, 1, 1), (1, 1, 1, 1, 1), 5),
}
"""By `layout` and the side of the images in pixels."""


def build_points(params: AsGanPointNetwork, dimension: int) -> Pair:
    """The residual MLP with or without spectral norm."""
    return residual_mlp.build(params, dimension, spectral=params.spectral)


def build(params: AsGanNetwork, channels: int, resolution: int) -> Pair:
    """The pair for square images of 32 or 64 pixels."""
    layout, attention = LAYOUTS[params.layout, resolution], params.attention
    name, suffix = f"as_gan_resnet{resolution}_{params.layout}", attention_suffix(attention)
    norm = "_sn" if params.spectral else ""
    return Pair(
        generator=generator(
            params.latent,
            params.generator_width,
            layout,
            channels,
            attention=attention,
            last_kernel=1,
            xavier=False,
        ),
        discriminator=discriminator(
            params.discriminator_width,
            layout,
            channels,
            resolution,
            attention=attention,
            spectral=params.spectral,
        ),
        latent=params.latent,
        generator_name=f"{name}_w{params.generator_width}{suffix}",
        discriminator_name=f"{name}_w{params.discriminator_width}{norm}{suffix}",
    )
