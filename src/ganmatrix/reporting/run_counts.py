"""How many runs there are, what is missing or still to come, and how often training diverged."""

from collections import Counter
from typing import Any

import pandas as pd

from ganmatrix.reporting.numbers import counted, listed
from ganmatrix.reporting.page import Fragment, box, bullets, details, join, table, text
from ganmatrix.reporting.report_data import ReportData
from ganmatrix.results.matrix import LEARNED, VARIANT

Row = dict[str, Any]
VERDICTS = ("reproduced", "contradicted", "not the idea's", "inconclusive", "not tested")
_STILL = {
    "train": "not trained",
    "evaluate": "not scored",
    "probe": "not probed",
    "transfer": "without attacks from other runs",
}


def overview(data: ReportData) -> Fragment:
    """How many runs were trained, how many diverged, and how many claims have each verdict."""
    runs, grid = data.summary["runs"], data.summary["grid"]
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
    verdicts = Counter(data.claims["verdict"])
    outcome = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in VERDICTS if verdicts[verdict])
    tested = f"Of {counted(len(data.claims), 'claim')}: {outcome}." if outcome else "No claims are listed."
    return box(
        [
            *(text("p", sentence, "lead") for sentence in not_learned(data)),
            text("p", tested, "lead"),
            text(
                "p",
                f"{counted(runs['total'], 'training run')} ({axes}); {diverged}{waiting}{_imported(data)}.",
            ),
        ],
        "overview",
    )


def _imported(data: ReportData) -> str:
    """How many of the runs were imported, and whose they are."""
    of = [f"{each['runs']} from {each['source']} ({name})" for name, each in data.imports.items()]
    return f"; imported, not made here: {', '.join(of)}" if of else ""


def not_learned(data: ReportData) -> list[str]:
    """A sentence for each setting in which methods have learned nothing, in half of their runs or more."""
    found = []
    for setting in data.all_settings:
        runs = data.of(setting)
        shares = runs.assign(learned=runs[LEARNED].astype("Float64")).groupby("method", sort=False)[LEARNED]
        named = [str(method) for method, share in shares.mean().items() if share is not pd.NA and share < 0.5]
        if named:
            found.append(
                f"{setting}: {listed(named)} did not learn. Most of the runs end nearer to their untrained "
                "generator than to real data. A claim that compares two such methods is not tested there."
            )
    return found


def preview_notice(data: ReportData) -> Fragment:
    """What is still to come, each with its reason; nothing if there is nothing."""
    said = preview_sentence(data.summary)
    if said is None:
        return Fragment("")
    absent = data.summary["absent"]
    reasons = bullets(f"{each['target']}: {each['reason']}" for each in absent)
    return box([text("p", said), details(f"Still to come ({len(absent)})", reasons)], "preview")


def preview_sentence(summary: dict[str, Any]) -> str | None:
    """How many runs are still to be trained, scored and probed; None if the matrix is finished."""
    absent = Counter(each["stage"] for each in summary.get("absent", []))
    if not absent:
        return None
    grid = summary["grid"]
    of_dataset = len(grid["architecture"]) * len(grid["method"])
    # Attacks are tried on all runs of a dataset that have the same seed.
    absent["transfer"] *= of_dataset
    still = listed(
        [f"{counted(absent[stage], 'run')} {state}" for stage, state in _STILL.items() if absent[stage]]
    )
    total = summary["runs"]["total"]
    cells = "" if summary.get("imports") else f" in {counted(total // len(grid['seed']), 'cell')}"
    return (
        f"This is a preview of an unfinished matrix. Of {counted(total, 'run')}{cells}: {still}. "
        "Means are over the finished runs; n is their number. A claim is judged when all runs that it "
        "compares are finished."
    )


