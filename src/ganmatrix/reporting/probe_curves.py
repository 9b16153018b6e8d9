"""Measures over an axis, such as the strength of a perturbation, with intervals over seeds."""

from collections.abc import Collection

import pandas as pd

from ganmatrix.columns import Measure, column, ordered
from ganmatrix.reporting.drawing import embed, legend, mark, panel, state
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, box, join, sections, text
from ganmatrix.reporting.numbers import number
from ganmatrix.reporting.seeds import span

AXES = {
    "strength": "strength (root mean square of the perturbation, data in [\N{MINUS SIGN}1, 1])",
    "generator_steps": "generator steps",
    "degrees": "rotation (degrees)",
    "side_share": "translation (share of the image's side)",
    "scale": "magnification",
    "severity": "severity",
    "share": "share of the way",
    "distance": "distance (data units)",
}

_DODGE = 0.012
"""Sideways shift between methods, as a share of the axis, so that their intervals do not overlap."""


def by_setting(evidence: Evidence, keys: Collection[str]) -> Fragment:
    """The curves of every setting that has some, and where there are none."""
    known = [
        setting
        for setting in evidence.settings
        if not evidence.curves(setting, _named(evidence, setting, keys)).empty
    ]
    without = [str(setting) for setting in evidence.settings if setting not in known]
    note = [text("p", f"Not measured on {', '.join(without)}.", "note")] if without else []
    return join([sections(known, lambda setting: curves(evidence, setting, keys)), *note])


def curves(evidence: Evidence, setting: Setting, keys: Collection[str]) -> Fragment:
    """One figure a column that measures one of `keys`, all methods in it."""
    table = evidence.curves(setting, _named(evidence, setting, keys))
    columns = table["column"].unique()
    return box((_figure(evidence, setting, name, table) for name in columns), "figures")


def _named(evidence: Evidence, setting: Setting, keys: Collection[str]) -> list[str]:
    return [c.name for c in ordered(evidence.columns(setting.dataset)) if c.key in keys]


def _figure(evidence: Evidence, setting: Setting, name: str, table: pd.DataFrame) -> Fragment:
    measured = column(name)
    scale = 100 if measured.measure.percent else 1
    rows = table[table["column"] == name]
    figure, axes = panel(
        AXES[rows["axis"].iloc[0]],
        "%" if measured.measure.percent else "value",
        entries=len(evidence.methods),
    )
    if measured.measure.percent:
        axes.set_ylim(-3, 103)
    step = _DODGE * float(rows["at"].max())
    for index, method in enumerate(evidence.methods):
        points = rows[(rows["method"] == method) & rows["mean"].notna()]
        x = points["at"] + step * (index - (len(evidence.methods) - 1) / 2)
        look = mark(index)
        if not points.empty:
            axes.plot(x, scale * points["mean"], label=method, linewidth=1.2, markersize=3.5, **look)
            axes.vlines(x, scale * points["low"], scale * points["high"], color=look["color"], linewidth=0.8)
    legend(figure)
    finding = _finding(rows, measured.measure)
    state(axes, finding)
    caption = f"{measured.title}, {setting}. Means over seeds with 95% intervals, n = {span(rows['n'])}."
    return embed(figure, f"{caption} {finding}.", caption)


def _finding(rows: pd.DataFrame, measure: Measure) -> str:
    end = rows["at"].max()
    last = rows[rows["at"] == end].set_index("method")["mean"].dropna()
    if last.empty:
        return f"No value at {end:.3g}"
    top, bottom = str(last.idxmax()), str(last.idxmin())
    highest, lowest = (number(float(last[method]), measure) for method in (top, bottom))
    if top == bottom:
        return f"At {end:.3g}: {top} {highest}"
    return f"At {end:.3g}: {top} highest ({highest}), {bottom} lowest ({lowest})"
