"""All scores of one generator against the reference of its dataset."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.evaluation.entry import Entry, column, null_scores
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.frechet import frechet_distance_to_root, moments
from ganmatrix.evaluation.inception_score import inception_score
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.modes import mode_coverage
from ganmatrix.evaluation.reference import Reference
from ganmatrix.params.base import Checkpoint
from ganmatrix.params.evaluation import ImageEvaluation, PointEvaluation

IMAGE_METRICS = ("fid", "kid", "inception_score")
POINT_METRICS = ("modes", "high_quality_share", "reverse_kl")

NON_FINITE = "the generator's samples are not finite"
GENERATION_BATCH = 256


def score_images(
    generator: nn.Module,
    latents: Tensor,
    reference: Reference,
    extractor: Extractor,
    params: ImageEvaluation,
    checkpoint: Checkpoint,
    rng: np.random.Generator,
) -> dict[str, Entry]:
    """FID, KID and Inception Score of the images that G makes of latents (n, d), by column.

    Images are rounded to 8 bits as if saved. `rng` draws KID's subsets.
    """
    names = {metric: column(metric, checkpoint, extractor.name) for metric in IMAGE_METRICS}
    samples = generate(generator, latents)
    if not samples.isfinite().all():
        return null_scores(names.values(), NON_FINITE)
    features, probabilities = (array.cpu().numpy() for array in extractor(quantise(samples)))
    mean, covariance = moments(features)
    real = reference["features"]
    fid = frechet_distance_to_root(mean, covariance, reference["mean"], reference["covariance_root"])
    kid, kid_std = kernel_distance(features, real, params.kid_subsets, params.kid_subset_size, rng)
    score, score_std = inception_score(probabilities, params.inception_score_splits)
    protocol = extractor.protocol | {
        "real_samples": len(real),
        "real_split": "train",
        "fake_samples": len(features),
        "checkpoint": checkpoint,
        "dtype": _dtype(samples),
    }
    subset_size = min(len(real), len(features), params.kid_subset_size)
    return {
        names["fid"]: _entry(fid, protocol),
        names["kid"]: _entry(
            kid, protocol | {"subsets": params.kid_subsets, "subset_size": subset_size}, kid_std
        ),
        names["inception_score"]: _entry(
            score, protocol | {"splits": params.inception_score_splits}, score_std
        ),
    }


def score_points(
    generator: nn.Module,
    latents: Tensor,
    reference: Reference,
    params: PointEvaluation,
    checkpoint: Checkpoint,
) -> dict[str, Entry]:
    """Mode coverage of the points that G makes of latents (n, d), by column."""
    names = {metric: column(metric, checkpoint) for metric in POINT_METRICS}
    samples = generate(generator, latents)
    if not samples.isfinite().all():
        return null_scores(names.values(), NON_FINITE)
    points: NDArray[np.float32] = samples.cpu().numpy()
    std = float(reference["std"])
    coverage = mode_coverage(points, reference["centres"], std, params.high_quality_radius)
    protocol = {
        "modes": len(reference["centres"]),
        "std": std,
        "high_quality_radius": params.high_quality_radius,
        "fake_samples": len(points),
        "checkpoint": checkpoint,
        "dtype": _dtype(samples),
    }
    entries = {names[metric]: _entry(getattr(coverage, metric), protocol) for metric in POINT_METRICS}
    if coverage.reverse_kl is None:
        entries[names["reverse_kl"]]["reason"] = "no sample is of high quality"
    return entries


@torch.inference_mode()
def generate(generator: nn.Module, latents: Tensor) -> Tensor:
    """G of all latents, in batches that fit into memory."""
    return torch.cat([generator(batch) for batch in torch.split(latents, GENERATION_BATCH)])


def quantise(images: Tensor) -> Tensor:
    """Floats in [-1, 1] as the nearest uint8; what lies outside is clipped."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def _entry(value: float | None, protocol: dict[str, Any], std: float | None = None) -> Entry:
    entry: Entry = {"value": None if value is None else float(value), "protocol": protocol}
    if std is not None:
        entry["std"] = std
    return entry


def _dtype(samples: Tensor) -> str:
    return str(samples.dtype).removeprefix("torch.")
