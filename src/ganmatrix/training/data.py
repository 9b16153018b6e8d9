"""Training data: resident on the device if they fit, otherwise read ahead from the memory map."""

from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

LARGEST_SHARE = 0.5
"""The share of the device's free memory that resident data may take."""

COPIED = 4096
"""Samples that are copied to the device at a time."""


class Data(ABC):
    """Samples by index: uint8 images (N, C, H, W) or float32 points (N, 2)."""

    def __init__(self, count: int, is_image: bool, device: torch.device) -> None:
        self.count, self.is_image, self.device = count, is_image, device

    @abstractmethod
    def raw(self, indices: Tensor, upcoming: Tensor | None) -> Tensor:
        """Samples as stored, on the device; `upcoming` are the indices expected next, if known."""

    def batch(self, indices: Tensor, upcoming: Tensor | None = None) -> Tensor:
        """Samples as float32 in [-1, 1]; images are laid out channels last."""
        samples = self.raw(indices, upcoming)
        if not self.is_image:
            return samples
        return (samples.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


class Resident(Data):
    """All samples on the device."""

    def __init__(self, array: NDArray[Any], device: torch.device) -> None:
        super().__init__(len(array), array.ndim == 4, device)
        self.samples = torch.empty(array.shape, dtype=torch.from_numpy(array[:0].copy()).dtype, device=device)
        for start in range(0, len(array), COPIED):
            self.samples[start : start + COPIED] = torch.from_numpy(np.array(array[start : start + COPIED]))

    def raw(self, indices: Tensor, upcoming: Tensor | None) -> Tensor:
        return self.samples[_pinned(indices, self.device).to(self.device, non_blocking=True)]


class Streamed(Data):
    """Samples stay on disk; a thread reads the next batch while the device works on this one."""

    def __init__(self, array: NDArray[Any], device: torch.device) -> None:
        super().__init__(len(array), array.ndim == 4, device)
        self.array = array
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        self._ahead: tuple[Tensor, Future[Tensor]] | None = None

    def raw(self, indices: Tensor, upcoming: Tensor | None) -> Tensor:
        if self._ahead is not None and torch.equal(self._ahead[0], indices):
            samples = self._ahead[1].result()
        else:
            samples = self._read(indices)
        self._ahead = None if upcoming is None else (upcoming, self._reader.submit(self._read, upcoming))
        return samples.to(self.device, non_blocking=True)

    def _read(self, indices: Tensor) -> Tensor:
        # In ascending order the memory map is read forwards. Then the batch gets its order back.
        order = indices.argsort()
        samples = torch.from_numpy(self.array[indices[order].numpy()])
        return _pinned(samples[order.argsort()], self.device)


def _pinned(values: Tensor, device: torch.device) -> Tensor:
    """The values in memory that a GPU can read by itself, so that nothing waits for the copy."""
    return values.pin_memory() if device.type == "cuda" else values


def open_data(array: NDArray[Any], device: torch.device, free_bytes: float) -> Data:
    """Resident data if the array takes at most half of the free memory, otherwise streamed data."""
    kind = Resident if array.nbytes <= LARGEST_SHARE * free_bytes else Streamed
    return kind(array, device)
