"""Which runs a variant is compared with: its own, and those of methods that it leaves as they are.

A variant of one method, such as another epsilon, has no cells of the others. In its setting these are
represented by their cells of the same values. Two stand-ins are never compared there: that would count one
pair of runs as often as there are variants.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ganmatrix.cell import place
from ganmatrix.results.matrix import SETTING, VARIANT, setting

STANDS_IN = "stands_in"
"""The column of `with_stand_ins` that marks its copies."""

StandIns = Mapping[tuple[str, str, str, str], str]
"""Dataset, architecture, variant, method -> the variant of the cell of the same values (`cell.stand_ins`)."""


_KEYS = (*SETTING, VARIANT, "method")


def rows_of(found: StandIns) -> list[dict[str, str]]:
    """Stand-ins as summary.json has them."""
    return [dict(zip(_KEYS, key, strict=True)) | {"stands_in": standing} for key, standing in found.items()]


def of_rows(rows: Iterable[Mapping[str, Any]]) -> StandIns:
    """The same read back."""
    return {tuple(row[key] for key in _KEYS): row["stands_in"] for row in rows}


def with_stand_ins(frame: pd.DataFrame, found: StandIns) -> pd.DataFrame:
    """The matrix with copies of the rows that stand for a method in the settings of variants."""
    if VARIANT not in frame:
        return frame
    keys = [*SETTING, VARIANT]
    settings = set(frame[keys].itertuples(index=False, name=None))
    marked = frame.assign(**{STANDS_IN: False})
    rows = dict(iter(marked.groupby([*keys, "method"], sort=False)))
    copies = []
    for (*place_of, variant, method), standing in found.items():
        if (*place_of, variant) in settings:
            copy = rows[*place_of, standing, method].copy()
            copy[VARIANT], copy[STANDS_IN] = variant, True
            copies.append(copy)
    return pd.concat([marked, *copies], ignore_index=True)


def settings_compared(frame: pd.DataFrame, *methods: str) -> set[tuple[str, ...]]:
    """The settings of a matrix with stand-ins in which these methods meet, not all of them as stand-ins."""
    keys = setting(frame)
    if STANDS_IN not in frame:
        return set(frame[keys].itertuples(index=False, name=None))
    runs = frame[frame["method"].isin(methods)]
    groups = runs.groupby(keys, sort=False)
    meet = (groups["method"].nunique() == runs["method"].nunique()) & ~groups[STANDS_IN].all()
    return set(meet.index[meet])


def compared(frame: pd.DataFrame, *methods: str) -> pd.DataFrame:
    """The rows of these settings."""
    if STANDS_IN not in frame:
        return frame
    places = pd.MultiIndex.from_frame(frame[setting(frame)])
    return frame[places.isin(settings_compared(frame, *methods))]


def placed(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the variant in the architecture's name, as readers are shown it."""
    if VARIANT not in table:
        return table
    names = zip(table["architecture"], table[VARIANT], strict=True)
    return table.assign(architecture=[place(*each) for each in names])


_BY_SETTING = ("groups", "curves", "comparisons", "controls", "divergence", "claims")
"""What of summary.json has rows by setting."""


def placed_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The summary with places for architectures."""
    if VARIANT not in summary["grid"]:
        return dict(summary)
    rows = {
        key: [row | {"architecture": place(row["architecture"], row.get(VARIANT))} for row in summary[key]]
        for key in _BY_SETTING
    }
    return {**summary, **rows}
