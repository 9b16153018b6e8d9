"""One number of metrics.json with the protocol it was measured under, and the name of its column."""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from ganmatrix.params.base import Checkpoint


class Entry(TypedDict):
    """A score. `value` is None exactly when `reason` says why."""

    value: float | None
    protocol: dict[str, Any]
    std: NotRequired[float]
    reason: NotRequired[str]


def column(metric: str, checkpoint: Checkpoint, extractor_name: str | None = None) -> str:
    """`fid_efficientnet_lite0_ema`, `modes_ema`: scores of two extractors never share a column."""
    return "_".join(part for part in (metric, extractor_name, checkpoint) if part)


def null_scores(columns: Iterable[str], reason: str) -> dict[str, Entry]:
    """What a diverged cell scores: nothing, and why."""
    return {name: {"value": None, "protocol": {}, "reason": reason} for name in columns}
