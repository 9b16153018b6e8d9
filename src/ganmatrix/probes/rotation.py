"""D on images that are turned."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmatrix.probes.transforms import transform_probe, warp


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Images (n, c, s, s) turned about their centre by turns: counterclockwise, clockwise, and so on."""
    angles = math.radians(degrees) * (1 - 2 * (torch.arange(len(images)) % 2).double())
    cos, sin = angles.cos(), angles.sin()
    turned = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))
    return warp(images, F.pad(turned, (0, 1)))


PROBE = transform_probe(
    name="rotation",
    axis="degrees",
    amounts=lambda params: params.rotation_degrees,
    neutral=0,
    transform=rotate,
    directions="counterclockwise and clockwise by turns",
    lacking_on_points="rotation is for images: points have no side that is up",
)
