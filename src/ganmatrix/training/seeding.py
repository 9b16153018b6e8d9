"""All randomness: one named stream per purpose, derived from the cell.

The streams of initialisation, data order and latents depend on dataset, architecture and seed but
not on the method: cells that differ in nothing but the method start from the same networks and see
the same batches. Comparisons between methods are thereby paired.
"""

import hashlib
from enum import Enum

import torch

from ganmatrix.cell import Cell


class Stream(Enum):
    """What a stream of random numbers is for."""

    INITIALISATION = "initialisation"
    DATA_ORDER = "data_order"
    TRAINING_LATENTS = "training_latents"
    EVALUATION_LATENTS = "evaluation_latents"
    EVALUATION_SUBSETS = "evaluation_subsets"
    BATCH_STATISTICS = "batch_statistics"
    METHOD_NOISE = "method_noise"
    PROBES = "probes"


def stream_seed(cell: Cell, stream: Stream) -> int:
    """A 63-bit seed: the SHA-256 of dataset, architecture, seed and purpose."""
    text = f"{cell.dataset}-{cell.architecture}-{cell.seed}/{stream.value}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(cell: Cell, stream: Stream, device: torch.device | None = None) -> torch.Generator:
    """A fresh generator at the start of the stream."""
    made = torch.Generator(device=device or "cpu")
    return made.manual_seed(stream_seed(cell, stream))
