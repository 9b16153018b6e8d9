"""Discrimination of images that are moved as a whole: rotated, translated, magnified."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from ganmatrix.entry import Axis, Entry
from ganmatrix.params.probes import Probes
from ganmatrix.probes.curve import curve_columns, curve_entries, discrimination
from ganmatrix.probes.subject import Probe, Subject

INTERPOLATION, PADDING = "bilinear", "reflection"


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
