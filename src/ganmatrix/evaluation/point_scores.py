"""The scores of generated points, and what they must know of the real points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores, null_entries
from ganmatrix.evaluation.modes import mode_coverage
from ganmatrix.evaluation.neighbours import nearer_share, nearest_distances
from ganmatrix.evaluation.scoring import MOST_COMPARED, Reference, Scorer, Values, dtype_name, generate
from ganmatrix.params.evaluation import PointEvaluation

MODE_NAMES = [Column("modes"), Column("high_quality_share"), Column("reverse_kl")]
DISTANCE, COPYING = Column("energy_distance"), Column("data_copying")

NO_QUALITY = "no sample is of high quality"

POINT_ARRAYS = ("points", "mean_distance", "held_out_distances")

BLOCK = 4_000_000
"""Distances that are held at a time: 32 MB."""


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


def mean_distance(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Mean Euclidean distance over all pairs of a (n, d) and b (m, d), in blocks of rows.

    ValueError for an empty set or a point that is not finite.
    """
    if not (len(a) and len(b) and np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("an energy distance needs at least one point on each side, and finite ones")
    rows = max(1, BLOCK // len(b))
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    total = sum(cdist(wide_a[i : i + rows], wide_b).sum() for i in range(0, len(a), rows))
    return float(total / (len(a) * len(b)))


def energy_distance(a: NDArray[np.floating], b: NDArray[np.floating], within_b: float | None = None) -> float:
    """The energy distance of points (n, d) and (m, d), data units: needs neither modes nor features.

    d = 2 E|X - Y| - E|X - X'| - E|Y - Y'| with Euclidean norms, Szekely & Rizzo 2013; the square of the
    distance that scipy's `energy_distance` gives in one dimension. At least 0, and 0 for equal distributions
    only. Estimated by the V statistic: each mean runs over all pairs, a point with itself included. So it is
    0 on identical sets and never negative, but its expectation for n and m points of one distribution is
    (1 / n + 1 / m) E|X - X'|, not 0: compare it at equal counts.

    `within_b` is `mean_distance(b, b)` where it is known already.
    """
    within = mean_distance(a, a) + (mean_distance(b, b) if within_b is None else within_b)
    # For nearly equal sets the terms cancel, and what rounding leaves may be negative.
    return max(2 * mean_distance(a, b) - within, 0.0)


def point_reference(
    train: NDArray[np.floating],
    held_out: NDArray[np.floating],
    centres: NDArray[np.floating] | None = None,
    std: float = 0.0,
) -> Reference:
    """The first `points` (n, 2) float32 of the training set and their `mean_distance` () to one another.

    Also `held_out_distances` (m,), of held-out points to the nearest of these; and where the points have
    modes, the mixture's `centres` (m, 2) and the `std` () of each Gaussian. All in data units, float64.
    """
    points = np.array(train[:MOST_COMPARED], dtype=np.float32)
    arrays: Reference = {
        "points": points,
        "mean_distance": np.array(mean_distance(points, points)),
        "held_out_distances": nearest_distances(held_out[:MOST_COMPARED], points),
    }
    if centres is None:
        return arrays
    return arrays | {"centres": centres.astype(np.float64), "std": np.array(std, dtype=np.float64)}


@dataclass(frozen=True)
class PointScorer(Scorer):
    """Scores points by their modes, their distances and their neighbours."""

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
