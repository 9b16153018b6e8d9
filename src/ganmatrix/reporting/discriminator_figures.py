"""Slope of D, what it remembers of its training data, and measures over an axis such as rotation."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd

from ganmatrix.columns import Measure, column, ordered
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
from ganmatrix.reporting.numbers import (
    count_range,
    lacking_most,
    left_out_note,
    number,
    plain,
    seed_counts,
)
from ganmatrix.reporting.page import Fragment, box, join, sections, text
from ganmatrix.reporting.report_data import ReportData, Setting

_LOOKS: list[dict[str, Any]] = [
    {"color": COLOURS[0], "marker": "o"},
    {"color": COLOURS[1], "marker": "s"},
    {"color": COLOURS[2], "marker": "^"},
]
_APART = 0.2
AXES = {
    "strength": "strength (root mean square of the perturbation, data in [\N{MINUS SIGN}1, 1])",
    "generator_steps": "generator steps",
    "degrees": "rotation (degrees)",
    "side_share": "translation (share of the image's side)",
    "scale": "magnification factor",
    "severity": "severity",
    "share": "position on the way from fake (0) to real (1)",
    "distance": "distance (data units)",
}

_DODGE = 0.012
"""Sideways shift between methods, as a share of the axis, so that their intervals do not overlap."""


@dataclass(frozen=True)
class _Chart:
    """Measures on one axis: column -> its name in the legend; the finding speaks of `leading`."""

    columns: dict[str, str]
    axis: str
    leading: str
    noun: str
    caption: str
    log: bool = True
    scale: int = 1
    line: float | None = None
    of_all: bool = False
    """Whether the finding is of all methods, of those whose D is no better than chance as well."""


SLOPES = _Chart(
    {
        "gradient_norm_real": "mean at reals",
        "lipschitz_ascent": "steepest slope found by a search",
        "lipschitz_upper": "upper bound",
    },
    "logits per data unit, log scale",
    "lipschitz_ascent",
    "D's steepest slope found",
    "The true local Lipschitz constant of D lies between the slope found by a search and the upper bound.",
)

GRADIENTS = _Chart(
    {
        "gradient_norm_real": "at reals",
        "gradient_norm_interpolate": "between reals and fakes",
        "gradient_norm_fake": "at fakes",
    },
    "mean norm of D's input gradient, logits per data unit, log scale",
    "gradient_norm_fake",
    "norm of D's gradient at fakes",
    "Mean norm of the gradient of D's output with respect to its input. G learns from the gradient at fakes.",
)

MEMORY = _Chart(
    {"overfitting_auroc": "training reals against held-out reals"},
    "D's AUROC, %",
    "overfitting_auroc",
    "AUROC of D for training reals against held-out reals",
    "50% means no overfitting; by chance alone one D varies by about 2.5 points.",
    log=False,
    scale=100,
    line=50,
    of_all=True,
)


def chart(data: ReportData, setting: Setting, kind: _Chart) -> Fragment:
    """The measures' means with their intervals."""
    found = {name: data.groups(setting, name) for name in kind.columns}
    shown = {
        name: groups for name, groups in found.items() if any(g["mean"] is not None for g in groups.values())
    }
    if not shown:
        return text("p", f"Not measured on {setting}.", "note")
    figure, axes = row_axes(data.methods, kind.axis, entries=len(kind.columns), log=kind.log)
    if kind.line is not None:
        axes.axvline(kind.line, color="#000000", linewidth=0.8)
    for place, ((name, groups), look) in enumerate(zip(shown.items(), _LOOKS, strict=False)):
        for row, method in enumerate(data.methods):
            group = groups.get(method)
            if group is None or group["mean"] is None or (kind.log and group["mean"] <= 0):
                continue
            y = row + _APART * (place - (len(shown) - 1) / 2)
            mean = kind.scale * group["mean"]
            if group["low"] is not None:
                low = max(kind.scale * group["low"], mean / 20) if kind.log else kind.scale * group["low"]
                axes.plot([low, kind.scale * group["high"]], [y, y], color=look["color"], linewidth=1)
            axes.plot(mean, y, linestyle="", markersize=5, label=kind.columns[name], **look)
    legend(figure)
    left_out = [] if kind.of_all else data.guessing(setting)
    finding = f"{setting}: {_extremes(found[kind.leading], kind, left_out)}"
    title_figure(figure, finding)
    by_method = {m: [groups[m] for groups in shown.values()] for m in data.methods}
    every = chain.from_iterable(by_method.values())
    n = seed_counts(every, {method: lacking_most(estimates) for method, estimates in by_method.items()})
    cut = " An interval that includes zero is cut at a twentieth of its mean." if kind.log else ""
    caption = f"{kind.caption} Means with 95% intervals over seeds, {n}.{cut}{left_out_note(left_out)}"
    return embed(figure, f"{finding}. {caption}", caption)


