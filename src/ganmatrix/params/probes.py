"""`probes`: how robust and how smooth a discriminator is."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ganmatrix.params.base import Ratio, Section


def _ascending(values: list[float]) -> list[float]:
    if any(later <= earlier for earlier, later in pairwise(values)):
        raise ValueError("expected values in ascending order, each once")
    return values


_POINTS = (Field(min_length=2), AfterValidator(_ascending))
"""Conditions for the points of a curve's axis."""

Strengths = Annotated[list[Annotated[Ratio, Field(ge=0, le=10)]], *_POINTS]
Degrees = Annotated[list[Annotated[Ratio, Field(ge=0, le=180)]], *_POINTS]
Shares = Annotated[list[Annotated[Ratio, Field(ge=0, le=0.5)]], *_POINTS]
Factors = Annotated[list[Annotated[Ratio, Field(ge=0.25, le=4)]], *_POINTS]
Severities = Annotated[list[Literal[1, 2, 3, 4, 5]], *_POINTS]

TransferStrength = Annotated[Ratio, Field(gt=0, le=10)]
"""Strengths without 0, because at strength 0 no attack lowers a logit and there is nothing to compare."""


class Probes(Section):
    """Attack strengths are root mean squares of perturbations on the data's [-1, 1] scale.

    A strength is the radius in the L-infinity norm, and the radius in L2 divided by the root of the number
    of values.
    """

    samples: int = Field(ge=16, le=100_000, description="held-out reals, and as many fresh fakes")
    point_strengths: Strengths = Field(default=[0, 0.02, 0.05, 0.1], description="of attacks on points")
    image_strengths: Strengths = Field(
        default=[0, 2 / 255, 4 / 255, 8 / 255], description="of attacks on images"
    )
    pgd_steps: int = Field(default=10, ge=1, le=1000)
    pgd_relative_step: float = Field(
        default=0.25, gt=0, le=2, description="size of a PGD step, as a share of the strength"
    )
    rotation_degrees: Degrees = Field(
        default=[0, 5, 10, 20, 30, 45], description="angles that images are turned by"
    )
    translation_shares: Shares = Field(
        default=[0, 1 / 16, 1 / 8, 3 / 16, 1 / 4],
        description="distances that images are moved by, as shares of their side",
    )
    corruption_severities: Severities = Field(
        default=[1, 2, 3, 4, 5],
        description="severities of common corruptions, as Hendrycks & Dietterich 2019 grade them",
    )
    scaling_factors: Factors = Field(
        default=[0.75, 0.875, 1, 1.125, 1.25], description="factors that images are magnified by"
    )
    lipschitz_steps: int = Field(
        default=5, ge=1, le=1000, description="steps of the ascent to where D is steepest"
    )
    neighbourhood_draws: int = Field(
        default=8, ge=1, le=10_000, description="neighbours that D's gradient is averaged over"
    )
    generator_batches: int = Field(
        default=8, ge=2, le=1000, description="batches of G's gradient, of `samples` latents each"
    )
    transfer_point_strength: TransferStrength | None = Field(
        default=None, description="of attacks tried on other cells; default: the middle of point_strengths"
    )
    transfer_image_strength: TransferStrength | None = Field(
        default=None, description="of attacks tried on other cells; default: the middle of image_strengths"
    )
