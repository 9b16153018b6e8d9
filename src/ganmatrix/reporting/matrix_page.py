"""The page of the results matrix: the table, what chooses its rows and columns, and what the columns mean."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from ganmatrix.columns import CHECKPOINTS, EXTRACTORS, SECTIONS, Bounds, Column, ordered
from ganmatrix.reporting.numbers import CUT, CUT_NOTE, interval, number, reference_points
from ganmatrix.reporting.page import Fragment, attributes, bullets, details, footnoted, join, table, text
from ganmatrix.reporting.report_data import ReportData
from ganmatrix.reporting.run_details import RunFacts, Runs, count_missing

FIRST_COLUMNS = (
    ("fid",),
    ("kid",),
    ("precision",),
    ("recall",),
    ("coverage",),
    ("modes",),
    ("high_quality_share",),
    ("energy_distance",),
    ("clean_auroc",),
    ("pgd_auroc", "fgsm_auroc"),
    ("lipschitz_ascent", "gradient_norm_real_max"),
    ("operations_per_step",),
)
"""In view at first: of each entry the first measure that a dataset has."""

BEFORE_TRAINING = ("fid", "energy_distance")
"""Beside these stands what they were before training."""

_CHECKPOINTS = (None, "ema", "best", "last", "init")

_FIELDS = ("mean", "low", "high", "n", "missing")
"""What a number is saved as; the first one sorts."""

Group = dict[str, Any]


def first_columns(data: ReportData) -> list[str]:
    """The columns in view at first: of averaged weights and the first extractor, where there is a choice."""
    chosen: dict[str, None] = {}
    for keys in FIRST_COLUMNS:
        for dataset in data.datasets:
            columns = sorted(data.all_columns(dataset), key=_preference)
            key = next((key for key in keys if any(c.key == key for c in columns)), None)
            candidates = [c for c in columns if c.key == key]
            untrained = [c for c in candidates if c.checkpoint == "init" and key in BEFORE_TRAINING]
            chosen |= dict.fromkeys(c.name for c in [*candidates[:1], *untrained[:1]])
    return list(chosen)


def by_section(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """The columns by section of the catalogue; those without one at the end."""
    listed = list(columns)
    found = {title: [c for c in listed if c.key in measures] for title, measures in SECTIONS.items()}
    found["Others"] = [c for c in listed if not any(c.key in measures for measures in SECTIONS.values())]
    return {title: within for title, within in found.items() if within}


def _preference(measured: Column) -> tuple[int, int]:
    """Averaged weights before others; general features before those of one task."""
    extractors = [None, *EXTRACTORS]
    known = measured.extractor in extractors
    rank = extractors.index(measured.extractor) if known else len(extractors)
    return _CHECKPOINTS.index(measured.checkpoint), rank


@dataclass(frozen=True)
class _MatrixColumn:
    """A column: its estimates by method and architecture, and the best method of each architecture."""

    column: Column
    in_view: bool
    within: Bounds
    groups: dict[tuple[str, str], Group]
    winners: dict[str, str | None]


def matrix_table(data: ReportData, found: Runs, dataset: str) -> Fragment:
    """All columns of a dataset, the overview in view; without the page's script that is all there is."""
    columns = _matrix_columns(data, dataset)
    head = "".join(_heading(each, reference_points(data.summary, dataset, each.column)) for each in columns)
    rows = join(_row(found[cell.id], columns) for cell in data.cells_on(dataset))
    seeds = len(data.summary["grid"]["seed"])
    over = "the runs with a value" if data.imports else _seeds(seeds)
    averaged = f"{dataset}: mean [95% interval] over {over}"
    content = Fragment(
        f'<div class="scroll" role="region" tabindex="0" aria-label="Matrix of {dataset}">'
        f'<table class="matrix sortable"><caption>{averaged}</caption>\n'
        '<thead><tr><th scope="col">Method</th><th scope="col">Architecture</th>'
        '<th scope="col" data-key="runs" data-fields="completed planned" data-better="higher">Runs</th>'
        f"{head}</tr></thead>\n<tbody>\n{rows.html}\n</tbody></table></div>"
    )
    blocks = [text("h3", dataset), footnoted(content, CUT, CUT_NOTE), chance_warnings(data, dataset)]
    return Fragment(f'<section id="matrix-{dataset}">\n{join(blocks).html}\n</section>')


