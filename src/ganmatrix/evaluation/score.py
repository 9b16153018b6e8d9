"""All scores of one generator against the reference of its dataset."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.entry import Entry, inapplicable, null_entries
from ganmatrix.evaluation.digits_cnn import Reader, read
from ganmatrix.evaluation.energy_distance import energy_distance
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.frechet import frechet_distance_to_root, moments
from ganmatrix.evaluation.inception_score import inception_score
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.modes import mode_coverage, reverse_kl
from ganmatrix.evaluation.naming import column
from ganmatrix.evaluation.reference import MOST_POINTS, Reference
from ganmatrix.params.base import Checkpoint
from ganmatrix.params.evaluation import ImageEvaluation, PointEvaluation

IMAGE_METRICS = ("fid", "kid", "inception_score")
MODE_METRICS = ("modes", "high_quality_share", "reverse_kl")
POINT_METRICS = (*MODE_METRICS, "energy_distance")
DIGIT_METRICS = ("modes", "reverse_kl")

NON_FINITE = "the generator's samples are not finite"
NO_MODES = "the data have no modes"
STACK_CLASSES = 1000
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

    Images are rounded to 8 bits as if saved, and made and read in batches. `rng` draws KID's subsets.
    """
    names = {metric: column(metric, checkpoint, extractor.name) for metric in IMAGE_METRICS}
    batches = []
    for batch in torch.split(latents, GENERATION_BATCH):
        samples = generate(generator, batch)
        if not samples.isfinite().all():
            return null_entries(names.values(), NON_FINITE)
        batches.append([array.cpu().numpy() for array in extractor(quantise(samples))])
    features, probabilities = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
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
    """Energy distance and mode coverage of the points that G makes of latents (n, d), by column.

    The energy distance is to the training split, like the scores of images, and of at most
    `MOST_POINTS` on either side, the first ones.
    """
    modes = [column(metric, checkpoint) for metric in MODE_METRICS]
    distance = column("energy_distance", checkpoint)
    has_modes = "centres" in reference
    entries = {} if has_modes else inapplicable(modes, NO_MODES)
    samples = generate(generator, latents)
    if not samples.isfinite().all():
        return null_entries([*modes, distance], NON_FINITE) | entries
    points: NDArray[np.float32] = samples.cpu().numpy()
    protocol: dict[str, Any] = {"checkpoint": checkpoint, "dtype": _dtype(samples)}
    if has_modes:
        std = float(reference["std"])
        coverage = mode_coverage(points, reference["centres"], std, params.high_quality_radius)
        counted = protocol | {
            "modes": len(reference["centres"]),
            "std": std,
            "high_quality_radius": params.high_quality_radius,
            "fake_samples": len(points),
        }
        entries = {name: _entry(value, counted) for name, value in zip(modes, coverage, strict=True)}
        if coverage.reverse_kl is None:
            entries[column("reverse_kl", checkpoint)]["reason"] = "no sample is of high quality"
    fakes, reals = points[:MOST_POINTS], reference["points"]
    compared = protocol | {
        "real_samples": len(reals),
        "real_split": "train",
        "fake_samples": len(fakes),
        "estimator": "V statistic",
    }
    value = energy_distance(fakes, reals, float(reference["mean_distance"]))
    return entries | {distance: _entry(value, compared)}


@torch.inference_mode()
def score_stacked_digits(
    generator: nn.Module, latents: Tensor, reader: Reader, checkpoint: Checkpoint
) -> dict[str, Entry]:
    """Modes and reverse KL of the stacked digits that G makes of latents (n, d), by column.

    The conventions of PacGAN (Lin et al. 2018) and VEEGAN (Srivastava et al. 2017), whose n is
    26,000: a mode is a triple that the reader finds in at least one image, and the KL is from its
    shares to the uniform distribution over all 1,000, in nats. Images are rounded to 8 bits as if
    saved, and made and read in batches.

    Every image is read as some triple, misread digits and noise too (uniform noise as about 700 of
    them): the count is of variety and says nothing of quality, which FID judges.
    """
    names = {metric: column(metric, checkpoint) for metric in DIGIT_METRICS}
    counts = np.zeros(STACK_CLASSES, dtype=np.int64)
    for batch in torch.split(latents, GENERATION_BATCH):
        samples = generator(batch)
        if not samples.isfinite().all():
            return null_entries(names.values(), NON_FINITE)
        digits = read(reader.network, quantise(samples)).cpu().numpy()
        counts += np.bincount(digits @ np.array([100, 10, 1]), minlength=STACK_CLASSES)
    protocol = reader.protocol | {
        "modes": STACK_CLASSES,
        "fake_samples": len(latents),
        "checkpoint": checkpoint,
        "dtype": _dtype(samples),
    }
    return {
        names["modes"]: _entry(int(np.count_nonzero(counts)), protocol),
        names["reverse_kl"]: _entry(reverse_kl(counts), protocol),
    }


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
