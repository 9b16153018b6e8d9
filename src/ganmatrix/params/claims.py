"""`claims`: published statements that the matrix tests."""

from typing import Literal

from pydantic import Field

from ganmatrix.params.base import Name, Section


class Claim(Section):
    """One published sentence, turned into a paired comparison of two methods.

    It names one of two bounds. `smallest_effect`: the method moves the metric in `direction` by more than
    this. `at_most`: it does move it there, but by less than this, as with a cost.
    """

    paper: str = Field(min_length=1)
    sentence: str = Field(min_length=1, description="the claim in our words, as the paper is understood")
    metric: str = Field(min_length=1, description="a column of results/matrix.parquet, or `diverged`")
    method: Name = Field(description="the method that the claim is about")
    baseline: Name = Field(description="the method that it is compared with")
    control: Name | None = Field(
        default=None, description="the method without its idea: it must be beaten too"
    )
    direction: Literal["lower", "higher"] = Field(description="where the method is said to move the metric")
    effect: Literal["difference", "relative"] = Field(
        default="difference", description="relative: the difference over the baseline's value"
    )
    smallest_effect: float | None = Field(
        default=None, ge=0, description="the smallest effect that would count"
    )
    at_most: float | None = Field(
        default=None, gt=0, description="in place of smallest_effect: the greatest effect that is claimed"
    )

    @property
    def bound(self) -> float:
        """The effect that separates *reproduced* from *contradicted*."""
        return (self.smallest_effect or 0.0) if self.at_most is None else self.at_most
