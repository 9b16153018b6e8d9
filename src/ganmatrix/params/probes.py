"""`probes`: how robust and how smooth a discriminator is."""

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from ganmatrix.params.base import Ratio, Section

Strength = Annotated[Ratio, Field(ge=0, le=10)]


def _ascending(strengths: list[float]) -> list[float]:
    if any(later <= earlier for earlier, later in pairwise(strengths)):
        raise ValueError("expected strengths in ascending order, each once")
    return strengths


Strengths = Annotated[list[Strength], Field(min_length=2), AfterValidator(_ascending)]


class Probes(Section):
    """Attack strengths are L-infinity radii on the data's [-1, 1] scale."""

    samples: int = Field(ge=16, le=100_000, description="held-out reals, and as many fresh fakes")
    point_strengths: Strengths
    image_strengths: Strengths
    pgd_steps: int = Field(default=10, ge=1, le=1000)
    pgd_relative_step: float = Field(
        default=0.25, gt=0, le=2, description="size of a PGD step, as a share of the strength"
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
