"""Each method against its baseline: by how much, how surely, and where not."""

from typing import Any, Literal

from ganmatrix.columns import Bounds, Column, Measure, leading, primary
from ganmatrix.reporting.numbers import (
    CUT,
    CUT_NOTE,
    REFERENCE_POINTS,
    SURE,
    UNSEEN,
    counted,
    difference,
    difference_interval,
    estimate_of,
    held_out_samples,
    in_sentence,
    listed,
    pairs,
    reference_points,
    reference_points_in_words,
)
from ganmatrix.reporting.page import Fragment, bullets, details, footnoted, join, table, text
from ganmatrix.reporting.report_data import ReportData, Setting
from ganmatrix.results.levels import FEWEST_PAIRS

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
_OVERALL = "Difference from the baseline and from the control, over all settings with the score"
_ALONE = "Fewer than two methods have scores, so there is nothing to compare."
_NO_SUBJECTS = "No claim is about a method of this grid, so nothing is compared over all settings."
_NOT_SHOWN = {
    "open": "the 95% interval includes zero",
    "few": f"there are fewer than {FEWEST_PAIRS} pairs of runs",
    "few runs": "there are too few runs",
    "none": "no pair of runs has both values",
}


def pooled_table(data: ReportData) -> Fragment:
    """The methods that claims are about, in each leading score, over all settings that have it."""
    scores = {score.name: score for d in data.datasets if (score := leading(data.columns(d)))}
    subjects = [m for m in dict.fromkeys(data.claims["method"]) if m in data.baselines]
    if not subjects:
        return text("p", _NO_SUBJECTS if data.baselines else _ALONE, "note")
    columns = [(score, role) for score in scores.values() for role in ("baseline", "control")]
    header = ["Method", *(f"{score.title}\nagainst its {role}" for score, role in columns)]
    rows: list[list[str | Fragment]] = [
        [method, *(_pooled_entry(data, method, score, role) for score, role in columns)]
        for method in subjects
    ]
    return footnoted(table(_OVERALL, header, rows, "helps"), CUT, CUT_NOTE)


def settings_table(data: ReportData) -> Fragment:
    """Each method against its baseline in the leading score of every setting."""
    if not data.baselines:
        return text("p", _ALONE, "note")
    measured = {s: score for s in data.all_settings if (score := leading(data.columns(s.dataset)))}
    header = ["Method", *(f"{setting}\n{score.title}" for setting, score in measured.items())]
    rows: list[list[str | Fragment]] = [
        [
            f"{method}\nagainst {baseline}",
            *(_setting_entry(data, setting, score, method) for setting, score in measured.items()),
        ]
        for method, baseline in data.baselines.items()
    ]
    rows += [
        [mark, *(_reference_entry(data, *each, mark) for each in measured.items())]
        for mark in REFERENCE_POINTS
    ]
    return footnoted(table("Each method against its baseline", header, rows, "helps"), CUT, CUT_NOTE)


def _setting_entry(data: ReportData, setting: Setting, score: Column, method: str) -> Fragment:
    rows = (
        row
        for row in data.summary["comparisons"]
        if setting.covers(row) and (row["method"], row["column"]) == (method, score.name)
    )
    if (row := next(rows, None)) is None:
        return text("span", "this variant does not change the method")
    flattered = _flattered(data, row["method"], row["baseline"], setting.dataset, setting.architecture)
    return _entry(row, score, data.bounds(setting.dataset, score.name), flattered)


def _reference_entry(data: ReportData, setting: Setting, score: Column, mark: str) -> str:
    """What the score itself is before training, of unseen reals or of noise."""
    summary, dataset = data.summary, setting.dataset
    value = reference_points(summary, dataset, score, setting.architecture).get(mark, "-")
    counted = held_out_samples(summary, dataset, score) if mark == UNSEEN else ""
    return f"{value}\n{counted}" if counted else value


def _pooled_entry(data: ReportData, method: str, score: Column, role: str) -> Fragment:
    key = (method, score.name, role)
    rows = (r for r in data.summary["pooled"] if (r["method"], r["column"], r["role"]) == key)
    if (row := next(rows, None)) is None:
        return text("span", f"no {role}")
    dataset = next(d for d in data.datasets if score.name in data.columns(d))
    flattered = _flattered(data, method, row["opponent"])
    return _entry(row, score, data.bounds(dataset, score.name), flattered, than=row["opponent"])


