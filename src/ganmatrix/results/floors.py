"""What the scores of a dataset are worth: those of real samples that nobody trained on, and of noise."""

from collections.abc import Iterable, Mapping
from typing import Any

from ganmatrix.columns import column as parsed
from ganmatrix.results.artifacts import ReferenceCard

Floor = dict[str, Any]


def floors(cards: Iterable[ReferenceCard]) -> list[Floor]:
    """A row a dataset and column, which goes without its checkpoint; docs/results.md describes the keys."""
    return [
        {
            "dataset": card.dataset,
            "column": column,
            "value": entry.value,
            "noise": card.floors.noise[column].value,
            "samples": entry.protocol.get("fake_samples"),
        }
        for card in cards
        for column, entry in card.floors.held_out.items()
    ]


def floor_of(summary: Mapping[str, Any], dataset: str, column: str) -> Floor | None:
    """The row of a score's column with its checkpoint, such as `fid_inception_ema`; None if it has none."""
    wanted = (dataset, parsed(column).at(None).name)
    rows = summary.get("floors", [])
    return next((row for row in rows if (row["dataset"], row["column"]) == wanted), None)
