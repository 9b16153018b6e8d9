"""`claims`: published statements that the matrix tests."""

import re
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer

from ganmatrix.params.base import Name, Section, Text
from ganmatrix.params.papers import KnownPaper


class PaperSetting(Section):
    """What the paper compared, and on what. Facts that are not given are not compared with ours."""

    datasets: list[Text] = Field(min_length=1, description="kinds, such as cifar10, or the paper's own names")
    baseline: Text = Field(description="what the paper compares with, in words")
    techniques: list[Text] | None = Field(
        default=None, description="kinds that its baseline has, such as rotation of SSGAN; [] for none"
    )
    networks: list[Text] | None = Field(
        default=None, description="kinds of architecture, such as resnet_sn, or the paper's own names"
    )
    optimiser: Literal["adam", "rmsprop"] | None = None
    score: Text | None = Field(
        default=None,
        description="the paper's score as a column without its checkpoint, such as fid_inception",
    )
    generator_steps: int | None = Field(default=None, ge=1, description="how long the paper trains")


class Claim(Section):
    """One published sentence, turned into a paired comparison of two methods.

    `quote` has the paper's exact words; `[...]` marks omitted words. `sentence` says in our words what we
    test. The claim names one of two bounds. `smallest_effect`: the method moves the metric in `direction` by
    more than this. `at_most`: the method moves the metric in `direction` by less than this, or not at all.
    This is the bound of a cost.
    """

    paper: KnownPaper = Field(
        description="as_gan, dat, fargan or pac_gan; else a mapping with label, title and published"
    )
    sentence: Text = Field(description="what is tested, in our words")
    quote: Text = Field(description="the paper's exact words")
    source: Text = Field(description="the version that contains the quote, such as arXiv 1912.09670v1")
    where: Text = Field(description="where in it: abstract, section, table")
    setting: PaperSetting
    metric: Text = Field(description="a column of results/matrix.parquet, or `diverged`")
    method: Name = Field(description="the method that the claim is about")
    baseline: Name = Field(description="the method that it is compared with")
    control: Name | None = Field(
        default=None, description="the method without its idea: it must be beaten too"
    )
    direction: Literal["lower", "higher"] = Field(
        description="direction in which the method is said to move the metric"
    )
    effect: Literal["difference", "relative"] = Field(
        description="what the bound is: a difference in the metric's unit, or a share of the baseline's value"
    )
    smallest_effect: float | None = Field(
        default=None, ge=0, description="the smallest effect that would count"
    )
    at_most: float | None = Field(
        default=None, gt=0, description="instead of smallest_effect: the largest effect that is claimed"
    )

    variants: list[Name] | None = Field(
        default=None,
        description="judged on these variants only, with [] on none; otherwise on all of the grid",
    )

    @model_serializer(mode="wrap")
    def _leave_out_variants_that_are_not_named(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out `variants` if it is not set, so that digests of claims without it do not change."""
        found: dict[str, Any] = dump(self)
        return {key: found[key] for key in found if key != "variants" or self.variants is not None}

    @field_validator("source")
    @classmethod
    def _names_its_version(cls, source: str) -> str:
        number = r"\b\d{4}\.\d{4,5}"
        of_arxiv = "arxiv" in source.lower() or re.fullmatch(number + r"(v\d+)?", source)
        if of_arxiv and not re.search(rf"\barXiv {number}v\d+\b", source):
            raise ValueError("name its version, such as arXiv 1912.09670v1")
        return source

    @property
    def bound(self) -> float:
        """The effect that separates *reproduced* from *contradicted*."""
        return (self.smallest_effect or 0.0) if self.at_most is None else self.at_most
