"""`claims`: published statements that the matrix tests."""

from typing import Literal

from pydantic import Field

from ganmatrix.params.base import Name, Section


class Claim(Section):
    """One published sentence, turned into a paired comparison of two methods."""

    paper: str = Field(min_length=1)
    sentence: str = Field(min_length=1, description="the claim in our words, as the paper is understood")
    metric: str = Field(min_length=1, description="a column of results/matrix.parquet")
    method: Name = Field(description="the method that the claim is about")
    baseline: Name = Field(description="the method that it is compared with")
    control: Name | None = Field(
        default=None, description="the method without its idea: it must be beaten too"
    )
    direction: Literal["lower", "higher"] = Field(description="what would be better")
    effect: Literal["difference", "relative"] = Field(
        default="difference", description="relative: the difference over the baseline's value"
    )
    smallest_effect: float = Field(ge=0, description="the smallest improvement that would count")
