"""The matrix of a dataset: a row an architecture and method, a column a measure."""

from dataclasses import dataclass
from html import escape

from ganmatrix.columns import CHECKPOINTS, EXTRACTORS, Bounds, Column
from ganmatrix.reporting.cell_files import Found, RunFacts, tally
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.explorer.columns import columns_of, overview
from ganmatrix.reporting.floors import beside
from ganmatrix.reporting.fragments import Fragment, attributes, footnoted, join, text
from ganmatrix.reporting.matrix_tables import Group, best, groups_of, warnings
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, interval, number

_FIELDS = ("mean", "low", "high", "n", "missing")
"""What a number is saved as; the first one sorts."""


@dataclass(frozen=True)
class _Measured:
    """A column: its estimates by method and architecture, and the best method of each architecture."""

    column: Column
    in_view: bool
    within: Bounds
    groups: dict[tuple[str, str], Group]
    winners: dict[str, str | None]


def table(evidence: Evidence, found: Found, dataset: str) -> Fragment:
    """All columns of a dataset, the overview in view; without the page's script that is all there is."""
    columns = _columns(evidence, dataset)
    head = "".join(_heading(each, beside(evidence.summary, dataset, each.column)) for each in columns)
    rows = join(_row(found[cell.id], columns) for cell in evidence.cells_on(dataset))
    seeds = len(evidence.summary["grid"]["seed"])
    averaged = f"{dataset}: mean over {_seeds(seeds)} [95% interval]"
    content = Fragment(
        f'<div class="scroll" role="region" tabindex="0" aria-label="Matrix of {dataset}">'
        f'<table class="matrix sortable"><caption>{averaged}</caption>\n'
        '<thead><tr><th scope="col">Method</th><th scope="col">Architecture</th>'
        '<th scope="col" data-key="runs" data-fields="completed planned" data-better="higher">Runs</th>'
        f"{head}</tr></thead>\n<tbody>\n{rows.html}\n</tbody></table></div>"
    )
    blocks = [text("h3", dataset), footnoted(content, CUT, CUT_NOTE), warnings(evidence, dataset)]
    return Fragment(f'<section id="matrix-{dataset}">\n{join(blocks).html}\n</section>')


def _seeds(planned: int) -> str:
    """What a mean is over: where runs have no value, fewer than planned, as the entry says."""
    return "1 seed" if planned == 1 else f"the seeds that have a value, of {planned}"


def _columns(evidence: Evidence, dataset: str) -> list[_Measured]:
    """Those in view first, in their order; then the others in the catalogue's."""
    shown = overview(evidence)
    columns = {c.name: c for c in columns_of(evidence, dataset)}
    names = dict.fromkeys([name for name in shown if name in columns] + list(columns))
    measured = []
    for name in names:
        groups = groups_of(evidence, dataset, name)
        trained = columns[name].checkpoint != "init"
        winners = {a: best(groups, a, columns[name]) if trained else None for a in evidence.places}
        within = evidence.bounds(dataset, name)
        measured.append(_Measured(columns[name], name in shown, within, groups, winners))
    return measured


def _heading(measured: _Measured, marks: dict[str, str]) -> str:
    """The column's name; small, how it is measured and what unseen reals and noise score."""
    column, measure = measured.column, measured.column.measure
    untrained = column.checkpoint == "init"
    title = f"{measure.title} {CHECKPOINTS['init']}" if untrained else measure.title
    notes = [
        EXTRACTORS.get(column.extractor or "", column.extractor),
        None if column.checkpoint in (None, "ema", "init") else CHECKPOINTS[column.checkpoint],
        measure.unit if measure.unit not in measure.title.lower() else None,
        f"{measure.better} is better" if measure.better and not untrained else None,
        *(f"{mark} {value}" for mark, value in marks.items() if not untrained),
    ]
    values = {
        "data-key": column.name,
        "data-fields": " ".join(_FIELDS),
        "data-better": measure.better,
        "hidden": None if measured.in_view else "",
    }
    small = f"<small>{escape(', '.join(filter(None, notes)))}</small>"
    return f'<th scope="col"{attributes(values)}>{escape(title)}{small}</th>'


def _row(facts: list[RunFacts], columns: list[_Measured]) -> Fragment:
    cell = facts[0].run.cell
    trained = [each.file["reproducible"] for each in facts if each.file is not None]
    kinds = {word for run in trained for word in (run["method_kind"], run["loss"] or "", *run["techniques"])}
    completed = sum(run["outcome"] == "completed" for run in trained)
    unfinished = tally(each.lost("") for each in facts if each.file is None or each.diverged)
    names = (cell.dataset, cell.place, cell.method)
    values = {
        "data-cell": cell.id,
        "data-dataset": cell.dataset,
        "data-architecture": cell.place,
        "data-method": cell.method,
        "data-text": " ".join([*names, *sorted(kinds), unfinished]).lower(),
    }
    numbers = "".join(_number(measured, facts) for measured in columns)
    counts = {"data-key": "runs", "data-completed": completed, "data-planned": len(facts)}
    runs_link = _opens(facts, str(completed) if completed == len(facts) else f"{completed} of {len(facts)}")
    return Fragment(
        f'<tr{attributes(values)}><th scope="row">{escape(cell.method)}</th>'
        f'<td data-column="Architecture"><div>{escape(cell.place)}</div></td>'
        f'<td data-column="Runs"{attributes(counts)}><div>{runs_link}{_small(unfinished)}</div></td>'
        f"{numbers}</tr>"
    )


def _number(measured: _Measured, facts: list[RunFacts]) -> str:
    """The mean, its interval, and what it lacks; unrounded in the attributes."""
    column, cell = measured.column, facts[0].run.cell
    group = measured.groups.get((cell.method, cell.place), {})
    lost = tally(each.lost(column.name) for each in facts if column.name not in each.values)
    mean = group.get("mean")
    if mean is None:
        shown = _opens(facts, lost or "no value", "lost")
    else:
        is_best = measured.winners[cell.place] == cell.method
        spread = interval(group["low"], group["high"], column.measure, measured.within)
        shown = _opens(facts, number(mean, column.measure), "best" if is_best else "")
        shown += _small(spread or "no interval") + _small("best mean" if is_best else "") + _small(lost)
    values = {
        "data-column": column.title,
        "data-key": column.name,
        **{f"data-{field}": group.get(field) for field in _FIELDS},
        "hidden": None if measured.in_view else "",
    }
    return f"<td{attributes(values)}><div>{shown}</div></td>"


def _opens(facts: list[RunFacts], shown: str, kind: str = "") -> str:
    """A link to the runs, which the page's script opens in a panel."""
    named = attributes({"href": f"#{facts[0].run.cell.id}", "class": kind or None})
    return f"<a{named}>{escape(shown)}</a>"


def _small(note: str) -> str:
    return f"<small>{escape(note)}</small>" if note else ""
