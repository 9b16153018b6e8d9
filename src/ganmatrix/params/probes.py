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


TransferStrength = Annotated[Ratio, Field(gt=0, le=10)]
"""At strength 0 no attack lowers a logit, and there is nothing to compare."""

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
    transfer_point_strength: TransferStrength | None = Field(
        default=None, description="of attacks tried on other cells; default: the middle of point_strengths"
    )
    transfer_image_strength: TransferStrength | None = Field(
        default=None, description="of attacks tried on other cells; default: the middle of image_strengths"
    )

    def transfer_strength(self, bounded: bool) -> float:
        """Of attacks tried on other cells, for bounded data (images) or points; of two middles the upper."""
        chosen = self.transfer_image_strength if bounded else self.transfer_point_strength
        strengths = self.image_strengths if bounded else self.point_strengths
        return strengths[len(strengths) // 2] if chosen is None else chosen
