"""How training went: losses and gradient norms over generator steps, seeds thin, their mean thick."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatter

from ganmatrix.reporting.drawing import COLOURS, embed, legend, mark, panel, state
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, box, text
from ganmatrix.reporting.measures import plain

_LOSSES = {"loss_discriminator": "D", "loss_generator": "G"}
_GRADIENT = "gradient_norm_discriminator"
_STEP = "generator step"


def losses(evidence: Evidence, setting: Setting) -> Fragment:
    """D's and G's loss, a panel a method, all on the same axis."""
    history = _of(evidence, setting)
    columns = [name for name in _LOSSES if name in history]
    if history.empty or not columns:
        return text("p", f"No losses were logged on {setting}.", "note")
    limits = _limits(history[columns])
    panels = [_losses_of(evidence, setting, method, history, columns, limits) for method in evidence.methods]
    return box(panels, "figures")


def gradients(evidence: Evidence, setting: Setting) -> Fragment:
    """The norm of the gradient of D's loss with respect to D's weights, all methods in one figure."""
    history = _of(evidence, setting)
    if history.empty or _GRADIENT not in history:
        return text("p", f"No gradient norms were logged on {setting}.", "note")
    ends: dict[str, float] = {}
    figure, axes = panel(_STEP, "gradient norm, log scale", entries=len(evidence.methods))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    for index, method in enumerate(evidence.methods):
        runs = history[history["method"] == method]
        end = _draw(axes, runs, _GRADIENT, _completed(evidence, setting, method), method, mark(index))
        if end is not None:
            ends[method] = end
    legend(figure)
    title = "No run completed: nothing to average"
    if ends:
        ranked = sorted(ends, key=lambda method: ends[method])
        title = f"Ends highest with {ranked[-1]} ({plain(ends[ranked[-1]])})"
        if len(ranked) > 1:
            title += f", lowest with {ranked[0]} ({plain(ends[ranked[0]])})"
    state(axes, title)
    alt = f"Norm of D's weight gradient during training on {setting}. {title}."
    return embed(figure, alt, f"Norm of D's weight gradient, {setting}. {_seeds(evidence, setting)}")


def _losses_of(
    evidence: Evidence,
    setting: Setting,
    method: str,
    history: pd.DataFrame,
    columns: list[str],
    limits: tuple[float, float],
) -> Fragment:
    completed = _completed(evidence, setting, method)
    runs = history[history["method"] == method]
    figure, axes = panel(_STEP, "loss", entries=len(columns))
    axes.set_ylim(*limits)
    ends = {}
    for colour, name in zip(COLOURS, columns, strict=False):
        style = {"color": colour, "linestyle": "-" if name == columns[0] else "--"}
        ends[_LOSSES[name]] = _draw(axes, runs, name, completed, f"{_LOSSES[name]}'s loss", style)
    legend(figure)
    count = len(_seeds_of(evidence, setting, method))
    known = {network: end for network, end in ends.items() if end is not None}
    title = f"{method}: no run completed"
    if known:
        title = f"{method}: " + ", ".join(f"{network} ends at {plain(end)}" for network, end in known.items())
    state(axes, title)
    lost = f", {count - len(completed)} diverged" if count > len(completed) else ""
    return embed(figure, f"Losses of {title}, on {setting}.", f"{setting}; n = {len(completed)}{lost}")


def _draw(
    axes: Axes, runs: pd.DataFrame, column: str, completed: list[int], label: str, style: dict[str, Any]
) -> float | None:
    """Draw one quantity of one method; the last value of the mean over the completed seeds."""
    for _, run in runs.groupby("seed"):
        axes.plot(run["step"], run[column], color=style["color"], linewidth=0.5, alpha=0.45)
    means = runs[runs["seed"].isin(completed)].groupby("step")[column].mean()
    if means.empty:
        return None
    axes.plot(means.index, means, label=label, linewidth=1.7, markevery=0.2, markersize=3.5, **style)
    return float(means.iloc[-1])


def _of(evidence: Evidence, setting: Setting) -> pd.DataFrame:
    rows = evidence.history
    return rows[(rows["dataset"] == setting.dataset) & (rows["architecture"] == setting.architecture)]


def _seeds_of(evidence: Evidence, setting: Setting, method: str) -> pd.DataFrame:
    cells = evidence.of(setting)
    return cells[cells["method"] == method]


def _completed(evidence: Evidence, setting: Setting, method: str) -> list[int]:
    cells = _seeds_of(evidence, setting, method)
    return list(cells.loc[cells["outcome"] == "completed", "seed"])


def _seeds(evidence: Evidence, setting: Setting) -> str:
    n = evidence.of(setting)["seed"].nunique()
    return f"Thin: each of {n} seeds. Thick: mean of the completed ones."


def _limits(values: pd.DataFrame) -> tuple[float, float]:
    """The range of the middle 99% of all values, so that one excursion does not flatten every panel."""
    low, high = np.nanquantile(values.to_numpy(), [0.005, 0.995])
    margin = 0.05 * (high - low) or 1.0
    return float(low - margin), float(high + margin)
