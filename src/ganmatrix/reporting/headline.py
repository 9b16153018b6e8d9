"""The answers in sentences, made from the numbers alone."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd

from ganmatrix.columns import Bounds, Measure, primary
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.floors import in_words
from ganmatrix.reporting.fragments import Fragment, box, bullets, details, footnoted, join, table, text
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, bounds_of_difference, cut, number
from ganmatrix.results.levels import FEWEST_PAIRS
from ganmatrix.results.matrix import LEARNED, VARIANT

Row = dict[str, Any]

_NOT_SHOWN = {
    "open": "the interval includes zero",
    "few": f"fewer than {FEWEST_PAIRS} pairs decide nothing",
    "none": "every pair lacks a value",
}

SURE = 0.05
"""The p value after Holm's correction up to which a difference is called sure."""

VERDICTS = ("reproduced", "contradicted", "not the idea's", "inconclusive", "not tested")


def overview(evidence: Evidence) -> Fragment:
    """How many runs were trained, how many diverged, and how the claims fared."""
    runs, grid = evidence.summary["runs"], evidence.summary["grid"]
    axes = ", ".join(
        counted(len(grid[axis]), noun)
        for axis, noun in (
            ("dataset", "dataset"),
            ("architecture", "architecture"),
            ("method", "method"),
            ("seed", "seed"),
        )
    )
    if variants := len(grid.get(VARIANT, [])[1:]):
        axes += f", {counted(variants, 'variant')}"
    diverged = f"{runs['diverged']} diverged" if runs["diverged"] else "none diverged"
    waiting = f", {runs['not_trained']} not trained" if runs["not_trained"] else ""
    verdicts = Counter(evidence.claims["verdict"])
    outcome = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS if verdicts[verdict])
    tested = (
        f"Of {counted(len(evidence.claims), 'claim')}: {outcome}." if outcome else "No claims are listed."
    )
    return box(
        [
            *(text("p", sentence, "lead") for sentence in not_learned(evidence)),
            text("p", tested, "lead"),
            text("p", f"{counted(runs['total'], 'training run')} ({axes}); {diverged}{waiting}."),
        ],
        "overview",
    )


def not_learned(evidence: Evidence) -> list[str]:
    """A sentence for each setting in which methods have learned nothing, in half of their runs or more."""
    found = []
    for setting in evidence.all_settings:
        runs = evidence.of(setting)
        shares = runs.assign(learned=runs[LEARNED].astype("Float64")).groupby("method", sort=False)[LEARNED]
        named = [str(method) for method, share in shares.mean().items() if share is not pd.NA and share < 0.5]
        if named:
            found.append(
                f"On {setting}, {listed(named)} {'has' if len(named) == 1 else 'have'} not learned: most "
                "runs end nearer to their untrained generator than to real data. A claim that compares two "
                "such methods is not tested there."
            )
    return found


def answers(evidence: Evidence) -> Fragment:
    """For every setting: each method against its baseline in the primary measures."""
    blocks = []
    for setting in evidence.all_settings:
        sentences: list[str] = []
        rows: list[list[str]] = []
        for score in primary(evidence.columns(setting.dataset)):
            comparisons = [
                row
                for row in evidence.summary["comparisons"]
                if setting.covers(row) and row["column"] == score.name
            ]
            measure, within = score.measure, evidence.bounds(setting.dataset, score.name)
            if scale := in_words(evidence.summary, setting.dataset, score, setting.architecture):
                sentences.append(f"For scale, {in_sentence(measure)}: {scale}.")
            sentences += _sentences(setting, measure, within, comparisons)
            rows += [_cells(row, measure, within) for row in comparisons]
        if rows:
            header = ["Method", "Baseline", "Measure", "Method is", "95% interval", "Pairs"]
            every = table(f"Every comparison on {setting}", header, rows)
            if guessing := evidence.guessing(setting):
                sentences.append(
                    f"With {listed(guessing)}, D tells real from fake no better than chance here; its "
                    "robustness and gradients say little."
                )
            blocks += [
                text("h3", str(setting)),
                footnoted(bullets(sentences), CUT, CUT_NOTE),
                details("Every comparison", footnoted(every, CUT, CUT_NOTE)),
            ]
    return join(blocks) if blocks else text("p", "There is one method only: nothing to compare.", "note")


