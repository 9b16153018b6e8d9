"""`evaluation`: how generators are scored."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ganmatrix.columns import CHECKPOINTS, Checkpoint
from ganmatrix.params.base import Section
from ganmatrix.params.kinds import BY_KIND, Member


class ExtractorSection(Member):
    """Properties of the params of every extractor."""

    digits_only: ClassVar[bool] = False
    """Whether the pipeline trains the extractor itself, on data that show digits."""


class EfficientNetLite0Params(ExtractorSection):
    """The offline extractor. Its ImageNet weights are inside a package."""

    kind: Literal["efficientnet_lite0"]
    code: ClassVar[str] = "ganmatrix.evaluation.efficientnet_lite0:build"
    input_size: int | None = Field(
        default=None,
        ge=32,
        le=224,
        description="images are resized to this side, pixels; by default to six times the dataset's "
        "resolution, at most 224",
    )


class InceptionParams(ExtractorSection):
    """clean-fid's TorchScript Inception-2015-12-05, the extractor of published scores."""

    kind: Literal["inception"]
    code: ClassVar[str] = "ganmatrix.evaluation.inception:build"
    weights: str | None = Field(
        default=None, description="path of inception-2015-12-05.pt; fetched once and checked when absent"
    )


class DinoV2Params(ExtractorSection):
    """DINOv2, the extractor of FD-DINOv2; from a local file only. It has no classes."""

    kind: Literal["dinov2"]
    code: ClassVar[str] = "ganmatrix.evaluation.dinov2:build"
    model: Literal["vitb14", "vitl14"] = Field(
        default="vitl14", description="ViT-B/14, 768 features, or ViT-L/14, 1,024 features"
    )
    weights: str | None = Field(
        default=None,
        description="path of dinov2_<model>_pretrain.pth, or of the torch.hub folder that holds it; "
        "checked, and never fetched",
    )


class DigitsCnnParams(ExtractorSection):
    """A classifier that `reference` trains on the labels of datasets that show digits.

    It applies to these datasets only. It also counts their modes, and measures how evenly they are reached.
    """

    digits_only: ClassVar[bool] = True

    kind: Literal["digits_cnn"]
    code: ClassVar[str] = "ganmatrix.evaluation.digits_cnn:Reader"


Extractor = Annotated[EfficientNetLite0Params | InceptionParams | DinoV2Params | DigitsCnnParams, BY_KIND]


class PointEvaluation(Section):
    """Mode coverage, energy distance and data copying on points."""

    samples: int = Field(default=10_000, ge=100, le=1_000_000, description="generated points")
    high_quality_radius: float = Field(default=3.0, gt=0, description="in standard deviations of a mode")


class ImageEvaluation(Section):
    """FID, KID, Inception Score, neighbours and data copying on images."""

    samples: int = Field(
        default=10_000, ge=50, le=1_000_000, multiple_of=10, description="generated images; a multiple of 10"
    )
    kid_subsets: int = Field(default=20, ge=2, le=1000)
    kid_subset_size: int = Field(default=500, ge=10, le=5000)
    inception_score_splits: int = Field(default=1, ge=1, le=100)
    neighbours: int = Field(
        default=5, ge=1, le=20, description="k of precision, recall, density and coverage"
    )


class DigitEvaluation(Section):
    """Modes and reverse KL on digits and stacked digits, if `digits_cnn` is among the extractors."""

    samples: int = Field(
        default=1000, ge=100, le=1_000_000, description="generated images of single digits, 10 classes"
    )
    stacked_samples: int = Field(
        default=26_000,
        ge=1000,
        le=1_000_000,
        description="generated stacks, 1,000 classes; VEEGAN's and PacGAN's number",
    )

    def of(self, channels: int) -> int:
        """The number of generated images that show this many digits."""
        return self.samples if channels == 1 else self.stacked_samples


class CurveEvaluation(Section):
    """Scores over training, of the averaged generators that `recipes.<dataset>.snapshots` keeps."""

    samples: int = Field(
        default=1000,
        ge=100,
        le=1_000_000,
        description="generated images at each step; of points, as many as `points.samples`",
    )
    target: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="a score reaches its target at this share of the untrained generator's",
    )


class Evaluation(Section):
    """The protocol of every score."""

    extractors: list[Extractor] = Field(
        min_length=1, description="each gives its own columns of image scores, for data to which it applies"
    )
    checkpoints: list[Checkpoint] = Field(
        min_length=1, description="the generators to score; each has its own columns"
    )
    points: PointEvaluation = PointEvaluation()
    images: ImageEvaluation = ImageEvaluation()
    digits: DigitEvaluation = DigitEvaluation()
    curves: CurveEvaluation = CurveEvaluation()

    @classmethod
    def of_everything(cls) -> "Evaluation":
        """With every checkpoint and extractor, as a study of imported results may name any column."""
        return cls(
            extractors=[
                InceptionParams(kind="inception"),
                EfficientNetLite0Params(kind="efficientnet_lite0"),
                DigitsCnnParams(kind="digits_cnn"),
            ],
            checkpoints=[*CHECKPOINTS],
        )
