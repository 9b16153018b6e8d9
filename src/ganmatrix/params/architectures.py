"""`architectures`: families of (generator, discriminator) pairs that adapt to the data's shape."""

from typing import Annotated, Literal

from pydantic import Field

from ganmatrix.params.base import Section

Width = Annotated[int, Field(ge=4, le=2048)]
Latent = Annotated[int, Field(ge=1, le=1024)]


class PointNetwork(Section):
    """The family's member for 2-D points."""

    latent: Latent = Field(description="dimension of z")
    width: Width = Field(description="units of a hidden layer")
    depth: int = Field(ge=1, le=16, description="hidden layers, or residual blocks")


class ImageNetwork(Section):
    """The family's member for images; its depth follows from the resolution."""

    latent: Latent = Field(description="dimension of z")
    generator_width: Width = Field(description="channels of G at its highest resolution")
    discriminator_width: Width = Field(description="channels of D's first layer")


class Conventional(Section):
    """An MLP on points, a DCGAN on images: batch normalisation, no spectral norm."""

    kind: Literal["conventional"]
    points: PointNetwork
    images: ImageNetwork


class ResnetSn(Section):
    """A residual MLP on points, the SNGAN ResNet on images; spectral norm in every layer of D."""

    kind: Literal["resnet_sn"]
    points: PointNetwork
    images: ImageNetwork


Architecture = Annotated[Conventional | ResnetSn, Field(discriminator="kind")]
