"""The page of claims: a table of all, a section for each, and the papers' own scores."""

from itertools import groupby
from typing import Any

from ganmatrix.cell import Cell
from ganmatrix.columns import column
from ganmatrix.reporting.claim_effects import ClaimResult, claim_results, effect_plot
from ganmatrix.reporting.numbers import (
    CUT,
    CUT_NOTE,
    counted,
    interval,
    number,
    plain,
    reference_points_in_words,
)
from ganmatrix.reporting.page import (
    Fragment,
    box,
    bullets,
    definitions,
    details,
    footnoted,
    join,
    table,
    text,
)
from ganmatrix.reporting.report_data import ReportData
from ganmatrix.results.levels import LEVEL

PAGE = "claims.html"
_HEADER = ["Claim", "Verdict", "Effect against the baseline", "Effect against the control"]
_NO_CLAIMS = "params.yaml lists no claims."
Row = dict[str, Any]
_ELSEWHERE = ("the grid has no dataset", "nothing of ours")
"""How the reason of a published number begins if the grid lacks its kind of dataset."""

_PUBLISHED_HEADER = ["Trained", "Score", "Published", "Ours", "Comparable"]


def claims_table(data: ReportData) -> Fragment:
    """A line a claim: verdict, sentence, effect; its evidence is a click away."""
    found = claim_results(data)
    if not found:
        return text("p", _NO_CLAIMS, "note")
    content = table(
        "All claims. Positive effects are in the claimed direction", _HEADER, map(_claim_row, found), "claims"
    )
    return footnoted(content, CUT, CUT_NOTE)


def _claim_row(claim: ClaimResult) -> list[str | Fragment]:
    sentence = Fragment(f'<a href="{PAGE}#{claim.anchor}">{text("span", claim["sentence"]).html}</a>')
    quote = text("small", f"\N{LEFT DOUBLE QUOTATION MARK}{claim['quote']}\N{RIGHT DOUBLE QUOTATION MARK}")
    source = text("small", f"{claim['paper']}; {claim['method']} against {claim['baseline']}")
    measured = text("small", f"{claim.measured.title}; {claim.bound}")
    elsewhere = text("small", "the setting differs from the paper's" if claim["setting_differs"] else "")
    control = claim.effect("control_") if claim["control"] else "no control"
    return [
        Fragment(f"{sentence.html}{quote.html}{source.html}"),
        Fragment(f"{claim.badge.html}{elsewhere.html}"),
        Fragment(f"{text('span', claim.effect()).html}{measured.html}"),
        control,
    ]


def claim_sections(data: ReportData) -> Fragment:
    """A section a claim: sentence, verdict, figure, and what it rests on."""
    found = claim_results(data)
    return join(_claim_section(data, claim) for claim in found) if found else text("p", _NO_CLAIMS, "note")


def _claim_section(data: ReportData, claim: ClaimResult) -> Fragment:
    quote = text(
        "blockquote", f"\N{LEFT DOUBLE QUOTATION MARK}{claim['quote']}\N{RIGHT DOUBLE QUOTATION MARK}"
    )
    source = text("p", f"{claim['paper']}: {claim['source']}, {claim['where']} ({claim['claim']})", "note")
    head = [text("h2", claim["sentence"]), quote, source]
    verdict = Fragment(
        f"<p>{claim.badge.html} {text('span', f'{_sentence(claim)}.').html} {_elsewhere(claim).html}</p>"
    )
    figure = effect_plot(data, claim)
    facts = box([definitions([*_facts(claim), *_imported(data, claim), *_scale(data, claim)])], "facts")
    blocks = [*head, verdict, box([figure, facts], "evidence"), *_outliers(claim), *_without_value(claim)]
    content = join(blocks).html
    note = text("p", CUT_NOTE, "note").html if CUT in content else ""
    return Fragment(f'<section id="{claim.anchor}">\n{content}\n{note}</section>')


def _sentence(claim: ClaimResult) -> str:
    """The reason with a capital letter."""
    reason = str(claim["reason"])
    return reason[0].upper() + reason[1:]


def _elsewhere(claim: ClaimResult) -> Fragment:
    """What of the paper's setting is otherwise here: a verdict must not be read without it."""
    if claim["verdict"] == "not tested":
        return text("span", "")
    if differs := claim["setting_differs"]:
        return text("strong", f"The setting differs from the paper's: {differs}.")
    return text("span", "All recorded facts of the paper's setting agree.")


