"""What scoring must know of the real data, computed once for each dataset."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.frechet import covariance_root, moments

Reference = dict[str, NDArray[Any]]


def image_reference(images: NDArray[np.uint8], extractor: Extractor, device: torch.device) -> Reference:
    """`features` (n, d) float32, their `mean` (d,) and `covariance_root` (d, r) float64."""
    features = extractor(torch.tensor(images, device=device))[0].cpu().numpy()
    mean, covariance = moments(features)
    return {"features": features, "mean": mean, "covariance_root": covariance_root(covariance)}


def point_reference(centres: NDArray[np.floating], std: float) -> Reference:
    """The mixture's `centres` (m, 2) and the `std` () of each Gaussian, float64, data units."""
    return {"centres": centres.astype(np.float64), "std": np.array(std, dtype=np.float64)}
