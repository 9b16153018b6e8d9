"""Where each method trains: its share of the variants, which they are, and its score along their axes."""

import math
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from matplotlib.axes import Axes

from ganmatrix.columns import SHARE, Measure, column
from ganmatrix.params.variants import label
from ganmatrix.params.variants import number as as_number
from ganmatrix.reporting.figures import (
    LEGEND_COLUMNS,
    embed,
    heat_map,
    label_decades,
    legend,
    method_style,
    single_axes,
    title_axes,
)
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, count_range, interval, number
from ganmatrix.reporting.page import Fragment, box, footnoted, join, table, text
from ganmatrix.reporting.report_data import ReportData, Setting
from ganmatrix.results.statistics import estimate, observed

Row = dict[str, Any]

WIDE = 8
"""From this ratio of its ends on an axis is logarithmic."""

TICKS = 6
"""Up to so many values have a tick each."""

_DODGE = 0.012
"""Sideways shift between methods, as a share of the axis, so that their intervals do not overlap."""

_APART = " \N{MIDDLE DOT} "
_SHARE = Measure("Share that trains", "higher", "", percent=True)
_RULE = (
    "Each method was also trained with other hyperparameter values. A run trains if it does not diverge "
    "and its main score is at most {within:g} times the score of the best cell. The best cell has the lowest "
    "mean over seeds of all methods and values in the setting. The share is the fraction of values with "
    "which the method trains, computed for each seed."
)
_SWEPT = (
    "Each dot is one seed. Lines are means over seeds with 95% intervals. A value at which a run diverged "
    "has no mean. Methods without the swept value are horizontal lines."
)
_ALONG = (
    "For each seed the median over the other axes is taken. The figure shows the mean over seeds and its 95% "
    "interval. There is no point where a median is that of diverged runs."
)


def where_methods_train(data: ReportData) -> Fragment | None:
    """A table of shares, then maps and curves of each setting; None for a grid without variants."""
    if not (trains := data.summary.get("trains")):
        return None
    settings = dict.fromkeys((row["dataset"], row["architecture"]) for row in trains)
    maps = [_map(data, setting) for setting in settings]
    curves = [figure for setting in settings for figure in _curves(data, setting)]
    headed = [text("h3", "Along one axis"), text("p", _ALONG, "note"), box(curves, "figures")]
    return join(
        [
            text("h2", "With which values does it train?"),
            text("p", _RULE.format(within=trains[0]["within"])),
            _shares(data, list(settings)),
            box(maps, "figures"),
            *(headed if curves else []),
        ]
    )


def _shares(data: ReportData, settings: list[tuple[str, str]]) -> Fragment:
    found = {(row["method"], row["dataset"], row["architecture"]): row for row in data.summary["trains"]}
    header = ["Method", *(f"{dataset} x {architecture}" for dataset, architecture in settings)]
    rows = [
        [method, *(_share(found.get((method, *setting))) for setting in settings)]
        for method in data.methods
        if any((method, *setting) in found for setting in settings)
    ]
    content = table("Share of the values with which each method trains", header, rows)
    return footnoted(content, CUT, CUT_NOTE)


def _share(row: Row | None) -> str:
    if row is None or row["mean"] is None:
        return "not trained"
    counts = ", ".join(f"{seed['trained']} of {seed['of']}" for seed in row["seeds"])
    spread = interval(row["low"], row["high"], _SHARE, SHARE) or "no interval"
    return f"{number(row['mean'], _SHARE)}\n{spread}, n = {row['n']}\n{counts}"


def _map(data: ReportData, setting: tuple[str, str]) -> Fragment:
    """The share of seeds that train: variants by methods."""
    rows = [row for row in data.summary["variants"] if (row["dataset"], row["architecture"]) == setting]
    names = {row["variant"]: _point(row) for row in rows}
    cells = {(row["variant"], row["method"]): row["trained"] / row["of"] for row in rows if row["of"]}
    methods = [method for method in data.methods if any(row["method"] == method for row in rows)]
    shares = [[cells.get((variant, method)) for method in methods] for variant in names]
    figure = heat_map(list(names.values()), methods, shares)
    always = [row["method"] for row in rows if row["of"] and row["trained"] == row["of"]]
    most = max(methods, key=always.count)
    finding = (
        f"{' x '.join(setting)}: {most} trains with every seed for {always.count(most)} of its "
        f"{sum(row['method'] == most for row in rows)} values"
    )
    title_axes(figure.axes[0], finding)
    keys = dict.fromkeys(label(key) for row in rows if row["is_point"] for key in row["values"])
    order = f" Row labels: {_APART.join(keys)}." if keys else ""
    caption = f"Seeds that train, in %, n = {count_range(row['of'] for row in rows)}.{order}"
    return embed(figure, f"{finding}. {caption}", caption)


def _point(row: Row) -> str:
    """The values of a point of the lattice, or the variant's name."""
    return _APART.join(map(str, row["values"].values())) if row["is_point"] else str(row["variant"])


def _curves(data: ReportData, setting: tuple[str, str]) -> list[Fragment]:
    """The axes of a lattice that has several; `sweep_figures` draws the only one of a lattice."""
    rows = [row for row in data.summary["sweeps"] if (row["dataset"], row["architecture"]) == setting]
    axes = dict.fromkeys(row["axis"] for row in rows if row["points"] > 1)
    return [_curve(data, setting, axis, [row for row in rows if row["axis"] == axis]) for axis in axes]


