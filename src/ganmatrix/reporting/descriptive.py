"""Views that describe the runs and decide nothing: interquartile means, pairs of runs, profiles."""

from typing import Any

import numpy as np

from ganmatrix.columns import Column, leading
from ganmatrix.reporting import fragments
from ganmatrix.reporting.drawing import embed, legend, mark, panel, state
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, text
from ganmatrix.reporting.numbers import interval, number
from ganmatrix.reporting.seeds import span

Row = dict[str, Any]


def table(evidence: Evidence) -> Fragment:
    """Methods by settings in their leading scores, then the settings of each score together."""
    scores = {s: score for s in evidence.settings if (score := leading(evidence.columns(s.dataset)))}
    measured = list(scores.values())
    shared = [score for score in dict.fromkeys(measured) if measured.count(score) > 1]
    overall = {(row["column"], row["method"]): row for row in evidence.summary["descriptive"]["overall"]}
    rows: list[list[str]] = [[method] for method in evidence.methods]
    for setting, score in scores.items():
        within = _rows(evidence, setting, score)
        for cells in rows:
            cells.append(_cell(within.get(cells[0]), score))
    for score in shared:
        for cells in rows:
            cells.append(_improvement(overall.get((score.name, cells[0]))))
    header = ["Method", *(f"{setting}\n{score.title}" for setting, score in scores.items())]
    return fragments.table(_CAPTION, [*header, *(f"together\n{score.title}" for score in shared)], rows)


_CAPTION = (
    "Interquartile mean over runs; below it the probability of improvement over the baseline. In brackets: "
    "the middle 95% of bootstrap resamples of the seeds, too narrow where seeds are few"
)


def profile(evidence: Evidence, setting: Setting) -> Fragment:
    """What share of each method's runs gets how far from the untrained generators to the best run."""
    score = leading(evidence.columns(setting.dataset))
    rows = {m: r for m, r in _rows(evidence, setting, score).items() if r["profile"]} if score else {}
    if score is None or not rows:
        return text("p", f"{setting}: no run is known to get beyond the untrained generators.", "note")
    figure, axes = panel("0: untrained generators, 1: best run", "% of runs", entries=len(rows))
    axes.set_ylim(-3, 103)
    medians: dict[str, float] = {}
    for method, row in rows.items():
        shares = np.array(row["profile"])
        at = np.linspace(0, 1, len(shares))
        look = mark(evidence.methods.index(method)) | {"linewidth": 1.3, "markersize": 3.5, "markevery": 5}
        axes.plot(at, 100 * shares, label=method, **look)
        medians[method] = float(at[shares >= 0.5].max(initial=0))
    legend(figure)
    least, most = (pick(medians, key=lambda method: medians[method]) for pick in (min, max))
    reach = f"{medians[least]:.2f} ({least}) to {medians[most]:.2f} ({most})"
    finding = f"{setting}: the median run gets {reach} of the way"
    state(axes, finding)
    ends = " to ".join(number(rows[least][end], score.measure) for end in ("untrained", "best"))
    between = "ratios" if score.measure.better == "lower" else "steps"
    caption = (
        f"{score.title} from {ends} in equal {between}: runs at or "
        f"beyond each point, n = {span(row['runs'] for row in rows.values())} a method. Diverged runs "
        f"({sum(row['diverged'] for row in rows.values())}) count, and reach no point."
    )
    return embed(figure, f"{finding}. {caption}", caption)


def _rows(evidence: Evidence, setting: Setting, score: Column) -> dict[str, Row]:
    """What is said of each method in one setting and score."""
    rows = evidence.summary["descriptive"]["settings"]
    return {row["method"]: row for row in rows if setting.covers(row) and row["column"] == score.name}


def _cell(row: Row | None, score: Column) -> str:
    if row is None:
        return "no run"
    middle = row["interquartile_mean"]
    within = interval(middle["low"], middle["high"], score.measure)
    lost = ", ".join(f"{row[why]} {why}" for why in ("diverged", "missing") if row[why])
    lines = [f"{number(middle['value'], score.measure)} {within}".strip(), _improvement(row), lost]
    return "\n".join(filter(None, lines))


def _improvement(row: Row | None) -> str:
    if row is None or (found := row["improvement"]) is None:
        return ""
    within = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{found['value']:.2f}{within} over {row['baseline']}"
