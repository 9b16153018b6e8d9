"""What probing a discriminator starts from: the data it was trained on, in data units."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.store.dataset import PreparedData

MOST_TRAIN = 10_000
"""Training samples that probes look at."""


def held_out(data: PreparedData, count: int, device: torch.device) -> torch.Tensor:
    """The first `count` held-out samples as float32 in data units."""
    return in_data_units(data.samples("held_out")[:count], data.is_image, device)


def train(data: PreparedData, device: torch.device) -> torch.Tensor:
    """The training set as float32 in data units; of a large one, samples at even distances."""
    array = data.samples("train")
    chosen = np.linspace(0, len(array) - 1, min(len(array), MOST_TRAIN)).round().astype(np.int64)
    return in_data_units(array[chosen], data.is_image, device)


def in_data_units(array: NDArray[Any], is_image: bool, device: torch.device) -> torch.Tensor:
    """uint8 images, or points as they are, as float32 on the device."""
    samples = torch.from_numpy(np.array(array)).to(device)
    return samples.float() / 127.5 - 1 if is_image else samples