def _extremes(groups: dict[str, Any], kind: _Chart, left_out: Sequence[str]) -> str:
    means = {
        m: kind.scale * g["mean"] for m, g in groups.items() if g["mean"] is not None and m not in left_out
    }
    if not means:
        return f"{kind.noun}: no value"
    ranked = sorted(means, key=lambda method: means[method])
    low, high = (f"{method} ({plain(means[method])})" for method in (ranked[0], ranked[-1]))
    return f"{kind.noun}: lowest {low}" + (f", highest {high}" if len(ranked) > 1 else "")


def curves_by_setting(data: ReportData, keys: Collection[str]) -> Fragment:
    """The curves of every setting that has some, and where there are none."""
    known = [
        setting for setting in data.settings if not data.curves(setting, _named(data, setting, keys)).empty
    ]
    without = [str(setting) for setting in data.settings if setting not in known]
    note = [text("p", f"Not measured on {', '.join(without)}.", "note")] if without else []
    return join([sections(known, lambda setting: curves(data, setting, keys)), *note])


def curves(data: ReportData, setting: Setting, keys: Collection[str]) -> Fragment:
    """One figure a column that measures one of `keys`, all methods in it."""
    table = data.curves(setting, _named(data, setting, keys))
    columns = table["column"].unique()
    return box((_figure(data, setting, name, table) for name in columns), "figures")


def _named(data: ReportData, setting: Setting, keys: Collection[str]) -> list[str]:
    return [c.name for c in ordered(data.columns(setting.dataset)) if c.key in keys]


def _figure(data: ReportData, setting: Setting, name: str, table: pd.DataFrame) -> Fragment:
    measured = column(name)
    scale = 100 if measured.measure.percent else 1
    rows = table[table["column"] == name]
    figure, axes = single_axes(
        AXES[rows["axis"].iloc[0]],
        "%" if measured.measure.percent else "value",
        entries=len(data.methods),
    )
    if measured.measure.percent:
        axes.set_ylim(-3, 103)
    step = _DODGE * float(rows["at"].max())
    for index, method in enumerate(data.methods):
        points = rows[(rows["method"] == method) & rows["mean"].notna()]
        x = points["at"] + step * (index - (len(data.methods) - 1) / 2)
        look = method_style(index)
        if not points.empty:
            axes.plot(x, scale * points["mean"], label=method, linewidth=1.2, markersize=3.5, **look)
            axes.vlines(x, scale * points["low"], scale * points["high"], color=look["color"], linewidth=0.8)
    legend(figure, across=LEGEND_COLUMNS)
    finding = _at_the_end(rows, measured.measure)
    title_axes(axes, finding)
    caption = (
        f"{measured.title}, {setting}. Means over seeds with 95% intervals, n = {count_range(rows['n'])}."
    )
    return embed(figure, f"{caption} {finding}.", caption)


def _at_the_end(rows: pd.DataFrame, measure: Measure) -> str:
    end = rows["at"].max()
    last = rows[rows["at"] == end].set_index("method")["mean"].dropna()
    if last.empty:
        return f"No value at {end:.3g}"
    top, bottom = str(last.idxmax()), str(last.idxmin())
    highest, lowest = (number(float(last[method]), measure) for method in (top, bottom))
    if top == bottom:
        return f"At {end:.3g}: {top} {highest}"
    return f"At {end:.3g}: {top} highest ({highest}), {bottom} lowest ({lowest})"
