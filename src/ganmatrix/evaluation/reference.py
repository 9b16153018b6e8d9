"""What scoring must know of the real data, computed once for each dataset and extractor."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.evaluation.energy_distance import mean_distance
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.moments import Moments
from ganmatrix.evaluation.neighbours import nearest_distances
from ganmatrix.evaluation.prdc import neighbour_radii

MOST_IMAGES = 50_000
"""Real images whose mean and covariance count, as in published tables; of more, so many at even distances."""

MOST_COMPARED = 10_000
"""Samples of either side that are compared pair by pair: all pairs of so many take seconds."""

READ = 2_048
"""Images that are read at a time, from what may be a memory map."""

Reference = dict[str, NDArray[Any]]

IMAGE_ARRAYS = ("count", "mean", "covariance_root", "features", "indices", "radii", "held_out_distances")
POINT_ARRAYS = ("points", "mean_distance", "held_out_distances")


def image_reference(
    train: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    extractor: Extractor,
    neighbours: int,
    device: torch.device,
) -> Reference:
    """What `extractor` makes of the training images (N, C, H, W), with the held-out ones beside them.

    `count` (), `mean` (d,) and `covariance_root` (d, r), float64, of up to `MOST_IMAGES`; of up to
    `MOST_COMPARED` of these, their `indices` (n,) int64 in the training set, `features` (n, d) float32,
    and `radii` (n,): the distance to the `neighbours`-th nearest of the others; `held_out_distances`
    (m,): of held-out images to the nearest of these training images.
    """
    counted = spread(len(train), MOST_IMAGES)
    kept = spread(len(counted), MOST_COMPARED)
    moments = Moments()
    features = np.empty((len(kept), extractor.feature_dimension), dtype=np.float32)
    start = 0
    for batch in _features(train, counted, extractor, device):
        moments.update(batch)
        inside = (kept >= start) & (kept < start + len(batch))
        features[inside] = batch[kept[inside] - start]
        start += len(batch)
    unseen = np.concatenate([*_features(held_out, spread(len(held_out), MOST_COMPARED), extractor, device)])
    return {
        "count": np.array(moments.count),
        "mean": moments.mean,
        "covariance_root": moments.factor,
        "indices": counted[kept],
        "features": features,
        "radii": neighbour_radii(features, neighbours),
        "held_out_distances": nearest_distances(unseen, features),
    }


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


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Indices of at most `most` of `count` things, at even distances, the first and last among them."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)


def _features(
    images: NDArray[np.uint8], chosen: NDArray[np.int64], extractor: Extractor, device: torch.device
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(chosen), READ):
        batch = torch.tensor(images[chosen[start : start + READ]], device=device)
        yield extractor(batch)[0].cpu().numpy()
