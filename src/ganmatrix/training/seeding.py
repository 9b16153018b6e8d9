"""All randomness: one named stream per purpose, derived from the run.

The streams depend on dataset, architecture and seed, but not on the method or the variant. So runs that
differ only in these start from the same networks and see the same batches, and comparisons between methods,
and along an axis of the lattice, are paired. A method with `streams: own` is a twin of another method: it
shares only the rule with it, and the two differ by chance alone.
"""

import hashlib
from enum import Enum

import torch

from ganmatrix.cell import Run


class Stream(Enum):
    """The purpose of a stream of random numbers."""

    INITIALISATION = "initialisation"
    DATA_ORDER = "data_order"
    TRAINING_LATENTS = "training_latents"
    EVALUATION_LATENTS = "evaluation_latents"
    EVALUATION_SUBSETS = "evaluation_subsets"
    BATCH_STATISTICS = "batch_statistics"
    METHOD_NOISE = "method_noise"
    PROBES = "probes"
    SAMPLES = "samples"


def stream_seed(run: Run, stream: Stream, number: int = 0) -> int:
    """A 63-bit seed from the SHA-256 of dataset, architecture, seed, purpose, and a twin's own name.

    A purpose may have further streams, by number.
    """
    text = f"{run.dataset}-{run.architecture}-{run.seed}/{stream.value}{run.streams}"
    text += f"-{number}" if number else ""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(
    run: Run, stream: Stream, device: torch.device | None = None, number: int = 0
) -> torch.Generator:
    """A fresh generator at the start of the stream."""
    made = torch.Generator(device=device or "cpu")
    return made.manual_seed(stream_seed(run, stream, number))
