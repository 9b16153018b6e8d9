"""One number of metrics.json with the protocol it was measured under, and the name of its column."""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from ganmatrix.params.base import Checkpoint


class Entry(TypedDict):
    """A score. `value` is None exactly when `reason` says why.

    `applies` is False where no generator could have a value: the data lack what the score measures.
    """

    value: float | None
    protocol: dict[str, Any]
    std: NotRequired[float]
    reason: NotRequired[str]
    applies: NotRequired[bool]


def column(metric: str, checkpoint: Checkpoint, extractor_name: str | None = None) -> str:
    """`fid_efficientnet_lite0_ema`, `modes_ema`: scores of two extractors never share a column."""
    return "_".join(part for part in (metric, extractor_name, checkpoint) if part)


def null_scores(columns: Iterable[str], reason: str) -> dict[str, Entry]:
    """What a diverged cell scores: nothing, and why."""
    return {name: {"value": None, "protocol": {}, "reason": reason} for name in columns}


def inapplicable(columns: Iterable[str], reason: str) -> dict[str, Entry]:
    """Scores that these data do not have, and why; the matrix takes them for absent."""
    return {name: {**entry, "applies": False} for name, entry in null_scores(columns, reason).items()}
