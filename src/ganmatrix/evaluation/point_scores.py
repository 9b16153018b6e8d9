"""The scores of generated points."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores, null_entries
from ganmatrix.evaluation.data_copying import nearer_share
from ganmatrix.evaluation.energy_distance import energy_distance
from ganmatrix.evaluation.generation import dtype_name, generate
from ganmatrix.evaluation.modes import mode_coverage
from ganmatrix.evaluation.neighbours import nearest_distances
from ganmatrix.evaluation.reference import MOST_COMPARED, Reference
from ganmatrix.params.evaluation import PointEvaluation

MODE_NAMES = [Column("modes"), Column("high_quality_share"), Column("reverse_kl")]
DISTANCE, COPYING = Column("energy_distance"), Column("data_copying")

NO_QUALITY = "no sample is of high quality"


def score_points(
    generator: nn.Module, latents: Tensor, reference: Reference, params: PointEvaluation
) -> Scores:
    """Mode coverage, energy distance and data copying of the points that G makes of latents (n, d).

    The latter two compare with the training split, like the scores of images, and at most
    `MOST_COMPARED` on either side, the first ones.
    """
    try:
        samples = generate(generator, latents)
    except FloatingPointError as error:
        return null_entries(point_names(reference), str(error))
    found: Scores = {}
    points: NDArray[np.float32] = samples.cpu().numpy()
    protocol: dict[str, Any] = {"dtype": dtype_name(samples)}
    if has_modes(reference):
        found |= _mode_scores(points, reference, params.high_quality_radius, protocol)
    fakes, reals = points[:MOST_COMPARED], reference["points"]
    held_out = reference["held_out_distances"]
    sides = protocol | {"real_samples": len(reals), "real_split": "train", "fake_samples": len(fakes)}
    found[DISTANCE] = {
        "value": energy_distance(fakes, reals, float(reference["mean_distance"])),
        "protocol": sides | {"estimator": "V statistic"},
    }
    found[COPYING] = {
        "value": nearer_share(nearest_distances(fakes, reals), held_out),
        "protocol": sides | {"held_out_samples": len(held_out)},
    }
    return found


def has_modes(reference: Reference) -> bool:
    """Whether the data are a mixture."""
    return "centres" in reference


def point_names(reference: Reference) -> list[Column]:
    """The scores that these data have: modes only where there are some."""
    return [*(MODE_NAMES if has_modes(reference) else []), DISTANCE, COPYING]


def _mode_scores(
    points: NDArray[np.float32], reference: Reference, radius: float, protocol: dict[str, Any]
) -> Scores:
    std = float(reference["std"])
    coverage = mode_coverage(points, reference["centres"], std, radius)
    counted = protocol | {
        "modes": len(reference["centres"]),
        "std": std,
        "high_quality_radius": radius,
        "fake_samples": len(points),
    }
    found: Scores = {
        name: {"value": None if value is None else float(value), "protocol": counted}
        for name, value in zip(MODE_NAMES, coverage, strict=True)
    }
    if coverage.reverse_kl is None:
        found[MODE_NAMES[-1]]["reason"] = NO_QUALITY
    return found
