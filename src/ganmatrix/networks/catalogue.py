"""The architecture families: each names a builder for points and one for images."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganmatrix.networks import as_gan_resnet, dcgan, mlp, residual_mlp, sngan_resnet
from ganmatrix.networks.pair import Pair
from ganmatrix.params.architectures import Architecture


@dataclass(frozen=True)
class Family:
    """How a family adapts to the data's shape: each builder takes its own section of the params."""

    points: Callable[[Any, int], Pair]
    images: Callable[[Any, int, int], Pair]


FAMILIES: dict[str, Family] = {
    "conventional": Family(points=mlp.build, images=dcgan.build),
    "resnet_sn": Family(points=residual_mlp.build, images=sngan_resnet.build),
    "as_gan_resnet": Family(points=as_gan_resnet.build_points, images=as_gan_resnet.build),
}


def build(params: Architecture, shape: tuple[int, ...]) -> Pair:
    """The family's pair for data of that shape: (dimension,) or (channels, side, side).

    Which sides a family has networks for is checked when the params are loaded.
    Weights are drawn from torch's default generator; seed it first.
    """
    family = FAMILIES[params.kind]
    if len(shape) == 1:
        return family.points(params.points, shape[0])
    channels, side, _ = shape
    return family.images(params.images, channels, side)
