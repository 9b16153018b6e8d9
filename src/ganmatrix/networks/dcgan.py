"""DCGAN (Radford et al. 2016) at 16 to 128 pixels, as AS-GAN's authors use it.

4x4 kernels, stride 2, no biases; batch normalisation except next to the image; ReLU in G,
LeakyReLU(0.2) in D; weights from N(0, 0.02). Channels double with every halving of the side, so
at 32 pixels and width 128 G is 512-256-128-3 and D is 128-256-512-1; the authors' networks for 64 and 128
pixels have widths 128 and 64.

D is normalised as in these three, of which the first two are the authors':
- `batch`: as above;
- `spectral_and_batch`: spectral norm on every linear map, beside the batch normalisation;
- `spectral`: spectral norm alone. Ours: its maps have biases, from 0, since nothing else shifts them.

At 48 pixels, which the authors have not, the smallest map is 6x6, whose kernel is 6x6, too: as deep as the
network for 32 pixels. So do Miyato et al. 2018 adapt their plain CNN to the 48 pixels of STL-10, and a 3x3
map would have no 2x2 places for self-attention.
"""

import itertools

from torch import nn

from ganmatrix.networks.critic import Critic, normalise_spectrally
from ganmatrix.networks.pair import Pair, attention_suffix
from ganmatrix.networks.self_attention import attention_at
from ganmatrix.params.architectures import Attention, DcganNetwork, Normalisation

SUFFIXES: dict[Normalisation, str] = {"batch": "", "spectral_and_batch": "_sn_bn", "spectral": "_sn"}
"""What D's name says of its normalisation."""


def initialise(module: nn.Module) -> None:
    """N(0, 0.02) for linear maps, N(1, 0.02) for the scales of batch normalisation, 0 for biases."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def halvings(resolution: int) -> tuple[int, int]:
    """How often the side is halved, and the side of the smallest map: (3, 4) for 32, (3, 6) for 48."""
    smallest = 6 if resolution == 48 else 4
    return (resolution // smallest).bit_length() - 1, smallest


def generator(
    latent: int, width: int, channels: int, resolution: int, *, attention: Attention
) -> nn.Sequential:
    """z (N, latent) to the smallest map, then a doubling at a time to images (N, channels, S, S)."""
    levels, side = halvings(resolution)
    widths = [width * 2**i for i in reversed(range(levels))]
    layers: list[nn.Module] = [
        nn.Unflatten(1, (latent, 1, 1)),
        nn.ConvTranspose2d(latent, widths[0], side, 1, 0, bias=False),
    ]
    for before, after in zip(widths, [*widths[1:], channels], strict=True):
        layers += [nn.BatchNorm2d(before), nn.ReLU()]
        layers += attention_at(attention, side, before, spectral=False)
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
        side *= 2
    return nn.Sequential(*layers, nn.Tanh())


def discriminator(
    width: int, channels: int, resolution: int, *, normalisation: Normalisation, attention: Attention
) -> Critic:
    """Halvings down to the smallest map (the local maps), then one logit of it; no spectral norm yet."""
    levels, smallest = halvings(resolution)
    batch = normalisation != "spectral"
    widths = [channels, *(width * 2**i for i in range(levels))]
    layers: list[nn.Module] = []
    side = resolution
    for i, (before, after) in enumerate(itertools.pairwise(widths)):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=not batch)]
        layers += [nn.BatchNorm2d(after)] if batch and i else []
        layers += [nn.LeakyReLU(0.2)]
        side //= 2
        layers += attention_at(attention, side, after, spectral=False)
    features = widths[-1] * smallest**2
    return Critic(
        nn.Sequential(*layers),
        nn.Flatten(1),
        nn.Linear(features, 1, bias=not batch),
        channels=widths[-1],
        width=features,
        spectral=normalisation != "batch",
    )


def build(params: DcganNetwork, channels: int, resolution: int) -> Pair:
    """The pair for square images of 16, 32, 48, 64 or 128 pixels."""
    normalisation, attention = params.normalisation, params.attention
    suffix = attention_suffix(attention)
    norm = SUFFIXES[normalisation]
    pair = Pair(
        generator=generator(params.latent, params.generator_width, channels, resolution, attention=attention),
        discriminator=discriminator(
            params.discriminator_width,
            channels,
            resolution,
            normalisation=normalisation,
            attention=attention,
        ),
        latent=params.latent,
        generator_name=f"dcgan{resolution}_w{params.generator_width}{suffix}",
        discriminator_name=f"dcgan{resolution}_w{params.discriminator_width}{norm}{suffix}",
    )
    pair.generator.apply(initialise)
    pair.discriminator.apply(initialise)
    if normalisation != "batch":
        normalise_spectrally(pair.discriminator)
    return pair
