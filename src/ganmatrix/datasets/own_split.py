"""The split of a user's own images: as the files stand, or a random share of them held out."""

from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.stream import Split, held_out_members
from ganmatrix.params.datasets import OwnImages

Params = TypeVar("Params", bound=OwnImages)


class OwnSplit(ABC, Generic[Params]):
    """A source of a user's own images, numbered from 0."""

    params: Params

    @abstractmethod
    def __len__(self) -> int:
        """Images in all."""

    @property
    @abstractmethod
    def place(self) -> Path:
        """What an error about the whole names."""

    def member(self, split: Split, number: int) -> Split:
        """Which split an image belongs to that was found among those of `split`."""
        if self._held_out is None:
            return split
        return "held_out" if self._held_out[number] else "train"

    @cached_property
    def _held_out(self) -> NDArray[np.bool_] | None:
        if self.params.held_out is not None:
            return None
        return held_out_members(len(self), self.params.held_out_share, self.params.seed, self.place)
