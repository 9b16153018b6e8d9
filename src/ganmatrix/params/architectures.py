"""`architectures`: families of (generator, discriminator) pairs that adapt to the data's shape."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ganmatrix.params.kinds import BY_KIND, Chosen, Member

Width = Annotated[int, Field(ge=4, le=2048)]
Depth = Annotated[int, Field(ge=1, le=16)]
Latent = Annotated[int, Field(ge=1, le=1024)]
Attention = Literal["none", 4, 6, 8, 12, 16, 24, 32, 64]
Normalisation = Literal["batch", "spectral_and_batch", "spectral"]

_MAPS = {
    16: (4, 8),
    32: (4, 8, 16),
    48: (6, 12, 24),
    64: (4, 8, 16, 32),
    128: (4, 8, 16, 32, 64),
}
"""Sides of the maps from 4x4 or 6x6 up to half the image."""


class PointNetwork(Member):
    """The family's network for 2-D points. Its code receives the dimension."""

    latent: Latent = Field(default=8, description="dimension of z")
    width: Width = Field(default=96, description="units of a hidden layer")
    depth: Depth = Field(default=3, description="hidden layers, or residual blocks")


class MlpNetwork(PointNetwork):
    """A multilayer perceptron; the options make PacGAN's: latent 2, G 4x400, D 3x200 of maxout units."""

    code: ClassVar[str] = "ganmatrix.networks.mlp:build"
    batch_norm: bool = Field(default=False, description="batch normalisation in G's hidden layers")
    activation: Literal["relu", "maxout"] = Field(
        default="relu", description="of D's hidden layers; maxout: a unit is the largest of 5 linear maps"
    )
    discriminator_width: Width | None = Field(default=None, description="none for that of G")
    discriminator_depth: Depth | None = Field(default=None, description="none for that of G")


class SnganPointNetwork(PointNetwork):
    """A residual MLP; spectral norm in every layer of D."""

    code: ClassVar[str] = "ganmatrix.networks.residual_mlp:build"


class AsGanPointNetwork(PointNetwork):
    """A residual MLP."""

    code: ClassVar[str] = "ganmatrix.networks.as_gan_resnet:build_points"
    spectral: bool = Field(default=False, description="spectral norm in every layer of D")


class ImageNetwork(Member):
    """The family's network for images.

    The depth depends on the resolution. Its code receives channels and side.
    """

    latent: Latent = Field(default=128, description="dimension of z")
    generator_width: Width = Field(
        default=64,
        description="channels of G's last hidden map; smaller maps have multiples of it, by family",
    )
    discriminator_width: Width = Field(
        default=64, description="channels of D's first layer; later layers have multiples of it, by family"
    )
    attention: Attention = Field(
        default="none", description="side of the map that gets self-attention, in both networks"
    )
    maps: ClassVar[dict[int, tuple[int, ...]]] = {}
    """Resolutions for which the family has a network, each with the sides of the maps that G and D both have.

    Self-attention pools 2x2, so odd sides do not count.
    """


class DcganNetwork(ImageNetwork):
    """DCGAN: widths double when the side halves.

    AS-GAN's authors use 128 and 128 at 32 and 64, and 64 at 128.
    """

    code: ClassVar[str] = "ganmatrix.networks.dcgan:build"
    normalisation: Normalisation = Field(
        default="batch", description="of D; G always has batch normalisation"
    )
    maps: ClassVar[dict[int, tuple[int, ...]]] = _MAPS


class SnganNetwork(ImageNetwork):
    """mimicry's ResNet: widths 256 and 128 at 32 pixels; 64 and 64 at 48, 64 and 128, where widths double."""

    code: ClassVar[str] = "ganmatrix.networks.sngan_resnet:build"
    rectified_shortcuts: bool = Field(
        default=False,
        description="true: the shortcuts of D's blocks get the rectified map, as mimicry's in-place ReLUs "
        "have it; false: the map itself, as in Miyato et al.",
    )
    maps: ClassVar[dict[int, tuple[int, ...]]] = _MAPS | {32: (8, 16)}


class AsGanNetwork(ImageNetwork):
    """The ResNet of AS-GAN's authors. `wide` has 64 and 96 at 32, 64 and 64 at 64; `same` has 256 and 256."""

    code: ClassVar[str] = "ganmatrix.networks.as_gan_resnet:build"
    layout: Literal["wide", "same"] = Field(
        default="wide", description="wide: widths double when the side halves; same: all are equal"
    )
    spectral: bool = Field(default=False, description="spectral norm in every layer of D")
    maps: ClassVar[dict[int, tuple[int, ...]]] = {side: _MAPS[side] for side in (32, 64)}


class ArchitectureSection(Chosen):
    """What every family has: a network for points, and one for images."""

    kind: str
    points: PointNetwork
    images: ImageNetwork


class Conventional(ArchitectureSection):
    """An MLP on points, a DCGAN on images; without options batch normalisation, no spectral norm."""

    kind: Literal["conventional"]
    points: MlpNetwork = Field(default_factory=MlpNetwork)
    images: DcganNetwork = Field(default_factory=DcganNetwork)


class ResnetSn(ArchitectureSection):
    """A residual MLP on points, the SNGAN ResNet on images; spectral norm in every layer of D."""

    kind: Literal["resnet_sn"]
    points: SnganPointNetwork = Field(default_factory=SnganPointNetwork)
    images: SnganNetwork = Field(default_factory=SnganNetwork)


class AsGanResnet(ArchitectureSection):
    """A residual MLP on points, the ResNet of AS-GAN's authors on images of 32 or 64 pixels."""

    kind: Literal["as_gan_resnet"]
    points: AsGanPointNetwork = Field(default_factory=AsGanPointNetwork)
    images: AsGanNetwork = Field(default_factory=AsGanNetwork)


Architecture = Annotated[Conventional | ResnetSn | AsGanResnet, BY_KIND]
