"""What scoring must know of the real data, computed once for each dataset."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.evaluation.energy_distance import mean_distance
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.frechet import covariance_root, moments

MOST_POINTS = 10_000
"""Points of either side that the energy distance compares: all pairs of so many take seconds."""

MOST_IMAGES = 50_000
"""Real images that scores compare with, as in published tables; of more, so many at even distances."""

READ = 2_048
"""Images that are read at a time, from what may be a memory map."""

Reference = dict[str, NDArray[Any]]


def image_reference(images: NDArray[np.uint8], extractor: Extractor, device: torch.device) -> Reference:
    """`features` (n, d) float32, their `mean` (d,) and `covariance_root` (d, r) float64."""
    chosen = np.linspace(0, len(images) - 1, min(len(images), MOST_IMAGES)).round().astype(np.int64)
    features = np.concatenate(
        [
            extractor(torch.tensor(images[chosen[start : start + READ]], device=device))[0].cpu().numpy()
            for start in range(0, len(chosen), READ)
        ]
    )
    mean, covariance = moments(features)
    return {"features": features, "mean": mean, "covariance_root": covariance_root(covariance)}


def point_reference(
    points: NDArray[np.floating], centres: NDArray[np.floating] | None = None, std: float = 0.0
) -> Reference:
    """The first `points` (n, 2) float32 and their `mean_distance` () float64 to one another.

    Where the points have modes, also the mixture's `centres` (m, 2) and the `std` () of each
    Gaussian, float64. All in data units.
    """
    first = np.array(points[:MOST_POINTS], dtype=np.float32)
    arrays: Reference = {"points": first, "mean_distance": np.array(mean_distance(first, first))}
    if centres is None:
        return arrays
    return arrays | {"centres": centres.astype(np.float64), "std": np.array(std, dtype=np.float64)}
