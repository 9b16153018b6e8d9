"""The answers in sentences, made from the numbers alone."""

from collections import Counter
from typing import Any

from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, box, bullets, join, text
from ganmatrix.reporting.measures import PRIMARY, Column, Measure, column, number, ordered


def overview(evidence: Evidence) -> Fragment:
    """How many cells were trained, how many diverged, and how the claims fared."""
    cells, grid = evidence.summary["cells"], evidence.summary["grid"]
    axes = ", ".join(
        _count(len(grid[axis]), noun)
        for axis, noun in (
            ("dataset", "dataset"),
            ("architecture", "architecture"),
            ("method", "method"),
            ("seed", "seed"),
        )
    )
    diverged = f"{cells['diverged']} diverged" if cells["diverged"] else "none diverged"
    verdicts = Counter(evidence.claims["verdict"])
    outcome = ", ".join(f"{n} {verdict}" for verdict, n in sorted(verdicts.items()))
    tested = f"Of {_count(len(evidence.claims), 'claim')}: {outcome}." if outcome else "No claims are listed."
    return box(
        [
            text("p", tested, "lead"),
            text("p", f"{_count(cells['total'], 'training run')} ({axes}); {diverged}."),
        ],
        "overview",
    )


def answers(evidence: Evidence) -> Fragment:
    """For every setting: each method against its baseline in the primary measures."""
    blocks = []
    for setting in evidence.settings:
        sentences = []
        for name in primary(evidence, setting.dataset):
            rows = [
                row
                for row in evidence.summary["comparisons"]
                if setting.covers(row) and row["column"] == name
            ]
            sentences += _sentences(setting, column(name), rows)
        if sentences:
            blocks += [text("h3", str(setting)), bullets(sentences)]
    return join(blocks) if blocks else text("p", "There is one method only: nothing to compare.", "note")


def primary(evidence: Evidence, dataset: str) -> list[str]:
    """The columns that the headline speaks of: trained generators, averaged weights if both are there."""
    columns = ordered(evidence.columns(dataset))
    scored = [c for c in columns if c.key in PRIMARY and c.checkpoint != "init"]
    averaged = [c for c in scored if c.checkpoint == "ema"]
    return [c.name for c in averaged or scored]


def _sentences(setting: Setting, measured: Column, rows: list[dict[str, Any]]) -> list[str]:
    """Shown differences first, a sentence each; the others after them."""
    ordered = sorted(rows, key=lambda row: not _shown(row["difference"]))
    return [_sentence(setting, measured, row) for row in ordered]


def _shown(estimate: dict[str, Any]) -> bool:
    low, high = estimate["low"], estimate["high"]
    return low is not None and (low > 0 or high < 0)


def _sentence(setting: Setting, measured: Column, row: dict[str, Any]) -> str:
    measure = measured.measure
    as_share = measure.ratio and row["relative"]["mean"] is not None
    estimate = row["relative" if as_share else "difference"]
    subject = f"On {setting}, {row['method']}'s {_in_sentence(measure)}"
    n = estimate["n"]
    if n == 0:
        return f"{subject} cannot be compared with {row['baseline']}'s: every pair lacks a value."
    claim = f"{subject} is {_amount(estimate['mean'], measure, as_share)} {row['baseline']}'s"
    lost = f", {estimate['missing']} lost" if estimate["missing"] else ""
    if estimate["low"] is None:
        return f"{claim} (n = 1 pair{lost}): one pair has no interval and shows no difference."
    low, high = (_amount(estimate[end], measure, as_share, "") for end in ("low", "high"))
    spread = f"(95% interval {low} to {high}; n = {_count(n, 'pair')}{lost})"
    if estimate["low"] == estimate["high"] == 0:
        return f"{claim} in every pair (n = {n}{lost})."
    if not _shown(estimate):
        return f"{claim} {spread}; the interval includes zero: no difference shown at n = {n}."
    way = "lower" if estimate["mean"] < 0 else "higher"
    judged = {None: "", way: ", which is better"}.get(measure.better, ", which is worse")
    return f"{claim} {spread}{judged}; the interval excludes zero."


def _amount(value: float, measure: Measure, as_share: bool, than: str = " than") -> str:
    if value == 0:
        return "equal to" if than else "0"
    way = "lower" if value < 0 else "higher"
    size = abs(value)
    if as_share:
        shown = f"{100 * size:.0f}%" if size >= 0.095 else f"{100 * size:.1f}%"
    elif measure.percent:
        shown = f"{100 * size:.1f} points"
    else:
        shown = f"{number(size, measure)} {measure.unit}".strip()
    return f"{shown} {way}{than}"


def _in_sentence(measure: Measure) -> str:
    title = measure.title
    return title if title.isupper() else title[0].lower() + title[1:]


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
