"""The architecture families: where each one's two builders are. Imports none of them."""

from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ganmatrix.params.architectures import Architecture

if TYPE_CHECKING:
    from ganmatrix.networks.pair import Pair

POINTS: dict[str, str] = {
    "conventional": "ganmatrix.networks.mlp:build",
    "resnet_sn": "ganmatrix.networks.residual_mlp:build",
    "as_gan_resnet": "ganmatrix.networks.as_gan_resnet:build_points",
}
"""Builders that take the params' `points` and the dimension."""

IMAGES: dict[str, str] = {
    "conventional": "ganmatrix.networks.dcgan:build",
    "resnet_sn": "ganmatrix.networks.sngan_resnet:build",
    "as_gan_resnet": "ganmatrix.networks.as_gan_resnet:build",
}
"""Builders that take the params' `images`, the number of channels and the side."""


def build(params: Architecture, shape: tuple[int, ...]) -> "Pair":
    """The family's pair for data of that shape: (dimension,) or (channels, side, side).

    Which sides a family has networks for is checked when the params are loaded.
    Weights are drawn from torch's default generator; seed it first.
    """
    if len(shape) == 1:
        return resolve_name(POINTS[params.kind])(params.points, shape[0])
    channels, side, _ = shape
    return resolve_name(IMAGES[params.kind])(params.images, channels, side)
