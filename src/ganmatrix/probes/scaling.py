"""D on images that are magnified or shrunk."""

import torch
from torch import Tensor

from ganmatrix.probes.transforms import transform_probe, warp


def scale(images: Tensor, factor: float) -> Tensor:
    """Images (n, c, s, s) magnified about their centre; below 1 they shrink."""
    return warp(images, (torch.eye(2, 3) / factor).expand(len(images), 2, 3))


PROBE = transform_probe(
    name="scaling",
    axis="scale",
    amounts=lambda params: params.scaling_factors,
    neutral=1,
    transform=scale,
    directions="about the centre",
    lacking_on_points="scaling is for images: points have no frame to be magnified in",
)
