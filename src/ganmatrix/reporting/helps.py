"""Does each method help: by how much, how surely, and where not. A table, methods by settings."""

from typing import Any, Literal

from ganmatrix.columns import Bounds, Column, leading
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.floors import MARKS, UNSEEN, beside, samples
from ganmatrix.reporting.fragments import Fragment, footnoted, table, text
from ganmatrix.reporting.headline import (
    SURE,
    amount,
    counted,
    estimate_of,
    pairs_of,
    spread,
)
from ganmatrix.reporting.numbers import CUT, CUT_NOTE

Row = dict[str, Any]

_SAYINGS = {
    "better": "better",
    "worse": "worse",
    "lean better": "perhaps better",
    "lean worse": "perhaps worse",
    "unclear": "unclear",
    "differs": "differs",
    "none": "not comparable",
}

Flattered = Literal["method", "opponent"] | None

Judgement = Literal["better", "worse", "lean better", "lean worse", "unclear", "differs", "none"]


def answers(evidence: Evidence) -> Fragment:
    """The methods that claims are about, in each leading score, over all settings that have it."""
    scores = {score.name: score for d in evidence.datasets if (score := leading(evidence.columns(d)))}
    subjects = [m for m in dict.fromkeys(evidence.claims["method"]) if m in evidence.baselines]
    if not subjects:
        return text("p", _ALONE, "note")
    columns = [(score, role) for score in scores.values() for role in ("baseline", "control")]
    header = ["Method", *(f"{score.title}\nagainst its {role}" for score, role in columns)]
    rows: list[list[str | Fragment]] = [
        [method, *(_pooled(evidence, method, score, role) for score, role in columns)] for method in subjects
    ]
    return footnoted(table(_OVERALL, header, rows, "helps"), CUT, CUT_NOTE)


def grid(evidence: Evidence) -> Fragment:
    """Each method against its baseline in the leading score of every setting."""
    if not evidence.baselines:
        return text("p", _ALONE, "note")
    measured = {s: score for s in evidence.all_settings if (score := leading(evidence.columns(s.dataset)))}
    header = ["Method", *(f"{setting}\n{score.title}" for setting, score in measured.items())]
    rows: list[list[str | Fragment]] = [
        [
            f"{method}\nagainst {baseline}",
            *(_cell(evidence, setting, score, method) for setting, score in measured.items()),
        ]
        for method, baseline in evidence.baselines.items()
    ]
    rows += [[mark, *(_mark(evidence, *each, mark) for each in measured.items())] for mark in MARKS]
    return footnoted(table("Each method against its baseline", header, rows, "helps"), CUT, CUT_NOTE)


_OVERALL = "Over all settings that have the score; perhaps: if it were the only comparison"

_ALONE = "There is one method only: nothing to compare."


def _cell(evidence: Evidence, setting: Setting, score: Column, method: str) -> Fragment:
    rows = (
        row
        for row in evidence.summary["comparisons"]
        if setting.covers(row) and (row["method"], row["column"]) == (method, score.name)
    )
    if (row := next(rows, None)) is None:
        return text("span", "as without the variant")
    flattered = _flattered(evidence, row["method"], row["baseline"], setting.dataset, setting.architecture)
    return _entry(row, score, evidence.bounds(setting.dataset, score.name), flattered)


def _mark(evidence: Evidence, setting: Setting, score: Column, mark: str) -> str:
    """What the score itself is before training, of unseen reals or of noise."""
    summary, dataset = evidence.summary, setting.dataset
    value = beside(summary, dataset, score, setting.architecture).get(mark, "-")
    counted = samples(summary, dataset, score) if mark == UNSEEN else ""
    return f"{value}\n{counted}" if counted else value


def _pooled(evidence: Evidence, method: str, score: Column, role: str) -> Fragment:
    key = (method, score.name, role)
    rows = (r for r in evidence.summary["pooled"] if (r["method"], r["column"], r["role"]) == key)
    if (row := next(rows, None)) is None:
        return text("span", "none named")
    dataset = next(d for d in evidence.datasets if score.name in evidence.columns(d))
    flattered = _flattered(evidence, method, row["opponent"])
    return _entry(row, score, evidence.bounds(dataset, score.name), flattered, than=row["opponent"])


def _flattered(
    evidence: Evidence,
    method: str,
    opponent: str,
    dataset: str | None = None,
    architecture: str | None = None,
) -> Flattered:
    """Which side lost more runs to divergence, in one setting or over all: its survivors flatter it."""
    diverged = {
        row["method"]: row["diverged"]
        for row in evidence.summary["divergence"]
        if (row["dataset"], row["architecture"]) == (dataset, architecture)
    }
    if diverged[method] == diverged[opponent]:
        return None
    return "method" if diverged[method] > diverged[opponent] else "opponent"


def _entry(row: Row, score: Column, within: Bounds, flattered: Flattered, than: str = "") -> Fragment:
    """What the comparison comes to in a word, by how much, and with which interval."""
    estimate, as_share = estimate_of(row, score.measure)
    judgement = _judge(estimate, score, flattered)
    word = text("strong", _SAYINGS[judgement], f"judged {judgement.replace(' ', '-')}")
    if judgement == "none":
        lost = text("small", f"{counted(estimate['missing'], 'pair')} lost")
        return Fragment(f"{word.html}{lost.html}")
    size = amount(estimate["mean"], score.measure, as_share)
    spoken = f"{size} than {than}'s" if than else size
    interval = f"{spread(estimate, score.measure, within, as_share)}; n = {pairs_of(estimate)}"
    if estimate["low"] is None:
        interval = f"no interval; n = {pairs_of(estimate)}"
    return Fragment(f"{word.html}{text('span', spoken).html}{text('small', interval).html}")


def _judge(estimate: Row, score: Column, flattered: Flattered) -> Judgement:
    """Sure after Holm's correction, leaning if the interval alone excludes zero, else unclear.

    As with claims, so few pairs decide nothing, nor does a gain of the side that lost more runs.
    """
    if estimate["mean"] is None:
        return "none"
    low, high = estimate["low"], estimate["high"]
    if low is None or low <= 0 <= high:
        return "unclear"
    if score.measure.better is None:
        return "differs"
    better = (high < 0) == (score.measure.better == "lower")
    if flattered == ("method" if better else "opponent"):
        return "unclear"
    if estimate["p_holm"] <= SURE:
        return "better" if better else "worse"
    return "lean better" if better else "lean worse"