def _facts(claim: ClaimResult) -> list[tuple[str, str]]:
    measure = claim.measured.measure
    opponent = f"{claim['method']} with its baseline {claim['baseline']}"
    control = (
        f", and with its control {claim['control']}, which lacks the method's idea"
        if claim["control"]
        else ""
    )
    facts = [
        ("The paper's setting", claim["paper_setting"]),
        ("Measured", f"{claim.measured.title}, claimed to be {claim['direction']}\n{claim['metric']}"),
        ("What this measures", measure.explanation),
        ("Compared", f"{opponent}{control}"),
        ("Threshold", f"The effect {claim.bound}"),
    ]
    if claim["verdict"] == "not tested":
        return facts
    facts.append(("Effect against the baseline", claim.effect()))
    if claim["control"]:
        facts.append(("Effect against the control", claim.effect("control_")))
    facts += [
        ("Tests", _tests(claim)),
        ("Settings and seeds", _where(claim)),
    ]
    if claim["verdict"] == "inconclusive":
        facts.append(("Seeds needed", _seeds_needed(claim)))
    return facts


def _imported(data: ReportData, claim: ClaimResult) -> list[tuple[str, str]]:
    """Which of the methods were imported, and from where."""
    named = {claim[role] for role in ("method", "baseline", "control")}
    found: dict[str, dict[str, None]] = {}
    for cell, name in data.sources.items():
        if (method := Cell.of(cell).method) in named:
            found.setdefault(name, {})[method] = None
    lines = [f"{', '.join(of)}: {data.imports[name]['source']} ({name})" for name, of in found.items()]
    return [("Imported, not measured here", "\n".join(lines))] if lines else []


def _scale(data: ReportData, claim: ClaimResult) -> list[tuple[str, str]]:
    """What the score is before training, of unseen reals and of noise, setting by setting."""
    found = {
        setting: reference_points_in_words(
            data.summary, setting.dataset, claim.measured, setting.architecture
        )
        for setting in data.settings
    }
    lines = [f"{setting}: {words}" for setting, words in found.items() if words]
    return [("For comparison", "\n".join(["values of the score", *lines]))] if lines else []


def _tests(claim: ClaimResult) -> str:
    if claim["p_value"] is None:
        return "no test is possible"
    size = claim["effect_size"]
    sized = "" if size is None else f"\nHedges' g {_ranged(claim, 'effect_size')} over seeds"
    return (
        f"A null hypothesis is rejected if its p, corrected for all claims, is at most {LEVEL:g}.\n"
        f"Null hypothesis 'the claim is false': {_p(claim['p_value'])}, corrected {_p(claim['p_holm'])}.\n"
        f"Null hypothesis 'the claim is true': {_p(claim['p_contradicted'])}, corrected "
        f"{_p(claim['p_contradicted_holm'])}."
        f"{sized}"
    )


def _ranged(claim: ClaimResult, key: str) -> str:
    mean, low, high = (claim[f"{key}{end}"] for end in ("", "_low", "_high"))
    return f"{plain(mean)} [{plain(low)}, {plain(high)}]"


def _where(claim: ClaimResult) -> str:
    if not claim["scope"]:
        return "none: no run has a value" if claim.unpaired else "none: no pair of runs has both values"
    held = _holding(claim["settings_holding"], claim["settings"])
    return f"{claim['scope']}; other settings may differ\n{held}"


def _holding(holding: int, settings: int) -> str:
    if settings == 1:
        return f"the mean {'agrees' if holding else 'does not agree'} with the claim"
    return f"the means of {holding} of {settings} settings agree with the claim"


def _seeds_needed(claim: ClaimResult) -> str:
    if (seeds := claim["seeds_needed"]) is not None:
        return (
            f"About {seeds:,.0f} seeds in each setting would decide it with a probability of 80%, if means "
            "and spread stay the same. This is a rough guide: few seeds estimate the spread badly."
        )
    if claim.counts:
        return "Not computed for counts of diverged runs."
    return f"Not known: {claim['reason']}."


