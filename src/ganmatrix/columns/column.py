"""A column by its parts (measure, extractor, checkpoint), and which columns there can be."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, get_args

from ganmatrix.columns import costs, probes, scores
from ganmatrix.columns.measure import Measure

SECTIONS: dict[str, dict[str, Measure]] = scores.SECTIONS | probes.SECTIONS | costs.SECTIONS
"""Every kind of column, in the order of tables."""

MEASURES: dict[str, Measure] = {key: measure for each in SECTIONS.values() for key, measure in each.items()}

Checkpoint = Literal["init", "last", "best", "ema"]
"""Which generator of a run: as initialised, after the last step, the best snapshot of the running average
of its weights, or that average at the end."""

CHECKPOINTS: dict[Checkpoint, str] = {
    "ema": "running average of G's weights",
    "last": "G's last weights",
    "best": "best of the averages kept",
    "init": "before training",
}
"""In words; of several that were scored the first speaks for the run."""

EXTRACTORS = {
    "inception": "Inception-v3",
    "dinov2": "DINOv2",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "digits_cnn": "the digit classifier's",
}
"""In words; general features before those of one task."""


@dataclass(frozen=True)
class Column:
    """A column of the matrix; without a checkpoint, a score of what no generator made."""

    key: str
    extractor: str | None = None
    checkpoint: Checkpoint | None = None

    @property
    def name(self) -> str:
        """`fid_efficientnet_lite0_ema`, `modes_ema`, `pgd_auroc`."""
        return "_".join(part for part in (self.key, self.extractor, self.checkpoint) if part)

    @property
    def measure(self) -> Measure:
        """What is measured; a column that no catalogue knows explains itself by its name alone."""
        return MEASURES.get(self.key) or Measure(
            self.key, None, "No description is on record for this column."
        )

    @property
    def title(self) -> str:
        """Such as `FID (EfficientNet-Lite0 features)`."""
        notes = [f"{EXTRACTORS.get(self.extractor, self.extractor)} features"] if self.extractor else []
        if self.checkpoint not in (None, "ema"):
            notes.append(CHECKPOINTS[self.checkpoint])
        return f"{self.measure.title} ({', '.join(notes)})" if notes else self.measure.title

    def at(self, checkpoint: Checkpoint | None) -> "Column":
        """The same of another generator."""
        return replace(self, checkpoint=checkpoint)


def every(extractors: Iterable[str], checkpoints: Iterable[Checkpoint]) -> list[Column]:
    """All columns that there can be with these extractors and checkpoints, in the order of the catalogue."""
    found: list[Column] = []
    kinds, scored = [*extractors], [*checkpoints]
    for key, measure in MEASURES.items():
        of: list[str | None] = [*kinds] if measure.features else []
        of += [] if measure.features == "always" else [None]
        at: list[Checkpoint | None] = [None]
        if measure.scored:
            at = ["ema"] if measure.scored == "training" else [*scored]
        if measure.is_followed and "init" not in at:
            at.append("init")
        found += [Column(key, extractor, checkpoint) for extractor in of for checkpoint in at]
    return found


@cache
def _known() -> dict[str, Column]:
    """Every column by name, and without a checkpoint as floors have them."""
    columns = every(EXTRACTORS, get_args(Checkpoint))
    return {each.name: each for column in columns for each in (column.at(None), column)}


def column(name: str) -> Column:
    """The column of that name."""
    return _known().get(name) or Column(name)


def ordered(names: Iterable[str]) -> list[Column]:
    """The columns of those names in the order of the catalogue; unknown ones last, by name."""
    ranks = {key: rank for rank, key in enumerate(MEASURES)}
    return sorted(map(column, names), key=lambda c: (ranks.get(c.key, len(ranks)), c.name))


def preferred(columns: Iterable[Column]) -> Column | None:
    """Of columns that differ in the features alone the one of the first of EXTRACTORS."""
    ranks = {name: rank for rank, name in enumerate(EXTRACTORS)}
    return min(columns, key=lambda c: ranks.get(c.extractor or "", -1), default=None)


def primary(names: Iterable[str]) -> list[Column]:
    """The scores that speak for trained generators, of averaged weights alone where these are scored."""
    scored = [c for c in ordered(names) if c.measure.leads and c.checkpoint not in (None, "init")]
    averaged = [c for c in scored if c.checkpoint == "ema"]
    return averaged or scored


def leading(names: Collection[str], distance: bool = False) -> Column | None:
    """The one score that speaks for a dataset with these columns; None if there is none.

    FID before energy distance, high-quality share and modes; averaged weights before the last and the best.
    `distance`: only of those of which lower is better, and none is negative.
    """
    ranks = {checkpoint: rank for rank, checkpoint in enumerate(CHECKPOINTS)}
    scored = [c for c in primary(names) if not distance or c.measure.better == "lower"]
    first = min(((c.measure.leads or 0, ranks[c.checkpoint]) for c in scored if c.checkpoint), default=None)
    return preferred(c for c in scored if c.checkpoint and (c.measure.leads, ranks[c.checkpoint]) == first)
