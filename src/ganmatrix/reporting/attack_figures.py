"""How D holds up under attack, with noise as the control, and under attacks made on another D."""

import itertools
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ganmatrix.columns import Column, column
from ganmatrix.reporting.discriminator_figures import AXES
from ganmatrix.reporting.figures import (
    COLOURS,
    GREY,
    embed,
    embed_wide,
    heat_map,
    legend,
    panel_axes,
    row_axes,
    title_axes,
    title_figure,
    title_panel,
)
from ganmatrix.reporting.numbers import (
    count_range,
    interval,
    lacking_fewest,
    left_out_note,
    number,
    seed_counts,
)
from ganmatrix.reporting.page import Fragment, box, table, text
from ganmatrix.reporting.report_data import ReportData, Setting

_CLEAN, _NOISE, _ATTACK = "clean_auroc", "noise_auroc", "pgd_auroc"
_LOOKS: list[dict[str, Any]] = [
    {"color": COLOURS[0], "marker": "s"},
    {"color": COLOURS[1], "marker": "o"},
    {"color": COLOURS[2], "marker": "^"},
]
Group = dict[str, Any]

NOISE_ROW = "sign noise"
"""The row of the control."""


@dataclass(frozen=True)
class _Norm:
    """A norm's attacks by column, the strongest of them, and their control."""

    title: str
    attacks: dict[str, str]
    strongest: str
    control: str


LINF = _Norm(
    "the L-infinity norm",
    {"fgsm_auroc": "FGSM", "pgd_auroc": "PGD", "universal_auroc": "universal"},
    "pgd_auroc",
    "noise_auroc",
)

L2 = _Norm("the L2 norm", {"fgsm_l2_auroc": "FGSM", "pgd_l2_auroc": "PGD"}, "pgd_l2_auroc", "noise_l2_auroc")


def auroc_under_attack(data: ReportData, setting: Setting) -> Fragment:
    """What each D loses to noise (its sensitivity), and what more to PGD (its vulnerability)."""
    clean, noise, attack = (data.groups(setting, name) for name in (_CLEAN, _NOISE, _ATTACK))
    if not attack or all(group["mean"] is None for group in attack.values()):
        return text("p", f"No D was attacked on {setting}.", "note")
    figure, axes = row_axes(data.methods, "D's AUROC, % (50 is chance)", entries=3)
    axes.axvline(50, color="#000000", linewidth=0.8)
    guessing = data.guessing(setting)
    gaps: dict[str, float] = {}
    for row, method in enumerate(data.methods):
        means = [group.get(method, {}).get("mean") for group in (clean, noise, attack)]
        before, disturbed, attacked = (None if mean is None else 100 * mean for mean in means)
        if attacked is None or disturbed is None:
            axes.text(50, row, " no value", va="center", fontsize=8, color="#57606a")
            continue
        axes.plot([disturbed, attacked], [row, row], color=COLOURS[1], linewidth=2.2)
        if before is not None:
            axes.plot([before, disturbed], [row, row], color=GREY, linewidth=2.2)
            axes.plot(before, row, "o", color="#000000", mfc="white", label="unperturbed")
        axes.plot(disturbed, row, "|", color="#000000", markersize=11, mew=1.8, label="under noise")
        axes.plot(attacked, row, "o", color=COLOURS[1], label="under PGD")
        if method not in guessing:
            gaps[method] = disturbed - attacked
    legend(figure, across=3)
    finding = f"{setting}: {_costs_most(gaps)}"
    title_figure(figure, finding)
    n = seed_counts(attack.values(), attack)
    caption = (
        "Grey: loss of AUROC under noise. Orange: additional loss under PGD. Means over strengths and seeds, "
        f"{n}."
    )
    caption += left_out_note(guessing)
    return embed(figure, f"{finding}. {caption}", caption)


def auroc_table(data: ReportData) -> Fragment:
    """The AUROC of every D, as it is, under noise and under attacks."""
    measured = [column(name) for name in (_CLEAN, _NOISE, "fgsm_auroc", _ATTACK, "universal_auroc")]
    lines = [
        [
            f"{setting}, {method}",
            *(_number(data.groups(setting, c.name).get(method), c) for c in measured),
        ]
        for setting in data.settings
        for method in data.methods
    ]
    header = ["Setting and method", *(c.title.removeprefix("D's ") for c in measured)]
    return table("D's AUROC: means over strengths and seeds with 95% intervals", header, lines, "sortable")


def _number(group: dict[str, Any] | None, measured: Column) -> str:
    if group is None or group["mean"] is None:
        return "no value"
    spread = interval(group["low"], group["high"], measured.measure, measured.measure.bounds)
    return f"{number(group['mean'], measured.measure)}\n{spread or 'no interval'}, n = {group['n']}"