def _seeds(planned: int) -> str:
    """What a mean is over: where runs have no value, fewer than planned, as the entry says."""
    return "1 seed" if planned == 1 else f"the seeds with a value, of {planned} planned"


def _matrix_columns(data: ReportData, dataset: str) -> list[_MatrixColumn]:
    """Those in view first, in their order; then the others in the catalogue's."""
    shown = first_columns(data)
    columns = {c.name: c for c in data.all_columns(dataset)}
    names = dict.fromkeys([name for name in shown if name in columns] + list(columns))
    measured = []
    for name in names:
        groups = groups_of(data, dataset, name)
        trained = columns[name].checkpoint != "init"
        winners = {a: best_method(groups, a, columns[name]) if trained else None for a in data.places}
        within = data.bounds(dataset, name)
        measured.append(_MatrixColumn(columns[name], name in shown, within, groups, winners))
    return measured


def _heading(measured: _MatrixColumn, marks: dict[str, str]) -> str:
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


def _row(facts: list[RunFacts], columns: list[_MatrixColumn]) -> Fragment:
    cell = facts[0].run.cell
    trained = [each.file["reproducible"] for each in facts if each.file is not None]
    kinds = {word for run in trained for word in (run["method_kind"], run["loss"] or "", *run["techniques"])}
    source = facts[0].source
    completed = sum(not each.diverged and (bool(source) or each.file is not None) for each in facts)
    without = (each for each in facts if each.diverged or not (source or each.file is not None))
    unfinished = count_missing(each.lost("") for each in without)
    names = (cell.dataset, cell.place, cell.method)
    values = {
        "data-cell": cell.id,
        "data-dataset": cell.dataset,
        "data-architecture": cell.place,
        "data-method": cell.method,
        "data-text": " ".join([*names, *sorted(kinds), unfinished, source]).lower(),
    }
    numbers = "".join(_number(measured, facts) for measured in columns)
    counts = {"data-key": "runs", "data-completed": completed, "data-planned": len(facts)}
    runs_link = _opens(facts, str(completed) if completed == len(facts) else f"{completed} of {len(facts)}")
    return Fragment(
        f'<tr{attributes(values)}><th scope="row">{escape(cell.method)}{_small(source)}</th>'
        f'<td data-column="Architecture"><div>{escape(cell.place)}</div></td>'
        f'<td data-column="Runs"{attributes(counts)}><div>{runs_link}{_small(unfinished)}</div></td>'
        f"{numbers}</tr>"
    )


def _number(measured: _MatrixColumn, facts: list[RunFacts]) -> str:
    """The mean, its interval, and what it lacks; unrounded in the attributes."""
    column, cell = measured.column, facts[0].run.cell
    group = measured.groups.get((cell.method, cell.place), {})
    lost = count_missing(each.lost(column.name) for each in facts if column.name not in each.values)
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


def groups_of(data: ReportData, dataset: str, name: str) -> dict[tuple[str, str], Group]:
    """A column's estimates over seeds, by method and architecture."""
    return {
        (row["method"], row["architecture"]): row
        for row in data.summary["groups"]
        if row["dataset"] == dataset and row["column"] == name
    }


def best_method(groups: dict[tuple[str, str], Group], architecture: str, measured: Column) -> str | None:
    """The method with the best mean; None if no way is better, fewer than two have a value, or they tie.

    The groups are by method and architecture.
    """
    means = {
        method: group["mean"]
        for (method, where), group in groups.items()
        if where == architecture and group["mean"] is not None
    }
    if measured.measure.better is None or len(means) < 2:
        return None
    top = (min if measured.measure.better == "lower" else max)(means.values())
    winners = [method for method, mean in means.items() if mean == top]
    return winners[0] if len(winners) == 1 else None


