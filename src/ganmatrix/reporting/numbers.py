"""How numbers, counts and differences are printed, and the values that a score is compared with."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganmatrix.columns import ANY, Bounds, Column, Measure, column
from ganmatrix.results.artifacts import floor_of

CUT = "\N{DAGGER}"
CUT_NOTE = f"{CUT} The t interval of so few values extends beyond the possible values. It is cut there."

CHANCE = 0.55
"""Mean unperturbed AUROC up to which a D is no better than a coin; below 0.45 it is worse."""

SURE = 0.05
"""The p value after Holm's correction up to which a difference is called sure."""

Row = dict[str, Any]
BEFORE, UNSEEN, NOISE = "before training", "unseen reals", "noise"
REFERENCE_POINTS = (BEFORE, UNSEEN, NOISE)


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


def estimate_of(row: Row, measure: Measure) -> tuple[Row, bool]:
    """The comparison to print, and whether it is relative to the baseline."""
    as_share = measure.ratio and row["relative"]["mean"] is not None
    return row["relative" if as_share else "difference"], as_share


def difference_interval(estimate: Row, measure: Measure, within: Bounds, as_share: bool) -> str:
    """The interval of a difference, such as `3.1% lower to 12% higher`."""
    if estimate["low"] is None:
        return "none"
    possible = bounds_of_difference(within, relative=as_share)
    low, high, mark = cut(estimate["low"], estimate["high"], possible)
    return f"{difference(low, measure, as_share)} to {difference(high, measure, as_share)}{mark}"


def pairs(estimate: Row) -> str:
    """How many pairs there are, and how many lack a value; without pairs, the runs of both methods."""
    missing = f", {estimate['missing']} missing" if estimate["missing"] else ""
    if estimate["design"] == "unpaired":
        return f"{unpaired_runs(*estimate['runs'])}{missing}"
    return f"{estimate['n']}{missing}"


def unpaired_runs(method: int, opponent: int) -> str:
    """`14 and 10 runs, unpaired`."""
    return f"{method} and {opponent} runs, unpaired"


def difference(value: float, measure: Measure, as_share: bool) -> str:
    """A difference in words, such as `12% lower`."""
    if value == 0:
        return "equal"
    way = "lower" if value < 0 else "higher"
    size = abs(value)
    if as_share:
        shown = f"{100 * size:.0f}%" if size >= 0.095 else f"{100 * size:.1f}%"
    elif measure.percent:
        shown = f"{100 * size:.1f} points"
    else:
        shown = f"{number(size, measure)} {measure.unit}".strip()
    return f"{shown} {way}"


def in_sentence(measure: Measure) -> str:
    """A measure's title as the middle of a sentence has it."""
    title = measure.title
    return title if title.isupper() else title[0].lower() + title[1:]


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(n: int, noun: str) -> str:
    """`1 claim`, `2 claims`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def count_range(counts: Iterable[int]) -> str:
    """`3`, or `2 to 3` where they differ; what has no value at all is no mean and does not count."""
    known = [count for count in counts if count] or [0]
    fewest, most = min(known), max(known)
    return f"{most}" if fewest == most else f"{fewest} to {most}"


def seed_counts(estimates: Iterable[Row], rows: Mapping[str, Row]) -> str:
    """`n = 2 to 3 (as_gan 2 of 3)`: of the means in a figure, and by name the rows that lack seeds."""
    counts = count_range(each["n"] for each in estimates)
    lacking = [f"{name} {e['n']} of {e['n'] + e['missing']}" for name, e in rows.items() if e["missing"]]
    return f"n = {counts}" + (f" ({', '.join(lacking)})" if lacking else "")


def lacking_most(estimates: Iterable[Row]) -> Row:
    """Of a row's estimates the one that lacks most seeds."""
    return max(estimates, key=lambda each: each["missing"])


def lacking_fewest(estimates: Iterable[Row]) -> Row:
    """Of a row's estimates the one that lacks fewest seeds: where it lacks some, that is the row's doing."""
    return min(estimates, key=lambda each: each["missing"])


def reference_points(
    summary: Mapping[str, Any], dataset: str, measured: Column, architecture: str | None = None
) -> dict[str, str]:
    """Those of MARKS that are known, with their numbers; the first is an architecture's, mean over seeds."""
    untrained = measured.at("init").name
    before = (
        row["mean"]
        for row in summary["groups"]
        if (row["dataset"], row["architecture"], row["column"]) == (dataset, architecture, untrained)
        and row["mean"] is not None
    )
    floor = floor_of(summary, dataset, measured.name) or {}
    values = (next(before, None), floor.get("value"), floor.get("noise"))
    marks = zip(REFERENCE_POINTS, values, strict=True)
    return {mark: number(value, measured.measure) for mark, value in marks if value is not None}


def reference_points_in_words(
    summary: Mapping[str, Any], dataset: str, measured: Column, architecture: str
) -> str:
    """`72.4 before training, 1.20 for unseen reals, 213 for noise`; nothing where nothing is known."""
    known = reference_points(summary, dataset, measured, architecture)
    return ", ".join(f"{value} {'' if mark == BEFORE else 'for '}{mark}" for mark, value in known.items())


def held_out_samples(summary: Mapping[str, Any], dataset: str, measured: Column) -> str:
    """How many unseen reals were scored: `360 held-out samples; G is scored on 1,000`, or nothing."""
    if not (floor := floor_of(summary, dataset, measured.name)) or floor["samples"] is None:
        return ""
    generated = summary["protocols"][dataset].get(measured.name, {}).get("fake_samples", floor["samples"])
    beyond = f"; G is scored on {generated:,}" if generated != floor["samples"] else ""
    return f"{floor['samples']:,} held-out samples{beyond}"


def left_out_note(guessing: Sequence[str]) -> str:
    """For a caption: whom its finding leaves out, since such a D has nothing that it could lose."""
    if not guessing:
        return ""
    whose = f" The title leaves out {listed(guessing)}, whose D is no better than chance"
    return f"{whose} even without a perturbation."
