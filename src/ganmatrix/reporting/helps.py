"""Does each method help: by how much, how surely, and where not. A table, methods by settings."""

from typing import Any, Literal

from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, bullets, footnoted, table, text
from ganmatrix.reporting.headline import (
    amount,
    counted,
    estimate_of,
    in_sentence,
    listed,
    pairs_of,
    primary,
    spread,
)
from ganmatrix.reporting.measures import CUT, CUT_NOTE, Column, column

Row = dict[str, Any]

LEADING = ("fid", "energy_distance", "high_quality_share", "modes")
"""The score that speaks for a dataset: the first of these that was measured on it."""

SURE = 0.05

_SAYINGS = {
    "better": "better",
    "worse": "worse",
    "lean better": "better, if it were the only comparison",
    "lean worse": "worse, if it were the only comparison",
    "unclear": "unclear",
    "differs": "differs",
    "none": "not comparable",
}

Judgement = Literal["better", "worse", "lean better", "lean worse", "unclear", "differs", "none"]


def answers(evidence: Evidence) -> Fragment:
    """A sentence a method that claims are about, over all settings of each score."""
    subjects = list(dict.fromkeys(evidence.claims["method"]))
    sentences = [s for method in subjects for s in _sentence(evidence, method)]
    return footnoted(bullets(sentences), CUT, CUT_NOTE) if sentences else text("p", _ALONE, "note")


def grid(evidence: Evidence) -> Fragment:
    """Each method against its baseline in the leading score of every setting."""
    if not evidence.baselines:
        return text("p", _ALONE, "note")
    leading = {setting: _leading(evidence, setting.dataset) for setting in evidence.settings}
    measured = {setting: score for setting, score in leading.items() if score is not None}
    header = ["Method", *(f"{setting}\n{score.measure.title}" for setting, score in measured.items())]
    rows: list[list[str | Fragment]] = [
        [
            f"{method}\nagainst {baseline}",
            *(_cell(evidence, setting, score, method) for setting, score in measured.items()),
        ]
        for method, baseline in evidence.baselines.items()
    ]
    note = (
        "Each method against its baseline, 95% intervals; sure after Holm's correction over the score's table"
    )
    return footnoted(table(note, header, rows, "helps"), CUT, CUT_NOTE)


_ALONE = "There is one method only: nothing to compare."


def _leading(evidence: Evidence, dataset: str) -> Column | None:
    """The leading score of the first extractor."""
    columns = [column(name) for name in primary(evidence, dataset)]
    ranked = sorted((c for c in columns if c.key in LEADING), key=lambda c: LEADING.index(c.key))
    return ranked[0] if ranked else None


def _cell(evidence: Evidence, setting: Setting, score: Column, method: str) -> Fragment:
    row = next(
        row
        for row in evidence.summary["comparisons"]
        if setting.covers(row) and (row["method"], row["column"]) == (method, score.name)
    )
    judgement = _judge(row, row["difference"], score)
    found = [text("strong", _SAYINGS[judgement], f"judged {judgement.replace(' ', '-')}")]
    if judgement == "none":
        return Fragment(
            found[0].html + text("small", f"{counted(row['difference']['missing'], 'pair')} lost").html
        )
    estimate, as_share = estimate_of(row, score.measure)
    within = evidence.bounds(setting.dataset, score.name)
    found.append(text("span", amount(estimate["mean"], score.measure, as_share)))
    found.append(
        text("small", f"{spread(estimate, score.measure, within, as_share)}; n = {pairs_of(estimate)}")
    )
    return Fragment("\n".join(piece.html for piece in found))


def _sentence(evidence: Evidence, method: str) -> list[str]:
    """What a method does to each leading score, against its baseline and then its control."""
    scores = {score.name: score for d in evidence.datasets if (score := _leading(evidence, d)) is not None}
    parts = []
    for score in scores.values():
        rows = [r for r in evidence.summary["pooled"] if (r["method"], r["column"]) == (method, score.name)]
        against = [_against(evidence, row, score) for row in sorted(rows, key=lambda row: row["role"])]
        if against:
            parts.append(f"{in_sentence(score.measure)} {listed(against)}")
    return [f"{method}: {'; '.join(parts)}."] if parts else []


def _against(evidence: Evidence, row: Row, score: Column) -> str:
    """`21% lower than gan's over 2 settings (3% lower to 40% lower), which is better`."""
    whose = f"{row['opponent']}'s" + (", its control's," if row["role"] == "control" else "")
    judgement = _judge(row, row["difference"], score)
    if judgement == "none":
        return f"not comparable with {whose}"
    estimate, as_share = estimate_of(row, score.measure)
    dataset = next(d for d in evidence.datasets if score.name in evidence.columns(d))
    interval = spread(estimate, score.measure, evidence.bounds(dataset, score.name), as_share)
    over = counted(estimate["settings"], "setting")
    return (
        f"{amount(estimate['mean'], score.measure, as_share)} than {whose} over {over} "
        f"({interval}: {_SAYINGS[judgement]})"
    )


def _judge(row: Row, difference: Row, score: Column) -> Judgement:
    """Sure after Holm's correction, leaning if the interval alone excludes zero, else unclear."""
    if difference["mean"] is None:
        return "none"
    low, high = difference["low"], difference["high"]
    if low is None or low <= 0 <= high:
        return "unclear"
    if score.measure.better is None:
        return "differs"
    better = (high < 0) == (score.measure.better == "lower")
    if row["p_holm"] is not None and row["p_holm"] <= SURE:
        return "better" if better else "worse"
    return "lean better" if better else "lean worse"
