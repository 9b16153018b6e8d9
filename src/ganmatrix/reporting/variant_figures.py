"""Where each method trains: its share of the variants, which they are, and its score along their axes."""

from typing import Any

from ganmatrix.columns import SHARE, Measure, column
from ganmatrix.params.variants import label
from ganmatrix.reporting.figures import (
    LEGEND_COLUMNS,
    embed,
    heat_map,
    legend,
    method_style,
    single_axes,
    title_axes,
)
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, count_range, interval, number
from ganmatrix.reporting.page import Fragment, box, footnoted, join, table, text
from ganmatrix.reporting.report_data import ReportData

Row = dict[str, Any]

WIDE = 8
"""From this ratio of its ends on an axis is logarithmic: learning rates and strengths, not steps."""

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
    rows = [row for row in data.summary["sweeps"] if (row["dataset"], row["architecture"]) == setting]
    return [
        _curve(data, setting, axis, [row for row in rows if row["axis"] == axis])
        for axis in dict.fromkeys(row["axis"] for row in rows)
    ]


def _curve(data: ReportData, setting: tuple[str, str], axis: str, rows: list[Row]) -> Fragment:
    measured = column(rows[0]["column"])
    methods = [method for method in data.methods if any(row["method"] == method for row in rows)]
    known = [row for row in rows if row["mean"] is not None]
    bottom = 0.5 * min((row["mean"] for row in known if row["mean"] > 0), default=0.0)
    figure, axes = single_axes(
        axis, f"{measured.measure.title}{', log scale' if bottom else ''}", entries=len(methods)
    )
    if bottom:
        axes.set_yscale("log")
    least, most = (pick(row["at"] for row in rows) for pick in (min, max))
    log = least > 0 and most / least >= WIDE
    if log:
        axes.set_xscale("log")
    for index, method in enumerate(methods):
        points = [row for row in known if row["method"] == method]
        shift = _DODGE * (index - (len(methods) - 1) / 2)
        x = [
            row["at"] * (most / least) ** shift if log else row["at"] + shift * (most - least)
            for row in points
        ]
        look = method_style(data.methods.index(method))
        axes.plot(x, [row["mean"] for row in points], label=method, linewidth=1.2, markersize=3.5, **look)
        for at, row in zip(x, points, strict=True):
            if row["low"] is not None:
                axes.vlines(at, max(row["low"], bottom), row["high"], color=look["color"], linewidth=0.8)
    legend(figure, across=LEGEND_COLUMNS)
    finding = f"{' x '.join(setting)}: no method has a value along {label(axis)}"
    if known:
        lowest = min(known, key=lambda row: row["mean"])
        finding = (
            f"{' x '.join(setting)}: lowest with {lowest['method']} at {label(axis)} {lowest['at']:.3g} "
            f"({number(lowest['mean'], measured.measure)})"
        )
    title_axes(axes, finding)
    caption = (
        f"{measured.title} over {axis}, lower is better; n = {count_range(row['n'] for row in rows)} seeds."
    )
    return embed(figure, f"{finding}. {caption}", caption)
