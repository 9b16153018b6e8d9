"""D on images that are moved sideways, up and down."""

import torch
from torch import Tensor

from ganmatrix.probes.transforms import transform_probe, warp

_DIRECTIONS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
"""x to the right, y down."""


def translate(images: Tensor, share: float) -> Tensor:
    """Images (n, c, s, s) moved by share * s pixels by turns: to the right, down, left, up, and so on."""
    moves = _DIRECTIONS[torch.arange(len(images)) % len(_DIRECTIONS)]
    # The side is 2 units long, and content that moves to the right is looked up on the left.
    looked_up = -2 * share * moves
    return warp(images, torch.cat([torch.eye(2).expand(len(images), 2, 2), looked_up[:, :, None]], dim=2))


PROBE = transform_probe(
    name="translation",
    axis="side_share",
    amounts=lambda params: params.translation_shares,
    neutral=0,
    transform=translate,
    directions="right, down, left and up by turns",
    lacking_on_points="translation is for images: points have no frame to be moved in",
)
