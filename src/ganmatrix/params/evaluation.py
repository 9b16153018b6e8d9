"""`evaluation`: how generators are scored."""

from typing import Annotated, Literal

from pydantic import Field

from ganmatrix.params.base import Checkpoint, Section


class EfficientNetLite0(Section):
    """The offline extractor: ImageNet weights that ship inside a package."""

    kind: Literal["efficientnet_lite0"]
    input_size: int = Field(ge=32, le=224, description="images are resized to this side, pixels")


class Inception(Section):
    """clean-fid's TorchScript Inception-2015-12-05, the extractor of published scores."""

    kind: Literal["inception"]
    weights: str | None = Field(
        default=None, description="path of inception-2015-12-05.pt; fetched once and checked when absent"
    )


Extractor = Annotated[EfficientNetLite0 | Inception, Field(discriminator="kind")]


class PointEvaluation(Section):
    """Mode coverage and energy distance on points."""

    samples: int = Field(ge=100, le=1_000_000, description="generated points")
    high_quality_radius: float = Field(default=3.0, gt=0, description="in standard deviations of a mode")


class ImageEvaluation(Section):
    """FID, KID and Inception Score on images."""

    samples: int = Field(ge=50, le=1_000_000, description="generated images")
    kid_subsets: int = Field(default=20, ge=2, le=1000)
    kid_subset_size: int = Field(default=500, ge=10, le=5000)
    inception_score_splits: int = Field(default=1, ge=1, le=100)


class StackedDigitEvaluation(Section):
    """Modes and reverse KL on stacked digits, whose 1,000 triples a classifier reads."""

    samples: int = Field(
        default=26_000, ge=1000, le=1_000_000, description="generated images; VEEGAN's and PacGAN's number"
    )


class Evaluation(Section):
    """The protocol of every score."""

    extractor: Extractor
    checkpoints: list[Checkpoint] = Field(
        min_length=1, description="which generators are scored; each has columns of its own"
    )
    points: PointEvaluation
    images: ImageEvaluation
    stacked_digits: StackedDigitEvaluation = StackedDigitEvaluation()
