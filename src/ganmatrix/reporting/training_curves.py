"""How training went: scores, losses and gradient norms over generator steps, a panel a method."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from ganmatrix.columns import MEASURES, column, preferred
from ganmatrix.reporting.figures import (
    COLOURS,
    GREY,
    embed_wide,
    legend,
    panel_axes,
    title_figure,
    title_panel,
)
from ganmatrix.reporting.numbers import count_range, number, plain
from ganmatrix.reporting.page import Fragment, text
from ganmatrix.reporting.report_data import ReportData, Setting

_STEP = "generator step"
_LOOKS: dict[str, dict[str, Any]] = {
    "D": {"color": COLOURS[0], "linestyle": "-"},
    "G": {"color": COLOURS[1], "linestyle": "--"},
}


@dataclass(frozen=True)
class _Quantity:
    """A quantity that both networks have: its name, its columns by network, and what it is."""

    noun: str
    columns: dict[str, str]
    caption: str
    log: bool = False
    by_loss: bool = False
    """Whether its size means the same only among methods of one loss."""

    @property
    def axis(self) -> str:
        return f"{self.noun}, log scale" if self.log else self.noun


_LOSSES = _Quantity(
    "loss", {"D": "loss_discriminator", "G": "loss_generator"}, "Losses of D and G", by_loss=True
)

_GRADIENTS = _Quantity(
    "gradient norm",
    {"D": "gradient_norm_discriminator", "G": "gradient_norm_generator"},
    "Norm of the gradients that D's and G's weights receive",
    log=True,
)


def losses(data: ReportData, setting: Setting) -> Fragment:
    """D's and G's loss, all methods on the same axes."""
    return _logged(data, setting, _LOSSES)


def gradients(data: ReportData, setting: Setting) -> Fragment:
    """The norms of the weight gradients, all methods on the same axes."""
    return _logged(data, setting, _GRADIENTS)


def scores(data: ReportData, setting: Setting) -> Fragment:
    """The averaged generator's score over training, each method before its baseline in grey."""
    columns = map(column, data.columns(setting.dataset))
    followed = preferred(c for c in columns if c.key.endswith("_over_steps"))
    rows = data.curves(setting, [followed.name] if followed else [])
    if followed is None or rows["mean"].isna().all():
        return text("p", f"No score was recorded over training on {setting}.", "note")
    measure = MEASURES[followed.key.removesuffix("_over_steps")]
    figure, axes = panel_axes(data.methods, _STEP, f"{measure.title}, log scale", entries=3, log=True)
    bottom = 0.8 * rows["mean"].min()
    axes[0].set_ylim(bottom, 1.3 * rows["mean"].max())
    ends: dict[str, float] = {}
    for ax, method in zip(axes, data.methods, strict=True):
        if (baseline := data.baselines.get(method)) is not None:
            base = rows[rows["method"] == baseline]
            ax.plot(base["at"], base["mean"], color=GREY, linewidth=1.2, linestyle="--", label="its baseline")
        own = rows[(rows["method"] == method) & rows["mean"].notna()]
        if own.empty:
            title_panel(ax, f"{method}: no value")
            continue
        ax.fill_between(
            own["at"], own["low"].clip(lower=bottom), own["high"], color=COLOURS[0], alpha=0.2, linewidth=0
        )
        ax.plot(
            own["at"], own["mean"], color=COLOURS[0], linewidth=1.7, marker="o", markersize=3, label="method"
        )
        ends[method] = float(own["mean"].iloc[-1])
    legend(figure)
    finding = f"{setting}: final score {_extremes(ends, lambda value: number(value, measure))}"
    title_figure(figure, finding)
    caption = (
        f"{followed.title.replace(', mean over training', '')} of the running average of G's weights; "
        f"lower is better. Lines: means over seeds, n = {count_range(rows['n'])}; bands: 95% intervals."
    )
    return embed_wide(figure, f"{finding}. {caption}", caption)