def chance_warnings(data: ReportData, dataset: str) -> Fragment:
    """The discriminators whose probes mean little; nothing if there are none."""
    guessing = [
        f"{setting}, {method}: D tells real from fake no better than chance here, so its robustness and "
        "gradients mean little."
        for setting in data.settings
        if setting.dataset == dataset
        for method in data.guessing(setting)
    ]
    return bullets(guessing) if guessing else join([])


def glossary(data: ReportData) -> Fragment:
    """Every measure of the matrix in plain words."""
    names = {name for dataset in data.datasets for name in data.columns(dataset)}
    measured = {c.key: c for c in ordered(names) if c.checkpoint != "init"}
    rows = [
        [c.title, f"{c.measure.better} is better" if c.measure.better else "-", c.measure.explanation]
        for c in measured.values()
    ]
    return table("What each measure means", ["Measure", "Direction", "Explanation"], rows)


def networks_table(data: ReportData, dataset: str) -> Fragment:
    """The concrete networks behind each architecture's name."""
    trained = data.trained[data.trained["architecture"].isin(data.architectures)]
    runs = trained[trained["dataset"] == dataset]
    rows = [
        [
            row["architecture"],
            f"{row['generator']}\n{row['generator_parameters']:,} parameters",
            f"{row['discriminator']}\n{row['discriminator_parameters']:,} parameters",
            f"{row['generator_steps']:,}",
        ]
        for row in runs.drop_duplicates("architecture").to_dict("records")
    ]
    header = ["Architecture", "Generator G", "Discriminator D", "Generator steps"]
    return table(f"Networks on {dataset}", header, rows)


def protocols_table(data: ReportData, dataset: str) -> Fragment:
    """Columns that share a protocol stand together; every run on the dataset was measured so."""
    together: dict[str, list[str]] = {}
    measured: dict[str, dict[str, Any]] = data.summary["protocols"][dataset]
    for column, protocol in measured.items():
        together.setdefault(json.dumps(protocol, sort_keys=True), []).append(column)
    rows = [[", ".join(columns), _fields(json.loads(protocol))] for protocol, columns in together.items()]
    content = table(f"Protocols on {dataset}", ["Columns", "Measured with"], rows)
    return details(f"Protocols on {dataset} ({len(measured)} columns)", content)


def _fields(protocol: dict[str, Any]) -> str:
    return "; ".join(f"{key.replace('_', ' ')}: {_shown(value)}" for key, value in protocol.items())


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def controls(data: ReportData) -> Fragment:
    """Boxes for every name of the grid, a text to search for, and a box for every column."""
    names = {"dataset": data.datasets, "architecture": data.places, "method": data.methods}
    axes = "\n".join(
        f"<fieldset><legend>{axis.capitalize()}</legend>"
        f"{_boxes(axis, {name: name for name in values}, values)}</fieldset>"
        for axis, values in names.items()
    )
    return Fragment(
        f'<form id="controls" hidden>\n{axes}\n'
        '<label class="sought">Show rows that contain <input type="search" name="sought" '
        'placeholder="hinge, zero_gp, diverged"></label>\n'
        f"{_column_boxes(data)}\n"
        '<p><output></output> <button type="reset">Reset rows and columns</button></p>\n</form>'
    )


def _column_boxes(data: ReportData) -> str:
    shown = first_columns(data)
    every = ordered({c.name for dataset in data.datasets for c in data.all_columns(dataset)})
    blocks = "\n".join(
        f"<details><summary>{escape(title)} ({len(columns)})</summary>"
        '<label class="all"><input type="checkbox" name="all"> all of these</label>'
        f"{_boxes('column', {c.name: c.title for c in columns}, shown)}</details>"
        for title, columns in by_section(every).items()
    )
    return (
        f'<details class="columns"><summary>Choose from {len(every)} columns</summary>\n{blocks}\n</details>'
    )


def _boxes(name: str, labels: Mapping[str, str], ticked: Iterable[str]) -> str:
    checked = set(ticked)
    return "".join(
        f'<label><input type="checkbox" name="{name}" value="{escape(value)}"'
        f"{' checked' if value in checked else ''}> {escape(label)}</label>"
        for value, label in labels.items()
    )
