"""How D holds up under attack, with the attack's noise control beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ganmatrix.columns import Column, column
from ganmatrix.reporting.drawing import COLOURS, embed
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, table, text
from ganmatrix.reporting.headline import listed
from ganmatrix.reporting.numbers import interval, number
from ganmatrix.reporting.panels import GREY, embed_wide, entitle, legend, multiples, rows, state
from ganmatrix.reporting.probe_curves import AXES
from ganmatrix.reporting.seeds import resting, span

_CLEAN, _NOISE, _ATTACK = "clean_auroc", "noise_auroc", "pgd_auroc"


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

_LOOKS: list[dict[str, Any]] = [
    {"color": COLOURS[0], "marker": "s"},
    {"color": COLOURS[1], "marker": "o"},
    {"color": COLOURS[2], "marker": "^"},
]


def losses(evidence: Evidence, setting: Setting) -> Fragment:
    """What each D loses to noise (its sensitivity), and what more to PGD (its vulnerability)."""
    clean, noise, attack = (evidence.groups(setting, name) for name in (_CLEAN, _NOISE, _ATTACK))
    if not attack or all(group["mean"] is None for group in attack.values()):
        return text("p", f"No D was attacked on {setting}.", "note")
    figure, axes = rows(evidence.methods, "D's AUROC, % (50 is guessing)", entries=3)
    axes.axvline(50, color="#000000", linewidth=0.8)
    guessing = evidence.guessing(setting)
    gaps: dict[str, float] = {}
    for row, method in enumerate(evidence.methods):
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
    finding = f"{setting}: {_finding(gaps)}"
    state(figure, finding)
    n = resting(attack.values(), attack)
    caption = f"Grey: lost to noise; vermilion: lost to PGD beyond it. Means over strengths and seeds, {n}."
    caption += floored(guessing)
    return embed(figure, f"{finding}. {caption}", caption)


def numbers(evidence: Evidence) -> Fragment:
    """The AUROC of every D, as it is, under noise and under attacks."""
    measured = [column(name) for name in (_CLEAN, _NOISE, "fgsm_auroc", _ATTACK, "universal_auroc")]
    lines = [
        [
            f"{setting}, {method}",
            *(_number(evidence.groups(setting, c.name).get(method), c) for c in measured),
        ]
        for setting in evidence.settings
        for method in evidence.methods
    ]
    header = ["Setting and method", *(c.title.removeprefix("D's ") for c in measured)]
    return table("D's AUROC: means over strengths and seeds, 95% intervals", header, lines, "sortable")


def _number(group: dict[str, Any] | None, measured: Column) -> str:
    if group is None or group["mean"] is None:
        return "no value"
    spread = interval(group["low"], group["high"], measured.measure, measured.measure.bounds)
    return f"{number(group['mean'], measured.measure)}\n{spread or 'no interval'}, n = {group['n']}"


def curves(evidence: Evidence, setting: Setting, norm: _Norm) -> Fragment:
    """D's AUROC over the strength of each attack in a norm and of its control, a panel a method."""
    shown = {**norm.attacks, norm.control: "noise"}
    points = evidence.curves(setting, shown)
    if points["mean"].isna().all():
        return text("p", f"No D was attacked in {norm.title} on {setting}.", "note")
    figure, axes = multiples(evidence.methods, AXES["strength"], "AUROC, %", entries=1)
    axes[0].set_ylim(-4, 104)
    guessing = evidence.guessing(setting)
    ends: dict[str, float] = {}
    for ax, method in zip(axes, evidence.methods, strict=True):
        own = points[(points["method"] == method) & points["mean"].notna()]
        ax.axhline(50, color="#000000", linewidth=0.6)
        if own.empty:
            entitle(ax, f"{method}: no value")
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
    finding = f"{setting}, at full strength: {_finding(ends)}"
    state(figure, finding)
    caption = (
        f"Attacks in {norm.title} on reals and fakes at once; 50% is guessing. Means over seeds, "
        f"n = {span(points['n'])}; bands, of PGD and of noise, are 95% intervals."
    )
    caption += floored(guessing)
    return embed_wide(figure, f"{finding}. {caption}", caption)


def _line(axes: Axes, points: pd.DataFrame, label: str, look: dict[str, Any], *, band: bool = False) -> None:
    if points.empty:
        return
    axes.plot(points["at"], 100 * points["mean"], label=label, **look)
    if band:
        low, high = (100 * points[end].clip(0, 1) for end in ("low", "high"))
        axes.fill_between(points["at"], low, high, color=look["color"], alpha=0.12, linewidth=0)


def floored(guessing: Sequence[str]) -> str:
    """For a caption: whom its finding leaves out, since such a D has nothing that it could lose."""
    if not guessing:
        return ""
    return f" The title leaves out {listed(guessing)}: no better than chance even without a perturbation."


def _finding(gaps: dict[str, float]) -> str:
    """Whom PGD costs most beyond noise, and whom least; gaps are in points."""
    if not gaps:
        return "no attack to compare with its control"
    most, least = (pick(gaps, key=lambda method: gaps[method]) for pick in (max, min))
    found = f"PGD costs {most} most ({_points(gaps[most])} points beyond noise)"
    return found if most == least else f"{found}, {least} least ({_points(gaps[least])})"


def _points(value: float) -> str:
    """Rounded to tenths, without a negative zero."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "\N{MINUS SIGN}")
