"""What every dataset kind prepares."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Modality = Literal["points", "images"]


@dataclass(frozen=True)
class Prepared:
    """A dataset, ready to be written.

    Images are uint8 (N, C, H, W) in [0, 255]; points are float32 (N, 2) within [-1, 1] or so.
    Labels are int64 (N,): a class, a mode, or the photograph that a crop was cut from.
    """

    modality: Modality
    train: NDArray[Any]
    train_labels: NDArray[np.int64]
    held_out: NDArray[Any]
    held_out_labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    licence: str
    facts: dict[str, Any]
    """What else belongs on the card: mode centres, crop counts, the resizer."""