def _flattered(
    data: ReportData,
    method: str,
    opponent: str,
    dataset: str | None = None,
    architecture: str | None = None,
) -> Flattered:
    """Which side lost more runs to divergence, in one setting or over all: its survivors flatter it."""
    diverged = {
        row["method"]: row["diverged"]
        for row in data.summary["divergence"]
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
        unit = "run" if estimate["design"] == "unpaired" else "pair"
        lost = text("small", f"{counted(estimate['missing'], unit)} without a value")
        return Fragment(f"{word.html}{lost.html}")
    size = difference(estimate["mean"], score.measure, as_share)
    spoken = f"{size} than {than}'s" if than else size
    interval = f"{difference_interval(estimate, score.measure, within, as_share)}; n = {pairs(estimate)}"
    if estimate["low"] is None:
        interval = f"no interval; n = {pairs(estimate)}"
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


def by_setting(data: ReportData) -> Fragment:
    """For every setting: each method against its baseline in the primary measures."""
    blocks = []
    for setting in data.all_settings:
        sentences: list[str] = []
        rows: list[list[str]] = []
        for score in primary(data.columns(setting.dataset)):
            comparisons = [
                row
                for row in data.summary["comparisons"]
                if setting.covers(row) and row["column"] == score.name
            ]
            measure, within = score.measure, data.bounds(setting.dataset, score.name)
            if scale := reference_points_in_words(data.summary, setting.dataset, score, setting.architecture):
                sentences.append(f"For comparison, {in_sentence(measure)} is {scale}.")
            sentences += _sentences(measure, within, comparisons)
            rows += [_cells(row, measure, within) for row in comparisons]
        if rows:
            header = ["Method", "Baseline", "Measure", "Method is", "95% interval", "Pairs"]
            every = table(f"All comparisons on {setting}", header, rows)
            if guessing := data.guessing(setting):
                sentences.append(
                    f"The D of {listed(guessing)} tells real from fake no better than chance here, so its "
                    "robustness and gradients mean little."
                )
            blocks += [
                text("h3", str(setting)),
                footnoted(bullets(sentences), CUT, CUT_NOTE),
                details("All comparisons", footnoted(every, CUT, CUT_NOTE)),
            ]
    return join(blocks) if blocks else text("p", _ALONE, "note")


def _sentences(measure: Measure, within: Bounds, rows: list[Row]) -> list[str]:
    """A sentence for each clear difference, and one for all methods without one for the same reason."""
    title = in_sentence(measure)
    found = [_verdict(estimate_of(row, measure)[0]) for row in rows]
    sentences = [
        _sentence(title, measure, within, row)
        for row, verdict in zip(rows, found, strict=True)
        if verdict == "shown"
    ]
    for verdict, reason in _NOT_SHOWN.items():
        if named := [row["method"] for row, each in zip(rows, found, strict=True) if each == verdict]:
            sentences.append(
                f"{listed(named)}: no clear difference in {title} from the baseline, because {reason}."
            )
    return sentences


def _verdict(estimate: Row) -> Literal["shown", "open", "few", "few runs", "none"]:
    """Whether the interval of a comparison excludes zero, includes it, or rests on too little."""
    if estimate["n"] == 0:
        return "none"
    if estimate["low"] is None:
        return "few runs" if estimate["design"] == "unpaired" else "few"
    return "shown" if estimate["low"] > 0 or estimate["high"] < 0 else "open"


def _sentence(title: str, measure: Measure, within: Bounds, row: Row) -> str:
    estimate, as_share = estimate_of(row, measure)
    by = difference(estimate["mean"], measure, as_share)
    way = "lower" if estimate["mean"] < 0 else "higher"
    judged = {None: "", way: ", which is better"}.get(measure.better, ", which is worse")
    doubt = " It is not significant after Holm's correction." if estimate["p_holm"] > SURE else ""
    return (
        f"{row['method']}: {title} is {by} than {row['baseline']}'s{judged} "
        f"(95% interval {difference_interval(estimate, measure, within, as_share)}; n = {pairs(estimate)})."
        f"{doubt}"
    )


def _cells(row: Row, measure: Measure, within: Bounds) -> list[str]:
    estimate, as_share = estimate_of(row, measure)
    known = estimate["n"] > 0
    return [
        row["method"],
        row["baseline"],
        measure.title,
        difference(estimate["mean"], measure, as_share) if known else "not comparable",
        difference_interval(estimate, measure, within, as_share),
        pairs(estimate),
    ]
