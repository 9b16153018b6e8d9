"""The columns that speak for a generator first: of a headline, of a narrow table."""

import re
from collections.abc import Collection, Iterable

_PRIMARY = re.compile(
    r"(fid(?!_infinity|_over_steps)\w*|modes|high_quality_share|energy_distance)_(last|best|ema)"
)
"""One measure for images and three for points, of trained generators; modes on stacked digits too."""

LEADING = ("fid_inception", "fid_efficientnet_lite0", "fid_digits_cnn", "energy_distance")
"""Scores of which lower is better and none is negative; the first that was measured leads."""

_CHECKPOINTS = ("ema", "last", "best")
"""Whose score leads, the first that was taken."""


def leading(columns: Collection[str]) -> str | None:
    """The column that alone speaks for a dataset with these columns; None if it has none of LEADING."""
    preferred = (f"{score}_{checkpoint}" for score in LEADING for checkpoint in _CHECKPOINTS)
    return next((column for column in preferred if column in columns), None)


def primary(columns: Iterable[str]) -> list[str]:
    """Those of the columns, of averaged weights alone if they are there."""
    scored = [column for column in columns if _PRIMARY.fullmatch(column)]
    averaged = [column for column in scored if column.endswith("_ema")]
    return averaged or scored


def is_distance(column: str) -> bool:
    """Whether a primary column is a distance from the data, where lower is better; the others count."""
    return column.startswith(("fid_", "energy_distance_"))
