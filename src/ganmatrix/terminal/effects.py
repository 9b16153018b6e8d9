"""The difference of two methods in the terminal: numbers, a plot of the intervals, the answer."""

import math
from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from ganmatrix.columns import Column, column
from ganmatrix.reporting.numbers import counted, difference, number, plain, unpaired_runs
from ganmatrix.results.two_methods import Answer, SettingEffect
from ganmatrix.terminal.tables import table

WIDTH = 41
"""Characters of the plot, an odd number."""

MEAN, LINE, LEFT, RIGHT, ZERO = "●", "─", "├", "┤", "┊"


def effects(answer: Answer) -> Iterator[Group]:
    """A table of the settings, the plot, and the answer in words."""
    known = column(answer.column)
    better = f", {known.measure.better} is better" if known.measure.better else ""
    rows = [*answer.settings, *([answer.overall] if len(answer.settings) > 1 else [])]
    title = f"{known.title}{better}"
    if not rows:
        yield Group(Text(title, style="bold"), *map(Text, said(answer)), "")
        return
    yield table(
        title,
        ["setting", answer.method, answer.baseline, f"{answer.method} is", "95% interval", "n"],
        [_row(each, known, answer.relative, each is answer.overall) for each in rows],
    )
    if plotted := plot([(each.where, each.mean, each.low, each.high) for each in rows], _axis(known, answer)):
        yield Group(*map(Text, plotted), "")
    yield Group(*map(Text, said(answer)), "")


def _row(effect: SettingEffect, known: Column, relative: bool, over_all: bool) -> list[str]:
    """A row of the table; a mean over several settings is of numbers that do not compare."""
    means = (
        ["", ""] if over_all else [number(each, known.measure) for each in (effect.method, effect.baseline)]
    )
    missing = f", {effect.missing} missing" if effect.missing else ""
    return [
        effect.where,
        *means,
        "-" if effect.mean is None else difference(effect.mean, known.measure, relative),
        interval(effect, known, relative),
        f"{_counted(effect)}{missing}",
    ]


def _counted(effect: SettingEffect) -> str:
    """The pairs; without pairs, the runs of both methods."""
    one, other = effect.runs
    return str(one) if effect.design == "paired" else f"{one} and {other}"


def interval(effect: SettingEffect, known: Column, relative: bool) -> str:
    """`3.1% lower to 12% higher`."""
    if effect.low is None or effect.high is None:
        return "none"
    return " to ".join(difference(end, known.measure, relative) for end in (effect.low, effect.high))


def _axis(known: Column, answer: Answer) -> tuple[float, str]:
    """By what the plot's numbers are multiplied, and their unit."""
    if answer.relative:
        return 100.0, "%"
    return (100.0, " points") if known.measure.percent else (1.0, f" {known.measure.unit}".rstrip())


def plot(
    rows: Sequence[tuple[str, float | None, float | None, float | None]], axis: tuple[float, str]
) -> list[str]:
    """The mean and the interval of every row on one scale that has zero; no lines without a mean.

    A row is a name, a mean and the ends of its interval; without ends its mean stands alone.
    """
    drawn = [row for row in rows if row[1] is not None]
    ends = [0.0, *(end for _, *values in drawn for end in values if end is not None and math.isfinite(end))]
    least, most = min(ends), max(ends)
    if not drawn or least == most:
        return []

    def place(value: float) -> int:
        return round((value - least) / (most - least) * (WIDTH - 1))

    label = max(len(name) for name, *_ in drawn)
    lines = []
    for name, mean, low, high in drawn:
        cells = [" "] * WIDTH
        cells[place(0.0)] = ZERO
        if low is not None and high is not None:
            first, last = place(low), place(high)
            cells[first : last + 1] = LINE * (last - first + 1)
            cells[first], cells[last] = LEFT, RIGHT
        cells[place(mean or 0.0)] = MEAN
        lines.append(f"{name:<{label}}  {''.join(cells)}".rstrip())
    scale, unit = axis
    marks = {0: least, place(0.0): 0.0, WIDTH - 1: most}
    ruler, end = "", 0
    for at, value in sorted(marks.items()):
        text = f"{plain(scale * value) if value else '0'}{unit}"
        start = max(min(at - len(text) // 2, WIDTH - len(text)), 0)
        if start < end:  # the mark of zero would run into its neighbour
            continue
        ruler, end = ruler.ljust(start) + text, start + len(text) + 1
    return [*lines, f"{'':<{label}}  {ruler}"]


def said(answer: Answer) -> list[str]:
    """The answer in sentences, one a line."""
    known = column(answer.column)
    one, other = answer.method, answer.baseline
    overall = answer.overall
    runs = counted(overall.runs[0], "pair") if overall.design == "paired" else unpaired_runs(*overall.runs)
    if answer.obstacle:
        first = f"No test: {answer.obstacle}."
    elif answer.finding == "undecided":
        first = f"Not decided: the interval includes no difference ({_p(answer)}, {runs})."
    else:
        first = f"Decided: {one} is {answer.finding} than {other} ({_p(answer)}, {runs})."
        if known.measure.better:
            verdict = "better" if answer.finding == known.measure.better else "worse"
            first = first.replace("is " + answer.finding, f"is {answer.finding}, so {verdict},")
    return [first, *_seeds(answer), *_lost(answer)]


def _p(answer: Answer) -> str:
    value = answer.p_value or 0.0
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"


def _seeds(answer: Answer) -> list[str]:
    """What would decide it."""
    if answer.finding != "undecided":
        return []
    if answer.seeds_needed:
        return [
            f"About {answer.seeds_needed} seeds a setting (now {answer.seeds}) would decide it in 80% of "
            "cases, if means and spread stay as they are."
        ]
    if answer.overall.mean is None or answer.obstacle:
        return []
    return ["No number of seeds up to 1,000 would decide it: the difference is too small for its spread."]


def _lost(answer: Answer) -> list[str]:
    lost = {name: count for name, count in answer.diverged.items() if count}
    if not lost:
        return []
    listed = " and ".join(f"{counted(count, 'run')} of {name}" for name, count in lost.items())
    return [f"{listed} diverged and have no score. What is left flatters a method that diverges more."]
