"""All claims in one figure: how far each effect reaches, in units of the effect that it turns on."""

from typing import Any

from ganmatrix.reporting.cases import Case, cases
from ganmatrix.reporting.drawing import COLOURS, embed
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.headline import counted
from ganmatrix.reporting.panels import legend, rows, state
from ganmatrix.results.verdicts import DECIDED

_LOOKS: dict[str, dict[str, Any]] = {
    "reproduced": {"color": COLOURS[2], "marker": "o"},
    "contradicted": {"color": COLOURS[1], "marker": "X"},
    "not the idea's": {"color": COLOURS[3], "marker": "s"},
    "inconclusive": {"color": COLOURS[7], "marker": "D"},
}
_AXIS = "effect, as a multiple of the one that the claim turns on"


def reach(evidence: Evidence) -> Fragment:
    """Effects with intervals over the bound of each claim that has both."""
    found = cases(evidence)
    shown = [case for case in found if case["low"] is not None and case["smallest_effect"]]
    if not shown:
        return text("p", "No claim has an interval to draw.", "note")
    labels = [f"{case['claim']}{' (at most)' if case['at_most'] is not None else ''}" for case in shown]
    figure, axes = rows(labels, _AXIS, entries=1, width=7.4)
    axes.set_xscale("symlog", linthresh=1, linscale=0.7)
    axes.axvline(0, color="#000000", linewidth=0.8)
    axes.axvline(1, color="#000000", linewidth=0.9, linestyle=":")
    for row, case in enumerate(shown):
        look = _LOOKS[case["verdict"]]
        mean, low, high = (case[key] / case["smallest_effect"] for key in ("effect", "low", "high"))
        axes.plot([low, high], [row, row], color=look["color"], linewidth=2)
        axes.plot([mean], [row], linestyle="", markersize=6, label=case["verdict"], **look)
    ticks = [-100, -10, -1, 0, 1, 10, 100]
    least, most = axes.get_xlim()
    axes.set_xticks([tick for tick in ticks if least <= tick <= most])
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "\N{MINUS SIGN}"))
    axes.minorticks_off()
    legend(figure, across=len(_LOOKS))
    decided = sum(case["verdict"] in DECIDED for case in found)
    finding = (
        f"{decided or 'None'} of {counted(len(found), 'claim')} {'are' if decided > 1 else 'is'} decided"
    )
    state(figure, finding)
    caption = (
        "Right of the solid line is as claimed, beyond the dotted one it counts (at most: left of it). The "
        "scale is linear between \N{MINUS SIGN}1 and 1, else logarithmic. "
        "Bars are 95% intervals over seeds, before Holm's correction, which verdicts take into account."
    )
    left_out = [case["claim"] for case in found if case not in shown]
    note = f" Not drawn, without an interval or a bound: {', '.join(left_out)}." if left_out else ""
    alt = " ".join(_words(case) for case in shown)
    return embed(figure, f"{finding}. {alt}", caption + note, "plot forest")


def _words(case: Case) -> str:
    return f"{case['claim']}: {case.effect()}, {case['verdict']}."