def _outliers(claim: ClaimResult) -> list[Fragment]:
    """A warning if some runs are outliers, and which."""
    runs = claim["far_runs"].split("; ") if claim["far_runs"] else []
    if not runs:
        return []
    are = "run is an outlier" if len(runs) == 1 else "runs are outliers"
    said = (
        f"{len(runs)} {are}: far from the other runs of the same setting and method. Inspect these first. If "
        "one run in ten is an outlier by chance, more than 2.5% of verdicts are wrong (docs/verdict_rule.md)."
    )
    return [
        text("p", said, "note"),
        details(counted(len(runs), "outlier"), bullets(runs)),
    ]


def _without_value(claim: ClaimResult) -> list[Fragment]:
    """The runs without a value, on demand; where divergence is the value, those that diverged."""
    runs = claim["lost_runs"].split("; ") if claim["lost_runs"] else []
    diverged = [run for run in runs if claim.counts and "(diverged" in run]
    kinds = {"that diverged": diverged, "without a value": [run for run in runs if run not in diverged]}
    return [
        details(f"{counted(len(named), 'run')} {kind}", bullets(named))
        for kind, named in kinds.items()
        if named
    ]


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def published_scores(data: ReportData) -> Fragment:
    """Published scores on the kinds of dataset of the grid, those of the papers under test first."""
    rows = _of_the_grid(data.summary["published"])
    if not rows:
        return text("p", "No published score on record is of a dataset of this grid.", "note")
    comparable = [row for row in rows if row["comparable"]]
    beside = [row for row in rows if row["ours"] is not None and not row["comparable"]]
    relative = [row for row in rows if row["published"] is None]
    blocks = [
        text(
            "p",
            f"{len(comparable) or 'None'} of {counted(len(rows), 'published score')} can be compared with "
            "ours. For that, the dataset, the method, the networks, the recipe and the protocol of the "
            "score must agree. The table names the first that differs.",
        )
    ]
    if shown := [*relative, *comparable, *beside]:
        blocks.append(table("Published scores and ours", _PUBLISHED_HEADER, map(_published_row, shown)))
    others = sorted((row for row in rows if row not in shown), key=lambda row: row["source"])
    for source, members in groupby(others, key=lambda row: row["source"]):
        listed = [_published_row(row) for row in members]
        content = table(f"Published by {source}", _PUBLISHED_HEADER, listed)
        blocks.append(details(f"{source}: {counted(len(listed), 'score')} without one of ours", content))
    return join(blocks)


def _of_the_grid(rows: list[Row]) -> list[Row]:
    """Those of a kind of dataset that the grid has; papers name several kinds for a relative number."""
    numbers = [row for row in rows if row["published"] is not None and not _is_elsewhere(row)]
    kinds = {str(row["dataset"]).partition(" ")[0].replace("_", "") for row in numbers}
    relative = [
        row
        for row in rows
        if row["published"] is None
        and any(
            kind.startswith(name.strip().lower().replace("-", ""))
            for name in row["dataset"].split(",")
            for kind in kinds
        )
    ]
    return [*relative, *numbers]


def _is_elsewhere(row: Row) -> bool:
    """Whether the grid has no dataset of the number's kind."""
    return str(row["reason"]).startswith(_ELSEWHERE)


def _published_row(row: Row) -> list[str]:
    known = column(row["metric"])
    if row["published"] is None:
        subject = f"{row['method']}\n{row['dataset']}"
        return [subject, known.title, f"{row['stated']}\n{row['source']}", "-", row["reason"]]
    spread = (
        f" \N{PLUS-MINUS SIGN} {number(row['published_spread'], known.measure)}"
        if row["published_spread"]
        else ""
    )
    return [
        f"{row['method']}\n{row['dataset']}",
        known.title,
        f"{number(row['published'], known.measure)}{spread}\n{row['source']}",
        _ours(row),
        "comparable" if row["comparable"] else f"not comparable\n{row['reason']}",
    ]


def _ours(row: Row) -> str:
    if row["ours"] is None:
        return "-"
    measured = column(row["our_column"])
    spread = interval(row["ours_low"], row["ours_high"], measured.measure) or "no interval"
    where = f"{row['our_method']}, {row['our_dataset']} x {row['our_architecture']}"
    return f"{number(row['ours'], measured.measure)} {spread}, n = {row['ours_n']}\n{where}"
