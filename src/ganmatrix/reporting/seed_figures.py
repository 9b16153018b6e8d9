"""How far the seeds of a method differ: where each run ended, when it got there, and the middle of them."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ganmatrix.columns import Column, Measure, leading, ordered
from ganmatrix.reporting.figures import (
    COLOURS,
    LEGEND_COLUMNS,
    embed,
    legend,
    method_style,
    row_axes,
    single_axes,
    title_axes,
    title_figure,
)
from ganmatrix.reporting.numbers import count_range, counted, interval, number, plain
from ganmatrix.reporting.page import Fragment, table, text
from ganmatrix.reporting.report_data import ReportData, Setting

SEED, MEAN, CENSORED = COLOURS[0], "#000000", COLOURS[1]
Row = dict[str, Any]
_CAPTION = (
    "Interquartile mean over runs, and below it the probability of improvement over the baseline. In "
    "brackets: the middle 95% of bootstrap resamples of the seeds, which is too narrow for few seeds"
)


def final_scores(data: ReportData, setting: Setting) -> Fragment:
    """The leading score of every seed, with their mean."""
    measured = leading(data.columns(setting.dataset))
    return _final(data, setting, measured) if measured else text("p", f"No scores on {setting}.", "note")


def targets(data: ReportData, setting: Setting) -> list[Fragment]:
    """The step at which each seed reached a target, a figure a target; others stand at the end, as `> N`."""
    columns = [c for c in ordered(data.columns(setting.dataset)) if c.key.startswith("steps_to_")]
    return [_target(data, setting, measured) for measured in columns]


def _final(data: ReportData, setting: Setting, measured: Column) -> Fragment:
    measure = measured.measure
    scale = 100 if measure.percent else 1
    unit = "%" if measure.percent else measure.unit
    figure, axes = row_axes(data.methods, f"{measure.title}{f', {unit}' if unit else ''}", entries=2)
    spreads: dict[str, float] = {}
    for row, method in enumerate(data.methods):
        known = data.values(setting, method, measured.name).dropna()
        _dots(axes, [scale * value for value in known], row)
        group = data.groups(setting, measured.name).get(method)
        if group is None or group["mean"] is None:
            _absent(axes, row, "no value")
            continue
        axes.plot(
            [scale * group["mean"]] * 2, [row - 0.3, row + 0.3], color=MEAN, linewidth=1.8, label="mean"
        )
        if group["sd"] is not None:
            spreads[method] = group["sd"]
    legend(figure)
    finding = f"{setting}: {_spread_finding(spreads, measure)}"
    title_figure(figure, finding)
    caption = f"{measured.title}, {measure.better} is better; {_counted(data, setting, measured)}."
    return embed(figure, f"{finding}. {caption}", caption)


def _spread_finding(spreads: dict[str, float], measure: Measure) -> str:
    """Which method has the largest standard deviation over seeds, and which the smallest."""
    if not spreads:
        return "with one seed per method there is no spread"
    if len(spreads) == 1:
        ((method, sd),) = spreads.items()
        return f"only {method} has at least two values (SD {number(sd, measure)})"
    if len(set(spreads.values())) == 1:
        return "all methods have the same spread"
    widest, tightest = (pick(spreads, key=lambda m: spreads[m]) for pick in (max, min))
    return (
        f"largest spread {widest} (SD {number(spreads[widest], measure)}), "
        f"smallest {tightest} ({number(spreads[tightest], measure)})"
    )


def _target(data: ReportData, setting: Setting, measured: Column) -> Fragment:
    score = measured.title.removeprefix("Steps to the target of ")
    if data.of(setting)[measured.name].isna().all():
        return text("p", f"{setting}: no run reached the target of {score}.", "note")
    figure, axes = row_axes(data.methods, "generator steps to the target", entries=2)
    missed = 0
    means: dict[str, float] = {}
    for row, method in enumerate(data.methods):
        steps = data.values(setting, method, measured.name)
        _dots(axes, list(steps.dropna()), row)
        beyond = data.beyond(setting, method, measured.name)
        missed += len(beyond)
        if len(beyond):
            _not_reached(axes, row, beyond, len(steps))
        elif steps.isna().all():
            _absent(axes, row, "no value")
        elif steps.notna().sum() == data.planned(setting, method):
            means[method] = float(steps.mean())
    legend(figure)
    axes.set_xlim(0, (1.55 if missed else 1.06) * axes.get_xlim()[1])
    finding = f"{setting}, {score}: {_first_at_target(means, missed)}"
    title_figure(figure, finding)
    share = data.summary["protocols"][setting.dataset][measured.name]["target"]
    target = f"{100 * share:g}% of the {score} of the untrained generator"
    caption = f"Target: {target}; {_counted(data, setting, measured)}."
    return embed(figure, f"{finding}. {caption}", caption)


def _not_reached(axes: Axes, row: int, beyond: pd.Series, runs: int) -> None:
    """Arrows at the last step of the runs that did not reach the target, and how many of all they are."""
    look: dict[str, Any] = {"color": CENSORED, "mfc": "white", "label": "not reached by this step"}
    axes.plot(list(beyond), [row] * len(beyond), ">", **look)
    axes.annotate(
        f"> {beyond.max():,.0f}: {len(beyond)} of {runs}",
        (beyond.max(), row),
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=CENSORED,
    )


def _first_at_target(means: dict[str, float], missed: int) -> str:
    """The method with the lowest mean; only methods whose every seed got there have one."""
    found = "no method reaches the target with every seed"
    if means:
        first = min(means, key=lambda method: means[method])
        found = f"{first} is first at the target, after {plain(means[first])} steps on average"
    return f"{found}; {counted(missed, 'run')} did not reach it" if missed else found


def _dots(axes: Axes, values: list[float], row: int) -> None:
    axes.plot(values, [row] * len(values), "o", color=SEED, alpha=0.6, markersize=6, label="a seed")


def _absent(axes: Axes, row: int, why: str) -> None:
    """A row that has nothing to show says so at its start."""
    axes.annotate(
        why,
        (0, row),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color="#57606a",
    )


def _counted(data: ReportData, setting: Setting, measured: Column) -> str:
    """`n = 2 to 3 seeds a method; 1 run diverged; 1 value missing`."""
    runs = data.of(setting)
    lost = runs.loc[runs["outcome"] != "completed", "outcome"].value_counts(sort=False)
    counts, missing = [], 0
    for method in data.methods:
        values = data.values(setting, method, measured.name)
        known = int(values.notna().sum()) + len(data.beyond(setting, method, measured.name))
        counts.append(known)
        missing += len(values) - known
    n = count_range(counts)
    return "; ".join(
        [
            f"n = {n} seed{'' if n == '1' else 's'} per method",
            *(f"{counted(count, 'run')} {outcome}" for outcome, count in lost.items()),
            *([f"{counted(missing, 'value')} missing"] if missing else []),
        ]
    )


def descriptive_table(data: ReportData) -> Fragment:
    """Methods by settings in their leading scores, then the settings of each score together."""
    scores = {s: score for s in data.settings if (score := leading(data.columns(s.dataset)))}
    measured = list(scores.values())
    shared = [score for score in dict.fromkeys(measured) if measured.count(score) > 1]
    overall = {(row["column"], row["method"]): row for row in data.summary["descriptive"]["overall"]}
    rows: list[list[str]] = [[method] for method in data.methods]
    for setting, score in scores.items():
        within = _descriptive_rows(data, setting, score)
        for cells in rows:
            cells.append(_descriptive_cell(within.get(cells[0]), score))
    for score in shared:
        for cells in rows:
            cells.append(_improvement(overall.get((score.name, cells[0]))))
    header = ["Method", *(f"{setting}\n{score.title}" for setting, score in scores.items())]
    return table(_CAPTION, [*header, *(f"all settings\n{score.title}" for score in shared)], rows)


def performance_profile(data: ReportData, setting: Setting) -> Fragment:
    """What share of each method's runs gets how far from the untrained generators to the best run."""
    score = leading(data.columns(setting.dataset))
    rows = {m: r for m, r in _descriptive_rows(data, setting, score).items() if r["profile"]} if score else {}
    if score is None or not rows:
        return text("p", f"{setting}: no run improves on the untrained generators.", "note")
    figure, axes = single_axes(
        "score: 0 = untrained generators, 1 = best run", "% of runs", entries=len(rows)
    )
    axes.set_ylim(-3, 103)
    medians: dict[str, float] = {}
    for method, row in rows.items():
        shares = np.array(row["profile"])
        at = np.linspace(0, 1, len(shares))
        look = method_style(data.methods.index(method)) | {
            "linewidth": 1.3,
            "markersize": 3.5,
            "markevery": 5,
        }
        axes.plot(at, 100 * shares, label=method, **look)
        medians[method] = float(at[shares >= 0.5].max(initial=0))
    legend(figure, across=LEGEND_COLUMNS)
    least, most = (pick(medians, key=lambda method: medians[method]) for pick in (min, max))
    reach = f"{medians[least]:.2f} ({least}) to {medians[most]:.2f} ({most})"
    finding = f"{setting}: the median run reaches {reach}"
    title_axes(axes, finding)
    ends = " to ".join(number(rows[least][end], score.measure) for end in ("untrained", "best"))
    between = "ratios" if score.measure.better == "lower" else "steps"
    caption = (
        f"Percentage of runs that reach at least each score; {score.title} from {ends} in equal "
        f"{between}. n = {count_range(row['runs'] for row in rows.values())} runs per method. Diverged runs "
        f"({sum(row['diverged'] for row in rows.values())}) are included and reach no score."
    )
    return embed(figure, f"{finding}. {caption}", caption)


def _descriptive_rows(data: ReportData, setting: Setting, score: Column) -> dict[str, Row]:
    """What is said of each method in one setting and score."""
    rows = data.summary["descriptive"]["settings"]
    return {row["method"]: row for row in rows if setting.covers(row) and row["column"] == score.name}


def _descriptive_cell(row: Row | None, score: Column) -> str:
    if row is None:
        return "no run"
    middle = row["interquartile_mean"]
    within = interval(middle["low"], middle["high"], score.measure)
    lost = ", ".join(f"{row[why]} {why}" for why in ("diverged", "missing") if row[why])
    lines = [f"{number(middle['value'], score.measure)} {within}".strip(), _improvement(row), lost]
    return "\n".join(filter(None, lines))


def _improvement(row: Row | None) -> str:
    if row is None or (found := row["improvement"]) is None:
        return ""
    within = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{found['value']:.2f}{within} over {row['baseline']}"
