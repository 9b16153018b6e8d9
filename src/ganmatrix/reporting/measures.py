"""Columns by name, and how their numbers are printed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ganmatrix.reporting.catalogue import MEASURES
from ganmatrix.reporting.catalogue.measure import ANY, Bounds, Measure


@dataclass(frozen=True)
class Column:
    """A column of the matrix: its measure, and the qualifiers that its name carries."""

    name: str
    key: str
    measure: Measure
    extractor: str | None
    checkpoint: str | None

    @property
    def title(self) -> str:
        """Such as `FID (EfficientNet-Lite0 features)`."""
        features = EXTRACTORS.get(self.extractor or "", self.extractor)
        notes = [f"{features} features"] if features else []
        if self.checkpoint not in (None, "ema"):
            notes.append(CHECKPOINTS[str(self.checkpoint)])
        return f"{self.measure.title} ({', '.join(notes)})" if notes else self.measure.title


EXTRACTORS = {
    "efficientnet_lite0": "EfficientNet-Lite0",
    "inception": "Inception-v3",
    "digits_cnn": "the digit classifier's",
}

CHECKPOINTS = {
    "ema": "running average of G's weights",
    "last": "G's last weights",
    "best": "best of the averages kept",
    "init": "before training",
}

LEADING = ("fid", "energy_distance", "high_quality_share", "modes")
"""The score that speaks for a dataset: the first of these that was measured on it."""

CUT = "\N{DAGGER}"
CUT_NOTE = f"{CUT} the t interval of so few values reaches beyond what is possible and is cut there"

CHANCE = 0.55
"""Mean unperturbed AUROC up to which a D is no better than a coin; below 0.45 it is worse."""


def column(name: str) -> Column:
    """The column of that name; an unknown one explains itself by its name alone."""
    key = max((key for key in MEASURES if name == key or name.startswith(f"{key}_")), key=len, default=name)
    measure = MEASURES.get(key, Measure(name, None, "No description is on record for this column."))
    rest = name.removeprefix(key).strip("_")
    checkpoint = next((known for known in CHECKPOINTS if f"_{rest}".endswith(f"_{known}")), None)
    extractor = rest.removesuffix(checkpoint or "").strip("_")
    return Column(name, key, measure, extractor or None, checkpoint)


def ordered(names: Iterable[str]) -> list[Column]:
    """The columns of those names in the order of `MEASURES`; unknown ones last, by name."""
    ranks = {key: rank for rank, key in enumerate(MEASURES)}
    return sorted(map(column, names), key=lambda c: (ranks.get(c.key, len(ranks)), c.name))


def preferred(columns: Iterable[Column]) -> Column | None:
    """Of columns that differ in the features alone: general ones before those of one task."""
    ranks = {name: rank for rank, name in enumerate(EXTRACTORS)}
    return min(columns, key=lambda c: ranks.get(c.extractor or "", -1), default=None)


def leading(names: Iterable[str]) -> Column | None:
    """The score that speaks for the dataset on which these columns were measured."""
    averaged = [c for c in map(column, names) if c.checkpoint == "ema"]
    return next((found for key in LEADING if (found := preferred(c for c in averaged if c.key == key))), None)


def number(value: float | None, measure: Measure) -> str:
    """Three significant digits, as a percentage where the measure is a share."""
    if value is None:
        return "-"
    return f"{plain(100 * value)}%" if measure.percent else plain(value)


def bounds(name: str, protocol: Mapping[str, Any]) -> Bounds:
    """What the mean of a column can be, given how it was measured."""
    known = column(name)
    low, high = known.measure.bounds
    return (low, float(protocol.get("modes", high))) if known.key == "modes" else (low, high)


def bounds_of_difference(of: Bounds, *, relative: bool) -> Bounds:
    """What the difference of two such means can be; a relative one cannot fall by more than all."""
    low, high = of
    if relative:
        return (-1, math.inf) if low >= 0 else ANY
    return low - high, high - low


def cut(low: float, high: float, within: Bounds) -> tuple[float, float, str]:
    """The interval inside its bounds, and the mark that it has lost something, if so."""
    least, greatest = within
    mark = CUT if low < least or high > greatest else ""
    return max(low, least), min(high, greatest), mark


def interval(low: float | None, high: float | None, measure: Measure, within: Bounds = ANY) -> str:
    """`[low, high]`, cut and marked where it leaves its bounds, or nothing where there is none."""
    if low is None or high is None:
        return ""
    low, high, mark = cut(low, high, within)
    return f"[{number(low, measure)}, {number(high, measure)}]{mark}"


def plain(value: float) -> str:
    """Three significant digits, in decimal notation for everyday sizes.

    A true minus sign, because a line may break after a hyphen.
    """
    size = abs(value)
    if size >= 100_000 or 0 < size < 0.0005:
        text = f"{size:.2e}"
    else:
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
        text = f"{size:.{decimals}f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 else text
