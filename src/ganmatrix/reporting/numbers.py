"""How the numbers of columns are printed."""

import math
from collections.abc import Mapping
from typing import Any

from ganmatrix.columns import ANY, Bounds, Measure, column

CUT = "\N{DAGGER}"
CUT_NOTE = f"{CUT} the t interval of so few values reaches beyond what is possible and is cut there"

CHANCE = 0.55
"""Mean unperturbed AUROC up to which a D is no better than a coin; below 0.45 it is worse."""


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
