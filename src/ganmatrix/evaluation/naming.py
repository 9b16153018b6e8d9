"""The names of scores, and of the columns that they fill."""

from typing import NamedTuple

from ganmatrix.entry import Entry
from ganmatrix.params.base import Checkpoint


class Name(NamedTuple):
    """A metric and, where it is of features, their extractor: scores of two never share a column."""

    metric: str
    extractor: str | None = None

    def column(self, checkpoint: Checkpoint | None = None) -> str:
        """`fid_efficientnet_lite0_ema`, `modes_ema`; without a checkpoint, of what no generator made."""
        return "_".join(part for part in (self.metric, self.extractor, checkpoint) if part)


Scores = dict[Name, Entry]
"""Of one generator; its checkpoint is not in the protocols yet."""


def null_scores(names: list[Name], reason: str) -> Scores:
    """What could not be measured: nothing, and why."""
    return {name: {"value": None, "protocol": {}, "reason": reason} for name in names}