def auroc_by_strength(data: ReportData, setting: Setting, norm: _Norm) -> Fragment:
    """D's AUROC over the strength of each attack in a norm and of its control, a panel a method."""
    shown = {**norm.attacks, norm.control: "noise"}
    points = data.curves(setting, shown)
    if points["mean"].isna().all():
        return text("p", f"No D was attacked in {norm.title} on {setting}.", "note")
    figure, axes = panel_axes(data.methods, AXES["strength"], "AUROC, %", entries=1)
    axes[0].set_ylim(-4, 104)
    guessing = data.guessing(setting)
    ends: dict[str, float] = {}
    for ax, method in zip(axes, data.methods, strict=True):
        own = points[(points["method"] == method) & points["mean"].notna()]
        ax.axhline(50, color="#000000", linewidth=0.6)
        if own.empty:
            title_panel(ax, f"{method}: no value")
        for (name, label), look in zip(norm.attacks.items(), _LOOKS, strict=False):
            style = look | {"linewidth": 1.4, "markersize": 3}
            _line(ax, own[own["column"] == name], label, style, band=label == "PGD")
        noise = own[own["column"] == norm.control]
        _line(
            ax, noise, "noise, the control", {"color": GREY, "linestyle": "--", "linewidth": 1.6}, band=True
        )
        pgd = own[own["column"] == norm.strongest]
        if not (pgd.empty or noise.empty or method in guessing):
            ends[method] = 100 * (noise["mean"].iloc[-1] - pgd["mean"].iloc[-1])
    legend(figure, across=len(shown))
    finding = f"{setting}, at full strength: {_costs_most(ends)}"
    title_figure(figure, finding)
    caption = (
        f"Attacks in {norm.title} on both reals and fakes; 50% is chance. Means over seeds, "
        f"n = {count_range(points['n'])}; bands (PGD and noise only) are 95% intervals."
    )
    caption += left_out_note(guessing)
    return embed_wide(figure, f"{finding}. {caption}", caption)


def _line(axes: Axes, points: pd.DataFrame, label: str, look: dict[str, Any], *, band: bool = False) -> None:
    if points.empty:
        return
    axes.plot(points["at"], 100 * points["mean"], label=label, **look)
    if band:
        low, high = (100 * points[end].clip(0, 1) for end in ("low", "high"))
        axes.fill_between(points["at"], low, high, color=look["color"], alpha=0.12, linewidth=0)


def _costs_most(gaps: dict[str, float]) -> str:
    """Whom PGD costs most beyond noise, and whom least; gaps are in points."""
    if not gaps:
        return "no attack can be compared with its control"
    most, least = (pick(gaps, key=lambda method: gaps[method]) for pick in (max, min))
    found = f"PGD costs {most} most ({_points(gaps[most])} points more than noise)"
    return found if most == least else f"{found}, {least} least ({_points(gaps[least])})"


def _points(value: float) -> str:
    """Rounded to tenths, without a negative zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")


def transfer_maps(data: ReportData, dataset: str) -> Fragment:
    """Attacks on the row's D, tried on the column's; one figure a pair of architectures."""
    rows = [row for row in data.summary["transfers"] if row["dataset"] == dataset]
    if not rows:
        return text("p", f"Attacks have not been tried on other runs on {dataset} yet.", "note")
    tried = {(row["source_architecture"], row["target_architecture"]) for row in rows}
    pairs = [each for each in itertools.product(data.architectures, repeat=2) if each in tried]
    return box((_map(data, dataset, source, target, rows) for source, target in pairs), "figures")


def _map(data: ReportData, dataset: str, source: str, target: str, rows: list[Group]) -> Fragment:
    groups = {
        (row["source_method"], row["target_method"]): row
        for row in rows
        if (row["source_architecture"], row["target_architecture"]) == (source, target)
    }
    methods = [method for method in data.methods if (method, method) in groups]
    rates = [[groups[made, tried]["rate"]["mean"] for tried in methods] for made in methods]
    # The control is the target's alone: it is the same for every source.
    rates.append([groups[methods[0], tried]["control"]["mean"] for tried in methods])
    figure = heat_map([*methods, NOISE_ROW], methods, rates)
    finding = _highest_transfer(groups)
    title_axes(figure.axes[0], finding)
    made = {f"attacks on {m}": lacking_fewest(groups[m, other]["rate"] for other in methods) for m in methods}
    received = {f"{m}'s D": lacking_fewest(groups[other, m]["rate"] for other in methods) for m in methods}
    n = seed_counts((row["rate"] for row in groups.values()), made | received)
    caption = (
        f"Attacks made on the D of the row ({source}) and tried on the D of the column ({target}), "
        f"{dataset}: fall of its logit, in % of the fall under an attack on that D itself. Means over "
        f"seeds, {n}."
    )
    return embed(figure, f"{caption} {finding}.", caption)


def _highest_transfer(groups: dict[tuple[str, str], Group]) -> str:
    means = {
        pair: row["rate"]["mean"]
        for pair, row in groups.items()
        if pair[0] != pair[1] and row["rate"]["mean"] is not None
    }
    if not means:
        return "No attack on one method was tried on another"
    (source, target), highest = max(means.items(), key=lambda item: item[1])
    return f"Highest transfer between methods: {100 * highest:.0f}%, from {source} to {target}"