def sweep_figures(data: ReportData) -> Fragment | None:
    """The main score over each value that variants change alone; None if there is no such value."""
    figures = [
        _curve(data, (dataset, architecture), axis, rows)
        for (dataset, architecture, axis), rows in _sweeps(data).items()
        if len({row["at"] for row in rows}) > 1
    ]
    if not figures:
        return None
    return join(
        [text("h2", "Score over the swept values"), text("p", _SWEPT, "note"), box(figures, "figures")]
    )


def _sweeps(data: ReportData) -> dict[tuple[str, str, str], list[Row]]:
    """By dataset, architecture and key the variants that change this key alone, with each seed's score."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    runs = data.matrix.groupby("cell")
    for row in data.summary.get("variants", []):
        if len(row["values"]) > 1:
            continue
        ((axis, value),) = row["values"].items()
        if (at := as_number(value)) is None:
            continue
        of_cell = runs.get_group(row["cell"])
        scores = observed(of_cell, row["column"])
        with_diverged = scores.mask(of_cell["outcome"] == "diverged", math.inf)
        point = row | {"at": at, "seeds": list(scores.dropna()), **asdict(estimate(with_diverged))}
        found.setdefault((row["dataset"], row["architecture"], axis), []).append(point)
    return {key: sorted(rows, key=lambda row: float(row["at"])) for key, rows in found.items()}


def _curve(data: ReportData, setting: tuple[str, str], axis: str, rows: list[Row]) -> Fragment:
    measured = column(rows[0]["column"])
    methods = [method for method in data.methods if any(row["method"] == method for row in rows)]
    others = [m for m in data.methods if m not in methods] if "seeds" in rows[0] else []
    known = [row for row in rows if row["mean"] is not None]
    figure, axes = single_axes(axis, measured.measure.title, entries=len(methods) + len(others))
    least, most = (pick(row["at"] for row in rows) for pick in (min, max))
    log = _is_wide([row["at"] for row in rows])
    bottom = (
        0.5 * min(row["mean"] for row in known) if _is_wide([row["mean"] for row in known]) else -math.inf
    )
    _scale_axes(axes, dict.fromkeys(row["at"] for row in rows), log_x=log, log_y=bottom > 0)
    for index, method in enumerate(methods):
        shift = _DODGE * (index - (len(methods) - 1) / 2)
        points = [
            row | {"x": row["at"] * (most / least) ** shift if log else row["at"] + shift * (most - least)}
            for row in rows
            if row["method"] == method
        ]
        _draw(axes, points, method, bottom, method_style(data.methods.index(method)))
    for method in others:
        _draw_constant(axes, data, setting, method, measured.name)
    legend(figure, across=LEGEND_COLUMNS)
    finding = f"{' x '.join(setting)}: {_lowest(known, axis, measured.measure)}"
    title_axes(axes, finding)
    n = count_range(row["n"] for row in rows)
    caption = f"{measured.title} over {axis}, lower is better; n = {n} seeds."
    return embed(figure, f"{finding}. {caption}", caption)


def _is_wide(values: Sequence[float]) -> bool:
    """Whether these values are for a logarithmic axis."""
    return bool(values) and min(values) > 0 and max(values) / min(values) >= WIDE


def _scale_axes(axes: Axes, at: Collection[float], *, log_x: bool, log_y: bool) -> None:
    """Logarithmic axes where asked for; on the horizontal one a tick a value, if there are few."""
    if log_y:
        axes.set_yscale("log")
        label_decades(axes.yaxis)
    if log_x:
        axes.set_xscale("log")
        label_decades(axes.xaxis)
    if len(at) <= TICKS:
        axes.set_xticks(list(at), [f"{value:.3g}" for value in at])
        axes.minorticks_off()


def _draw(axes: Axes, points: list[Row], method: str, bottom: float, look: dict[str, Any]) -> None:
    """A method's means over the axis with their intervals, and each seed where the points have them."""
    known = [row for row in points if row["mean"] is not None]
    x, means = ([row[key] for row in known] for key in ("x", "mean"))
    axes.plot(x, means, label=method, linewidth=1.2, markersize=3.5, **look)
    for row in known:
        if row["low"] is not None:
            axes.vlines(row["x"], max(row["low"], bottom), row["high"], color=look["color"], linewidth=0.8)
    for row in points:
        seeds = row.get("seeds", [])
        axes.plot([row["x"]] * len(seeds), seeds, "o", color=look["color"], alpha=0.35, markersize=3)


def _draw_constant(axes: Axes, data: ReportData, setting: tuple[str, str], method: str, name: str) -> None:
    """The mean of a method that does not have the swept value, as a line over all values."""
    mean = data.groups(Setting(*setting), name).get(method, {}).get("mean")
    if mean is not None:
        look = method_style(data.methods.index(method)) | {"marker": ""}
        axes.axhline(mean, label=f"{method} (not swept)", linewidth=1.0, **look)


def _lowest(known: list[Row], axis: str, measure: Measure) -> str:
    if not known:
        return f"no method has a value along {label(axis)}"
    lowest = min(known, key=lambda row: float(row["mean"]))
    where = f"{lowest['method']} at {label(axis)} {lowest['at']:.3g}"
    return f"lowest for {where} ({number(lowest['mean'], measure)})"
