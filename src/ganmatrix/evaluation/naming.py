"""The names of the columns that scores fill."""

from ganmatrix.params.base import Checkpoint


def column(metric: str, checkpoint: Checkpoint, extractor_name: str | None = None) -> str:
    """`fid_efficientnet_lite0_ema`, `modes_ema`: scores of two extractors never share a column."""
    return "_".join(part for part in (metric, extractor_name, checkpoint) if part)
