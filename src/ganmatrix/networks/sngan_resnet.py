"""The ResNets of SNGAN (Miyato et al. 2018) in the form that mimicry made common.

Spectral norm in every layer of D, none in G. At 32 pixels all blocks of a network are equally wide:
widths 256 and 128. At 48, 64 and 128 pixels the widths double towards the small maps: G from 512 (at 48)
or 1024 to 64, D from 64 to 1024. With latent 128 the parameters are exactly those of torch-mimicry 0.1.16.

| pixels | G's maps | G's widths | D's widths | D halves |
|---|---|---|---|---|
| 32 | 4 to 32 | 256, 256, 256, 256 | 128, 128, 128, 128 | the first 2 |
| 48 | 6 to 48 | 512, 256, 128, 64 | 64, 128, 256, 512, 1024 | the first 4 |
| 64 | 4 to 64 | 1024, 512, 256, 128, 64 | 64, 128, 256, 512, 1024 | all 5 |
| 128 | 4 to 128 | 1024, 1024, 512, 256, 128, 64 | 64, 128, 256, 512, 1024, 1024 | the first 5 |

16 pixels are ours: the network for 32 with a block less in G, and in D a block less that keeps the side.

mimicry's in-place ReLU also rectifies what the shortcuts of D's blocks get, from the second block on, and
InfoMax-GAN's local features: `rectified_shortcuts` has that. Without it the shortcut gets the block's input,
as in Miyato et al.'s blocks.
"""

from ganmatrix.networks.pair import Pair, attention_suffix
from ganmatrix.networks.resnet import ResNetLayout, discriminator, generator
from ganmatrix.params.architectures import SnganNetwork

LAYOUTS = {
    16: ResNetLayout(4, (1, 1, 1), (1, 1, 1), 2),
    32: ResNetLayout(4, (1, 1, 1, 1), (1, 1, 1, 1), 2),
    48: ResNetLayout(6, (8, 4, 2, 1), (1, 2, 4, 8, 16), 4),
    64: ResNetLayout(4, (16, 8, 4, 2, 1), (1, 2, 4, 8, 16), 5),
    128: ResNetLayout(4, (16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16), 5),
}
"""By the side of the images in pixels."""


def build(params: SnganNetwork, channels: int, resolution: int) -> Pair:
    """The pair for square images of 16, 32, 48, 64 or 128 pixels."""
    layout, attention = LAYOUTS[resolution], params.attention
    suffix = attention_suffix(attention)
    return Pair(
        generator=generator(params.latent, params.generator_width, layout, channels, attention=attention),
        discriminator=discriminator(
            params.discriminator_width,
            layout,
            channels,
            resolution,
            attention=attention,
            spectral=True,
            rectified=params.rectified_shortcuts,
        ),
        latent=params.latent,
        generator_name=f"sngan_resnet{resolution}_w{params.generator_width}{suffix}",
        discriminator_name=f"sngan_resnet{resolution}_w{params.discriminator_width}{suffix}"
        + ("_rectified" if params.rectified_shortcuts else ""),
    )
