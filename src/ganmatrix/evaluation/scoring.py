"""What scores of images and of points share: how samples are generated, counted and compared."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores

Values = Mapping[Column, float | None]
"""Of one generator; None where its samples are not finite."""

Reference = dict[str, NDArray[Any]]
"""What scoring must know of the real data, computed once for each dataset and extractor: arrays by name."""

BATCH_SIZE = 256

MOST_COMPARED = 10_000
"""Samples of either side that are compared pair by pair: all pairs of so many take seconds."""

NON_FINITE = "the generator's samples are not finite"


@torch.inference_mode()
def batches(generator: nn.Module, latents: Tensor) -> Iterator[Tensor]:
    """G of latents (n, d) in order, in batches. FloatingPointError if a sample is not finite."""
    for batch in latents.split(BATCH_SIZE):
        samples = generator(batch)
        if not samples.isfinite().all():
            raise FloatingPointError(NON_FINITE)
        yield samples


def generate(generator: nn.Module, latents: Tensor) -> Tensor:
    """G of all latents (n, d). FloatingPointError if a sample is not finite."""
    return torch.cat([*batches(generator, latents)])


def quantise(images: Tensor) -> Tensor:
    """Floats in [-1, 1] as the nearest uint8; what lies outside is clipped."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


def dtype_name(samples: Tensor) -> str:
    """`float32`."""
    return str(samples.dtype).removeprefix("torch.")


def spread(count: int, most: int) -> NDArray[np.int64]:
    """Indices of at most `most` of `count` things, at even distances, the first and last among them."""
    return np.linspace(0, count - 1, min(count, most)).round().astype(np.int64)


class Scorer(ABC):
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
