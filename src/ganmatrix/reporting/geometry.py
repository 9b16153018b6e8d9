"""How steep D is, and what it knows by heart: a row a method, a mark a measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ganmatrix.reporting.drawing import COLOURS, embed
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fooling import floored
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.numbers import plain
from ganmatrix.reporting.panels import legend, rows, state
from ganmatrix.reporting.seeds import fewest, resting


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
        "lipschitz_ascent": "steepest that a search finds",
        "lipschitz_upper": "bound from above",
    },
    "logits per data unit, log scale",
    "lipschitz_ascent",
    "D's steepest slope found",
    "D's true local Lipschitz constant lies between the steepest slope that a search finds and the bound.",
)
GRADIENTS = _Chart(
    {
        "gradient_norm_real": "at reals",
        "gradient_norm_interpolate": "between",
        "gradient_norm_fake": "at fakes",
    },
    "mean length of D's input gradient, logits per data unit, log scale",
    "gradient_norm_fake",
    "the gradient that G learns from",
    "Mean length of D's gradient in its input.",
)
MEMORY = _Chart(
    {"overfitting_auroc": "training against held-out reals"},
    "D's AUROC, %",
    "overfitting_auroc",
    "D tells training from held-out reals, AUROC",
    "50% is no overfitting; chance alone moves one D by about 2.5 points.",
    log=False,
    scale=100,
    line=50,
    of_all=True,
)

_LOOKS: list[dict[str, Any]] = [
    {"color": COLOURS[0], "marker": "o"},
    {"color": COLOURS[1], "marker": "s"},
    {"color": COLOURS[2], "marker": "^"},
]
_APART = 0.2


def chart(evidence: Evidence, setting: Setting, kind: _Chart) -> Fragment:
    """The measures' means with their intervals."""
    found = {name: evidence.groups(setting, name) for name in kind.columns}
    shown = {
        name: groups for name, groups in found.items() if any(g["mean"] is not None for g in groups.values())
    }
    if not shown:
        return text("p", f"Nothing of this was measured on {setting}.", "note")
    figure, axes = rows(evidence.methods, kind.axis, entries=len(kind.columns), log=kind.log)
    if kind.line is not None:
        axes.axvline(kind.line, color="#000000", linewidth=0.8)
    for place, ((name, groups), look) in enumerate(zip(shown.items(), _LOOKS, strict=False)):
        for row, method in enumerate(evidence.methods):
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
    left_out = [] if kind.of_all else evidence.guessing(setting)
    finding = f"{setting}: {_finding(found[kind.leading], kind, left_out)}"
    state(figure, finding)
    by_method = {m: [groups[m] for groups in shown.values()] for m in evidence.methods}
    every = chain.from_iterable(by_method.values())
    n = resting(every, {method: fewest(estimates) for method, estimates in by_method.items()})
    cut = " An interval that reaches zero ends at a twentieth of its mean." if kind.log else ""
    caption = f"{kind.caption} Means with 95% intervals over seeds, {n}.{cut}{floored(left_out)}"
    return embed(figure, f"{finding}. {caption}", caption)


def _finding(groups: dict[str, Any], kind: _Chart, left_out: Sequence[str]) -> str:
    means = {
        m: kind.scale * g["mean"] for m, g in groups.items() if g["mean"] is not None and m not in left_out
    }
    if not means:
        return f"{kind.noun} is not known"
    ranked = sorted(means, key=lambda method: means[method])
    low, high = (f"{method} ({plain(means[method])})" for method in (ranked[0], ranked[-1]))
    return f"{kind.noun}: lowest with {low}" + (f", highest with {high}" if len(ranked) > 1 else "")
