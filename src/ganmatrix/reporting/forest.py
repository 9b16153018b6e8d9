"""The evidence for a claim as a forest plot: a row a setting, then all settings together."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ganmatrix.reporting.cases import Case
from ganmatrix.reporting.drawing import COLOURS, embed
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.panels import legend, rows, state
from ganmatrix.results.levels import FEWEST_PAIRS

_ALL = "all settings"
_BASELINE: dict[str, Any] = {"color": COLOURS[0], "marker": "o", "markersize": 6}
_CONTROL: dict[str, Any] = {"color": COLOURS[1], "marker": "s", "markersize": 5, "mfc": "white"}
_POOLED = {"marker": "D", "markersize": 7}
_APART = 0.16
"""How far above and below the middle of a row its two intervals stand."""


def forest(evidence: Evidence, case: Case) -> Fragment:
    """Effects with intervals, pairs as dots, zero and the bound as lines."""
    settings = case.settings(evidence)
    if case["effect"] is None:
        return text("p", f"Nothing to draw: {case['reason']}.", "note")
    figure, axes = rows([*map(str, settings), _ALL], case.way, entries=4, width=6.4, row=0.4)
    opponents = {case["baseline"]: _BASELINE} | ({case["control"]: _CONTROL} if case["control"] else {})
    shown = [0.0, case.scale * case["smallest_effect"]]
    for row, (setting, found) in enumerate(settings.items()):
        pairs = [case.scale * effect for effect in case.pairs(evidence, setting)]
        shown += pairs
        axes.plot(
            pairs, [row - 0.36] * len(pairs), ".", color="#000000", markersize=5, label="a pair of runs"
        )
        for opponent, look in opponents.items():
            if opponent not in found:
                continue
            shown += _interval(axes, row, found[opponent], case.scale, look, f"against {opponent}", case)
    pooled = {case["baseline"]: "", case["control"]: "control_"}
    for opponent, look in opponents.items():
        estimate = {
            k: case[f"{pooled[opponent]}{v}"]
            for k, v in (("mean", "effect"), ("low", "low"), ("high", "high"))
        }
        shown += _interval(axes, len(settings), estimate, case.scale, look | _POOLED, None, case)
        shown += [case.scale * end for end in (estimate["low"], estimate["high"]) if end is not None]
    axes.axhline(len(settings) - 0.5, color="#d0d0d0", linewidth=0.8)
    axes.axvline(0, color="#000000", linewidth=0.8)
    axes.axvline(
        shown[1], color="#000000", linewidth=0.9, linestyle=":", label=case.bound.partition(" of ")[0]
    )
    margin = 0.08 * (max(shown) - min(shown)) or 1.0
    axes.set_xlim(min(shown) - margin, max(shown) + margin)
    axes.xaxis.set_major_locator(MaxNLocator(7))
    legend(figure)
    finding = f"{case['method']} against {case['baseline']}: {case.effect()}"
    state(figure, finding)
    caption = (
        f"{'Left of the dotted' if case['at_most'] is not None else 'Right of the solid'} line is as "
        f"claimed. {_bars(case, settings)} Settings weigh alike in the diamonds."
    )
    alt = f"{finding}. " + " ".join(
        f"{setting}: {_words(found[case['baseline']], case.scale)}." for setting, found in settings.items()
    )
    return embed(figure, alt, caption, "plot forest")


def _bars(case: Case, settings: dict[Setting, dict[str, Any]]) -> str:
    """What the figure's bars are, or why there are none."""
    if case.counts:
        return "No bars: counts of runs that diverged have no interval."
    drawn = [
        case["low"],
        case["control_low"],
        *(e["low"] for found in settings.values() for e in found.values()),
    ]
    if all(low is None for low in drawn):
        return f"No bars: no setting has {FEWEST_PAIRS} pairs."
    return "Bars are 95% intervals over seeds; one that leaves the figure goes on beyond it."


def _interval(
    axes: Axes,
    row: int,
    estimate: dict[str, Any],
    scale: int,
    look: dict[str, Any],
    label: str | None,
    case: Case,
) -> list[float]:
    """Draw an estimate where it exists; its mean."""
    if estimate["mean"] is None:
        return []
    y = row + (_APART if look["color"] == _CONTROL["color"] else -_APART if case["control"] else 0)
    mean = scale * estimate["mean"]
    if estimate["low"] is not None:
        axes.plot(
            [scale * estimate["low"], scale * estimate["high"]], [y, y], color=look["color"], linewidth=1.6
        )
    axes.plot([mean], [y], linestyle="", label=label, **look)
    return [mean]


def _words(estimate: dict[str, Any], scale: int) -> str:
    if estimate["mean"] is None:
        return "no mean"
    mean = f"{scale * estimate['mean']:.3g}"
    if estimate["low"] is None:
        return f"{mean}, no interval"
    return f"{mean} [{scale * estimate['low']:.3g}, {scale * estimate['high']:.3g}]"