def _logged(data: ReportData, setting: Setting, kind: _Quantity) -> Fragment:
    history = data.history
    history = history[
        (history["dataset"] == setting.dataset) & (history["architecture"] == setting.architecture)
    ]
    shown = {network: name for network, name in kind.columns.items() if name in history}
    if history.empty or not shown:
        return text("p", f"No {kind.noun} was logged on {setting}.", "note")
    figure, axes = panel_axes(data.methods, _STEP, kind.axis, entries=len(shown), log=kind.log)
    axes[0].set_ylim(*_limits(history[list(shown.values())], log=kind.log))
    ends: dict[str, float] = {}
    fates = []
    for ax, method in zip(axes, data.methods, strict=True):
        runs = data.of(setting)
        runs = runs[runs["method"] == method]
        completed = runs.loc[runs["outcome"] == "completed", "seed"]
        if len(completed) < len(runs):
            lost = runs.loc[runs["outcome"] != "completed", "outcome"].value_counts(sort=False)
            fate = ", ".join(f"{count} of {len(runs)} {outcome}" for outcome, count in lost.items())
            fates.append(f"{method}: {fate if len(completed) else 'no run completed'}")
            title_panel(ax, fates[-1])
        logged = history[history["method"] == method]
        for network, name in shown.items():
            end = _draw(ax, logged, name, list(completed), f"{network} ({kind.noun})", network)
            if end is not None and network == "D":
                ends[method] = end
    legend(figure)
    found = _alike(data, setting, ends) if kind.by_loss else _extremes(ends, plain)
    finding = f"{setting}: final {kind.noun} of D {found}"
    title_figure(figure, finding)
    caption = (
        f"{kind.caption}. Thin lines: {_each(data.of(setting)['seed'].nunique())}; a cross marks "
        "where a run diverged. Thick lines: mean of the completed runs. The axis shows the "
        "middle 99% of all values." + "".join(f" {fate}." for fate in fates)
    )
    return embed_wide(figure, f"{finding}. {caption}", caption)


def _draw(
    axes: Axes, logged: pd.DataFrame, name: str, completed: Sequence[int], label: str, network: str
) -> float | None:
    """Draw one quantity of one method; the last value of the mean over the completed seeds."""
    look = _LOOKS[network]
    for seed, run in logged.groupby("seed"):
        axes.plot(run["step"], run[name], color=look["color"], linewidth=0.5, alpha=0.45)
        if seed not in completed:
            axes.plot(run["step"].iloc[-1:], run[name].ffill().iloc[-1:], "x", color=look["color"])
    means = logged[logged["seed"].isin(completed)].groupby("step")[name].mean()
    if means.empty:
        return None
    axes.plot(means.index, means, label=label, linewidth=1.5, **look)
    return float(means.iloc[-1])


def _alike(data: ReportData, setting: Setting, ends: dict[str, float]) -> str:
    """Where D's loss ends among the methods that share theirs: of the losses, the one of most methods."""
    losses = data.of(setting)[["method", "loss"]].dropna().drop_duplicates("method")
    loss_of = dict(zip(losses["method"], losses["loss"], strict=True))
    by_loss: dict[str, dict[str, float]] = {}
    for method, end in ends.items():
        by_loss.setdefault(loss_of.get(method, f"{method}'s own"), {})[method] = end
    if len(by_loss) < 2:
        return _extremes(ends, plain)
    loss, shared = max(by_loss.items(), key=lambda item: len(item[1]))
    if len(shared) == 1:
        return "differs in kind between the methods, so values cannot be compared"
    return f"(of {len(shared)} methods with {loss.replace('_', ' ')} loss) {_extremes(shared, plain)}"


def _each(seeds: int) -> str:
    return "the one seed" if seeds == 1 else f"{seeds} seeds"


def _extremes(ends: dict[str, float], shown: Any) -> str:
    """`lowest for dat (0.30), highest for gan (2.10)`."""
    if not ends:
        return "unknown, because no run completed"
    ranked = sorted(ends, key=lambda method: ends[method])
    lowest = f"lowest for {ranked[0]} ({shown(ends[ranked[0]])})"
    return (
        f"{lowest}, highest for {ranked[-1]} ({shown(ends[ranked[-1]])})"
        if len(ranked) > 1
        else f"at {shown(ends[ranked[0]])} for {ranked[0]}"
    )


def _limits(values: pd.DataFrame, *, log: bool) -> tuple[float, float]:
    """The range of the middle 99% of all values, so that one excursion does not flatten every panel."""
    known = values.to_numpy()
    known = known[np.isfinite(known) & (known > 0)] if log else known[np.isfinite(known)]
    if not len(known):
        return 0.1, 1.0
    low, high = (float(end) for end in np.quantile(known, [0.005, 0.995]))
    if log:
        return low / 1.3, high * 1.3
    margin = 0.05 * (high - low) or 1.0
    return low - margin, high + margin
