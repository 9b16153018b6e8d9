"""All scores of a generator, for images and for points alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores
from ganmatrix.evaluation.class_scores import CLASS_NAMES, score_classes
from ganmatrix.evaluation.curves import Values
from ganmatrix.evaluation.energy_distance import energy_distance
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.frechet import frechet_distance_of_factors
from ganmatrix.evaluation.generation import batches, generate, quantise
from ganmatrix.evaluation.image_scores import image_names, score_images
from ganmatrix.evaluation.moments import Moments
from ganmatrix.evaluation.point_scores import DISTANCE, point_names, score_points
from ganmatrix.evaluation.reference import MOST_COMPARED, Reference
from ganmatrix.params.evaluation import ImageEvaluation, PointEvaluation


class Judge(ABC):
    """Scores generators on latents of its own."""

    @abstractmethod
    def names(self) -> list[Column]:
        """The scores that a generator gets."""

    @abstractmethod
    def scores(self, generator: nn.Module) -> Scores:
        """Every score of G."""

    @abstractmethod
    def followed(self) -> dict[Column, dict[str, Any]]:
        """The scores that are followed over training, each with its protocol; the first chooses the best."""

    @abstractmethod
    def values(self, generator: nn.Module) -> Values:
        """The scores of G that are followed."""


@dataclass(frozen=True)
class ImageJudge(Judge):
    """Judges images in the eyes of extractors, and by their classes where one was trained on the data."""

    references: Sequence[tuple[Extractor, Reference]]
    params: ImageEvaluation
    latents: Tensor
    curve_latents: Tensor
    seed: int
    """Of KID's subsets."""
    classifier: Extractor | None = None
    class_latents: Tensor | None = None

    def names(self) -> list[Column]:
        names = image_names([extractor for extractor, _ in self.references])
        return names + (CLASS_NAMES if self.classifier else [])

    def scores(self, generator: nn.Module) -> Scores:
        found = score_images(generator, self.latents, self.references, self.params, self.seed)
        if self.classifier is not None and self.class_latents is not None:
            found |= score_classes(generator, self.class_latents, self.classifier)
        return found

    def followed(self) -> dict[Column, dict[str, Any]]:
        return {
            Column("fid", each.name): each.protocol
            | {
                "real_samples": int(reference["count"]),
                "real_split": "train",
                "fake_samples": len(self.curve_latents),
            }
            for each, reference in self.references
        }

    def values(self, generator: nn.Module) -> Values:
        moments = [Moments() for _ in self.references]
        try:
            for samples in batches(generator, self.curve_latents):
                images = quantise(samples)
                for (extractor, _), each in zip(self.references, moments, strict=True):
                    each.update(extractor(images)[0].cpu().numpy())
        except (FloatingPointError, ValueError):
            return dict.fromkeys(self.followed())
        return {
            Column("fid", extractor.name): frechet_distance_of_factors(
                each.mean, each.factor, reference["mean"], reference["covariance_root"]
            )
            for each, (extractor, reference) in zip(moments, self.references, strict=True)
        }


@dataclass(frozen=True)
class PointJudge(Judge):
    """Judges points by their modes, their distances and their neighbours."""

    reference: Reference
    params: PointEvaluation
    latents: Tensor

    def names(self) -> list[Column]:
        return point_names(self.reference)

    def scores(self, generator: nn.Module) -> Scores:
        return score_points(generator, self.latents, self.reference, self.params)

    def followed(self) -> dict[Column, dict[str, Any]]:
        return {
            DISTANCE: {
                "real_samples": len(self.reference["points"]),
                "real_split": "train",
                "fake_samples": min(len(self.latents), MOST_COMPARED),
                "estimator": "V statistic",
            }
        }

    def values(self, generator: nn.Module) -> Values:
        try:
            points = generate(generator, self.latents[:MOST_COMPARED]).cpu().numpy()
        except FloatingPointError:
            return {DISTANCE: None}
        within = float(self.reference["mean_distance"])
        return {DISTANCE: energy_distance(points, self.reference["points"], within)}