def _sentences(setting: Setting, measure: Measure, within: Bounds, rows: list[Row]) -> list[str]:
    """A sentence for each difference that is shown, and one for all of a kind that are not."""
    title = in_sentence(measure)
    found = [_verdict(estimate_of(row, measure)[0]) for row in rows]
    sentences = [
        _sentence(setting, title, measure, within, row)
        for row, verdict in zip(rows, found, strict=True)
        if verdict == "shown"
    ]
    for verdict, reason in _NOT_SHOWN.items():
        if named := [row["method"] for row, each in zip(rows, found, strict=True) if each == verdict]:
            sentences.append(
                f"No difference in {title} from its baseline is shown for {listed(named)}: {reason}."
            )
    return sentences


def _verdict(estimate: Row) -> Literal["shown", "open", "few", "none"]:
    """Whether the interval of a comparison excludes zero, includes it, or rests on too little."""
    if estimate["n"] == 0:
        return "none"
    if estimate["low"] is None:
        return "few"
    return "shown" if estimate["low"] > 0 or estimate["high"] < 0 else "open"


def _sentence(setting: Setting, title: str, measure: Measure, within: Bounds, row: Row) -> str:
    estimate, as_share = estimate_of(row, measure)
    difference = amount(estimate["mean"], measure, as_share)
    way = "lower" if estimate["mean"] < 0 else "higher"
    judged = {None: "", way: ", which is better"}.get(measure.better, ", which is worse")
    if estimate["p_holm"] > SURE:
        judged += ", if it were the only comparison of this score"
    return (
        f"On {setting}, {row['method']}'s {title} is {difference} than {row['baseline']}'s{judged} "
        f"(95% interval {spread(estimate, measure, within, as_share)}; n = {pairs_of(estimate)})."
    )


def _cells(row: Row, measure: Measure, within: Bounds) -> list[str]:
    estimate, as_share = estimate_of(row, measure)
    known = estimate["n"] > 0
    return [
        row["method"],
        row["baseline"],
        measure.title,
        amount(estimate["mean"], measure, as_share) if known else "not comparable",
        spread(estimate, measure, within, as_share),
        pairs_of(estimate),
    ]


def estimate_of(row: Row, measure: Measure) -> tuple[Row, bool]:
    """The comparison to print, and whether it is relative to the baseline."""
    as_share = measure.ratio and row["relative"]["mean"] is not None
    return row["relative" if as_share else "difference"], as_share


def spread(estimate: Row, measure: Measure, within: Bounds, as_share: bool) -> str:
    """The interval of a difference, such as `3.1% lower to 12% higher`."""
    if estimate["low"] is None:
        return "none"
    possible = bounds_of_difference(within, relative=as_share)
    low, high, mark = cut(estimate["low"], estimate["high"], possible)
    return f"{amount(low, measure, as_share)} to {amount(high, measure, as_share)}{mark}"


def pairs_of(estimate: Row) -> str:
    """How many pairs there are, and how many were lost."""
    return f"{estimate['n']}, {estimate['missing']} lost" if estimate["missing"] else str(estimate["n"])


def amount(value: float, measure: Measure, as_share: bool) -> str:
    """A difference in words, such as `12% lower`."""
    if value == 0:
        return "equal"
    way = "lower" if value < 0 else "higher"
    size = abs(value)
    if as_share:
        shown = f"{100 * size:.0f}%" if size >= 0.095 else f"{100 * size:.1f}%"
    elif measure.percent:
        shown = f"{100 * size:.1f} points"
    else:
        shown = f"{number(size, measure)} {measure.unit}".strip()
    return f"{shown} {way}"


def in_sentence(measure: Measure) -> str:
    """A measure's title as the middle of a sentence has it."""
    title = measure.title
    return title if title.isupper() else title[0].lower() + title[1:]


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def counted(n: int, noun: str) -> str:
    """`1 claim`, `2 claims`."""
    return f"{n} {noun}{'' if n == 1 else 's'}"