def missing_sentence(data: ReportData) -> Fragment:
    """How many runs diverged, how many values are missing, and how many lie beyond the end of training."""
    summary = data.summary
    diverged, missing, late = (len(summary[key]) for key in ("diverged", "missing", "censored"))
    sentences = [
        f"{diverged or 'None'} of {counted(summary['runs']['total'], 'run')} diverged.",
        f"{counted(missing, 'value')} of completed runs {'is' if missing == 1 else 'are'} missing."
        if missing
        else f"No value of a completed run is missing{_beyond(data)}.",
    ]
    if late:
        were = "was" if late == 1 else "were"
        sentences.append(f"{counted(late, 'target')} {were} not reached within training.")
    so_far = "So far: " if summary["absent"] else ""
    return text(
        "p", f"{so_far}{' '.join(sentences)} Means are over the runs with a value; n is their number."
    )


def missing_list(data: ReportData) -> Fragment:
    """Every run that diverged, and values that are missing for another reason."""
    summary = data.summary
    if not summary["diverged"] and not summary["missing"]:
        so_far = "So far no" if summary["absent"] else "No"
        return text(
            "p",
            f"{so_far} run diverged, and no value is missing from completed runs{_beyond(data)}.",
        )
    blocks = []
    if diverged := summary["diverged"]:
        sentence = (
            f"{len(diverged)} of {summary['runs']['total']} runs diverged: a loss, gradient or weight "
            "was no longer a finite number. Their scores are missing, not zero. Means are over the other "
            "seeds."
        )
        rows = [
            [run["run"], str(run["step"] or "-"), _reason(run["reason"] or "imported so")] for run in diverged
        ]
        blocks += [
            text("p", sentence),
            table("Diverged runs", ["Run", "At generator step", "Reason"], rows),
        ]
    if missing := summary["missing"]:
        named = bullets(f"{m['run']}, {m['column']}: {m['reason'] or 'no reason given'}" for m in missing)
        blocks.append(details(f"Values missing from completed runs ({len(missing)})", named))
    return box(blocks, "divergences")


def _beyond(data: ReportData) -> str:
    """In a preview the values still to come are no gaps; the top of the page counts them."""
    return ", except those still to come" if data.summary["absent"] else ""


def _reason(code: str) -> str:
    """`non_finite_loss` as `non-finite loss`."""
    return code.replace("non_", "non-").replace("_", " ")


def divergence_rates(data: ReportData) -> Fragment:
    """Methods by settings, and over all settings, with exact intervals."""
    found = {(row["method"], row["dataset"], row["architecture"]): row for row in data.summary["divergence"]}
    places = [(None, None), *((s.dataset, s.architecture) for s in data.settings)]
    header = ["Method", "All settings", *map(str, data.settings)]
    rows = [
        [method, *(_rate(row) if (row := found.get((method, *place))) else "no runs" for place in places)]
        for method in data.methods
    ]
    caption = "Runs that diverged, with the 95% interval of their rate (Clopper and Pearson, exact)"
    content = table(caption, header, rows)
    if data.summary["runs"]["diverged"]:
        return content
    trained = [row for method in data.methods if (row := found[(method, None, None)])["runs"]]
    return join([text("p", _bounded(trained)), details("Counts and intervals by setting", content)])


def _bounded(trained: list[Row]) -> str:
    """The rate that is still possible for the method with the fewest runs."""
    fewest = min(trained, key=lambda row: row["runs"])
    alike = all(row["runs"] == fewest["runs"] for row in trained)
    whose = "each method" if alike else f"{fewest['method']} (the method with the fewest runs)"
    return (
        f"No run diverged. With {counted(fewest['runs'], 'run')} of {whose}, a divergence rate of up to "
        f"{100 * fewest['high']:.0f}% is still possible (exact 95% interval)."
    )


def _rate(row: Row) -> str:
    if row["rate"] is None:
        return "not trained"
    low, high = (f"{100 * row[end]:.0f}" for end in ("low", "high"))
    return f"{row['diverged']} of {row['runs']}\n{low}% to {high}%"
