"""Discrimination of images that are moved as a whole: rotated, translated, magnified."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from ganmatrix.entry import Axis, Entry
from ganmatrix.params.probes import Probes
from ganmatrix.probes.discrimination import curve_columns, curve_entries, discrimination
from ganmatrix.probes.subject import Probe, Subject

INTERPOLATION, PADDING = "bilinear", "reflection"

_DIRECTIONS = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
"""Of translations: x to the right, y down."""


def warp(images: Tensor, matrices: Tensor) -> Tensor:
    """Images (n, c, s, s) whose value at p is that of the given images at matrices (n, 2, 3) times (p, 1).

    Positions p = (x, y) run from -1 to 1 over the side, x to the right and y down. What comes in from
    beyond the edge is the image mirrored at it: a constant would be a mark of its own for D.
    """
    grid = F.affine_grid(matrices.to(images), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode=INTERPOLATION, padding_mode=PADDING, align_corners=False)


def transform_probe(
    name: str,
    axis: Axis,
    amounts: Callable[[Probes], list[float]],
    neutral: float,
    transform: Callable[[Tensor, float], Tensor],
    directions: str,
    lacking_on_points: str,
) -> Probe:
    """Accuracy and AUROC with reals and fakes transformed alike, over the amounts that params name.

    At the `neutral` amount images are left as they are, without interpolation.
    """

    def measure(subject: Subject) -> dict[str, Entry]:
        at = amounts(subject.params)
        rows = [
            discrimination(
                subject,
                *(
                    side if amount == neutral else transform(side, amount)
                    for side in (subject.reals, subject.fakes)
                ),
            )
            for amount in at
        ]
        protocol = {"interpolation": INTERPOLATION, "padding": PADDING, "directions": directions}
        return curve_entries(curve_columns(name), axis, at, rows, subject.protocol | protocol)

    return Probe(columns=curve_columns(name), measure=measure, lacking_on_points=lacking_on_points)


def rotate(images: Tensor, degrees: float) -> Tensor:
    """Images (n, c, s, s) turned about their centre by turns: counterclockwise, clockwise, and so on."""
    angles = math.radians(degrees) * (1 - 2 * (torch.arange(len(images)) % 2).double())
    cos, sin = angles.cos(), angles.sin()
    turned = torch.stack([cos, -sin, sin, cos], dim=1).unflatten(1, (2, 2))
    return warp(images, F.pad(turned, (0, 1)))


ROTATION = transform_probe(
    name="rotation",
    axis="degrees",
    amounts=lambda params: params.rotation_degrees,
    neutral=0,
    transform=rotate,
    directions="counterclockwise and clockwise by turns",
    lacking_on_points="rotation is for images: points have no side that is up",
)


def translate(images: Tensor, share: float) -> Tensor:
    """Images (n, c, s, s) moved by share * s pixels by turns: to the right, down, left, up, and so on."""
    moves = _DIRECTIONS[torch.arange(len(images)) % len(_DIRECTIONS)]
    # The side is 2 units long, and content that moves to the right is looked up on the left.
    looked_up = -2 * share * moves
    return warp(images, torch.cat([torch.eye(2).expand(len(images), 2, 2), looked_up[:, :, None]], dim=2))


TRANSLATION = transform_probe(
    name="translation",
    axis="side_share",
    amounts=lambda params: params.translation_shares,
    neutral=0,
    transform=translate,
    directions="right, down, left and up by turns",
    lacking_on_points="translation is for images: points have no frame to be moved in",
)


def scale(images: Tensor, factor: float) -> Tensor:
    """Images (n, c, s, s) magnified about their centre; below 1 they shrink."""
    return warp(images, (torch.eye(2, 3) / factor).expand(len(images), 2, 3))


SCALING = transform_probe(
    name="scaling",
    axis="scale",
    amounts=lambda params: params.scaling_factors,
    neutral=1,
    transform=scale,
    directions="about the centre",
    lacking_on_points="scaling is for images: points have no frame to be magnified in",
)
