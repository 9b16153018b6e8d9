"""`claims`: published statements that the matrix tests."""

from typing import Literal

from pydantic import Field

from ganmatrix.params.base import Name, Section
from ganmatrix.params.evaluation import Evaluation


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


_SCORES_OF_IMAGES = ("fid", "kid", "inception_score")
_SCORES_OF_POINTS = ("modes", "high_quality_share", "reverse_kl")
_OTHERS = (
    *(f"{probe}_{value}" for probe in ("clean", "fgsm", "pgd", "noise") for value in ("accuracy", "auroc")),
    *(f"gradient_norm_{side}{statistic}" for side in ("real", "fake") for statistic in ("", "_p95", "_max")),
    "wall_seconds",
    "images_per_second",
)


def columns(evaluation: Evaluation) -> list[str]:
    """Every column that a claim's metric can name: scores by checkpoint, probes and costs."""
    images = (f"{score}_{evaluation.extractor.kind}" for score in _SCORES_OF_IMAGES)
    scores = (*images, *_SCORES_OF_POINTS)
    return [*(f"{score}_{checkpoint}" for score in scores for checkpoint in evaluation.checkpoints), *_OTHERS]
