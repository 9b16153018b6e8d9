"""How D holds up as its inputs are perturbed: each probe over strength, with intervals over seeds."""

import pandas as pd

from ganmatrix.reporting.drawing import embed, legend, mark, panel
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, box, text
from ganmatrix.reporting.measures import number, ordered

_DODGE = 0.012
"""Sideways shift between methods, as a share of the axis, so that their intervals do not overlap."""


def curves(evidence: Evidence, setting: Setting) -> Fragment:
    """One figure a probe, all methods in it."""
    rows = [row for row in evidence.summary["curves"] if setting.covers(row)]
    if not rows:
        return text("p", f"No probe gave a curve on {setting}.", "note")
    table = pd.DataFrame(rows)
    return box((_figure(evidence, setting, probe, table) for probe in _probes(table)), "figures")


def _probes(table: pd.DataFrame) -> list[str]:
    return [column.name for column in ordered(table["probe"].unique())]


def _figure(evidence: Evidence, setting: Setting, probe: str, table: pd.DataFrame) -> Fragment:
    measured = ordered([probe])[0]
    measure = measured.measure
    scale = 100 if measure.percent else 1
    rows = table[table["probe"] == probe]
    last = rows[rows["strength"] == rows["strength"].max()].set_index("method")["mean"].dropna()
    title = "No value at the largest strength"
    if not last.empty:
        top, bottom = str(last.idxmax()), str(last.idxmin())
        title = (
            f"Strongest: {top} {number(last[top], measure)}, {bottom} {number(last[bottom], measure)}"
            if len(last) > 1
            else f"At the strongest: {number(last[top], measure)}"
        )
    figure, axes = panel(title, "strength (L∞ radius, data in [−1, 1])", _unit(measure.percent), entries=len(evidence.methods))
    step = _DODGE * float(rows["strength"].max())
    for index, method in enumerate(evidence.methods):
        points = rows[(rows["method"] == method) & rows["mean"].notna()]
        if points.empty:
            continue
        x = points["strength"] + step * (index - (len(evidence.methods) - 1) / 2)
        axes.plot(x, scale * points["mean"], label=method, linewidth=1.2, markersize=3.5, **mark(index))
        axes.vlines(x, scale * points["low"], scale * points["high"], color=mark(index)["color"], linewidth=0.8)
    legend(figure)
    n = f"n = {rows['n'].min()} to {rows['n'].max()}" if rows["n"].nunique() > 1 else f"n = {rows['n'].max()}"
    caption = f"{measured.title}, {setting}. Mean over seeds and 95% interval, {n}."
    return embed(figure, f"{caption} {title}.", caption)


def _unit(percent: bool) -> str:
    return "%" if percent else "value"
