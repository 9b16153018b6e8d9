"""Every run: what its own files say, why values are missing, its training curves and its seed's values."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell, Run
from ganmatrix.reporting.numbers import plain
from ganmatrix.reporting.page import Fragment, attributes, definitions, details, join, json_data, text
from ganmatrix.reporting.report_data import ReportData
from ganmatrix.results.artifacts import NO_VARIANTS, RECEIVED
from ganmatrix.results.matrix import COSTS
from ganmatrix.store.layout import METRICS, PROBES, RUN, Layout

Document = dict[str, Any]

_FILES = {"train": RUN, "evaluate": METRICS, "probe": PROBES}
"""By the verb that makes them."""

MISSING_KINDS = (
    *("not trained", "diverged", "not measured", "not reached", "not stated", "missing", "does not apply"),
)
"""Why a run may have no value, in the order in which tables count them."""

_CURVES = {
    "Loss": ({"D": "loss_discriminator", "G": "loss_generator"}, False),
    "Norm of the weights' gradient": (
        {"D": "gradient_norm_discriminator", "G": "gradient_norm_generator"},
        True,
    ),
}
WIDTH, HEIGHT, MARGIN = 240, 80, 3
Point = tuple[float, float]

_DIGITS = 7
"""Significant ones: more than any measure has, fewer than its binary form would take."""


@dataclass(frozen=True)
class Missing:
    """Why a run has no value: a word for tables, one of KINDS, and the whole reason."""

    kind: str
    reason: str


@dataclass(frozen=True)
class RunFacts:
    """A run of the grid, whether or not it was trained, scored and probed."""

    run: Run
    layout: Layout
    """Where its files lie."""

    file: Document | None
    """run.json."""

    values: dict[str, float]
    """What the matrix has of it, by column."""

    entries: dict[str, Document]
    """What metrics.json and probes.json say of each column."""

    missing: tuple[str, ...]
    """The verbs that have not been run."""

    attacked: bool
    """Whether attacks made on other runs were tried on it."""

    noted: dict[str, str]
    """What `assemble` noted of columns without a value."""

    source: str = ""
    """Whose the run is, if it was imported."""

    import_diverged: bool = False
    """Whether it was imported as one that diverged."""

    @property
    def outcome(self) -> str:
        """Such as `completed` or `diverged at step 240: non-finite loss`."""
        if self.source:
            return f"{'diverged' if self.import_diverged else 'completed'}, {self.source}"
        if self.file is None:
            return "not trained"
        trained = self.file["reproducible"]
        if trained["outcome"] == "completed":
            return "completed"
        reason = str(trained["outcome_reason"]).replace("non_", "non-").replace("_", " ")
        return f"{trained['outcome']} at step {trained['outcome_step']}: {reason}"

    @property
    def diverged(self) -> bool:
        trained = self.file is not None and self.file["reproducible"]["outcome"] == "diverged"
        return self.import_diverged or bool(trained)

    def lost(self, column: str) -> Missing:
        """Why the run has no value in a column; only meaningful if it has none."""
        if self.source and not self.diverged:
            return Missing("not stated", f"not stated; {self.source}")
        if self.file is None and not self.source:
            return Missing("not trained", f"not trained; run {self._maker('train')}")
        if self.diverged:
            return Missing("diverged", self.outcome)
        if column == RECEIVED and self.run.variant:
            return Missing("does not apply", f"does not apply: {NO_VARIANTS}")
        if column == RECEIVED and not self.attacked:
            return Missing("not measured", f"not measured yet; run {self._maker('transfer')}")
        entry = self.entries.get(column)
        if entry is None and self.missing:
            verbs = " and ".join(map(self._maker, self.missing))
            return Missing("not measured", f"not measured yet; run {verbs}")
        if entry is not None and entry.get("applies") is False:
            return Missing("does not apply", f"does not apply: {entry.get('reason')}")
        if entry is not None and entry.get("beyond") is not None:
            return Missing("not reached", f"not reached within {plain(float(entry['beyond']))}")
        reason = (entry or {}).get("reason") or self.noted.get(column)
        return Missing("missing", str(reason or "missing; no reason is on record"))

    def _maker(self, verb: str) -> str:
        target = self.run.dataset if verb == "transfer" else self.run.cell.id
        return f"`{self.layout.command(verb, target)}`"


Runs = dict[str, list[RunFacts]]
"""The runs of each cell by its id, seed by seed."""


def read_runs(data: ReportData) -> Runs:
    """Every run of the grid; UserError for a file that is not what its manifest lists."""
    noted: dict[str, dict[str, str]] = {}
    for row in data.summary["missing"]:
        noted.setdefault(row["run"], {})[row["column"]] = row["reason"]
    values = _values(data.matrix)
    lost = data.matrix["outcome"] == "diverged"
    diverged = {*data.matrix.loc[lost & data.matrix["cell"].isin(list(data.sources)), "run"]}

    def facts(run: Run) -> RunFacts:
        documents = {verb: _document(data, verb, run) for verb in _FILES}
        scores = [found["entries"] for verb in ("evaluate", "probe") if (found := documents[verb])]
        return RunFacts(
            run=run,
            layout=data.layout,
            file=documents["train"],
            values=values.get(run.id, {}),
            entries={name: entry for of_file in scores for name, entry in of_file.items()},
            missing=tuple(verb for verb, document in documents.items() if document is None),
            attacked=not data.awaits("transfer", f"{run.dataset}-{run.seed}"),
            noted=noted.get(run.id, {}),
            source=data.source(run.cell.id),
            import_diverged=run.id in diverged,
        )

    cells = (cell for dataset in data.datasets for cell in data.cells_on(dataset))
    return {cell.id: [facts(cell.run(seed)) for seed in data.seeds[cell.id]] for cell in cells}


def count_missing(losses: Iterable[Missing]) -> str:
    """Such as `1 diverged, 2 not reached`, in one order everywhere."""
    counts = Counter(lost.kind for lost in losses)
    return ", ".join(f"{counts[kind]} {kind}" for kind in MISSING_KINDS if counts[kind])


def _values(matrix: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The finite numbers of each run; what a diverged one took is no cost, since it was cut short."""
    costs = matrix[COSTS].where(matrix["outcome"] == "completed")
    numbers = matrix.assign(**costs).set_index("run").select_dtypes("float")
    finite = numbers.replace([math.inf, -math.inf], math.nan)
    return {
        str(run): {str(name): float(value) for name, value in row.dropna().items()}
        for run, row in finite.iterrows()
    }


def _document(data: ReportData, verb: str, run: Run) -> Document | None:
    """What the verb's file says of a run; None if the verb is still to be run."""
    part = data.part(verb, run)
    return None if part is None else dict(part.json(_FILES[verb]))


def run_sections(data: ReportData, found: Runs, dataset: str) -> Fragment:
    """The runs on a dataset, a block each, by architecture and method."""
    blocks = [_cell(data, found, cell) for cell in data.cells_on(dataset)]
    return details(f"Runs on {dataset}", join(blocks))


def _cell(data: ReportData, found: Runs, cell: Cell) -> Fragment:
    heading = Fragment(f'<h4 id="{cell.id}">{cell.dataset} x {cell.place} x {cell.method}</h4>')
    return join([heading, *(_run(data, facts) for facts in found[cell.id])])


def _run(data: ReportData, facts: RunFacts) -> Fragment:
    run = facts.run
    if facts.source:
        content = definitions(_imported(data, run.cell))
    elif facts.file is None:
        content = text("p", f"Not trained yet; run `{data.layout.command('train', run.cell.id)}`.")
    else:
        history = data.history[data.history["run"] == run.id]
        curves = [
            sparkline(title, "generator steps", _logged(history, names), log=log)
            for title, (names, log) in _CURVES.items()
        ]
        resolved = facts.file["reproducible"].get("params", {})
        content = join(
            [
                definitions(_record(facts.file)),
                Fragment(f'<div class="sparks">{join(curves).html}</div>'),
                details("All parameters", definitions(_flat(resolved))),
            ]
        )
    return details(f"Seed {run.seed}: {facts.outcome}", content, run.id)


def _imported(data: ReportData, cell: Cell) -> Iterator[tuple[str, str]]:
    """What is on record of an import."""
    name = data.sources[cell.id]
    stated = data.imports[name]
    yield "imported as", name
    yield "source", stated["source"]
    yield "licence", stated["licence"] or "not on record"
    yield "file", stated["file"]
    yield "its SHA-256", stated["sha256"]


def _logged(history: pd.DataFrame, names: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    return {
        label: list(zip(history["step"].astype(float), history[name].astype(float), strict=True))
        for label, name in names.items()
        if name in history
    }


def _record(file: Document) -> Iterator[tuple[str, str]]:
    """What run.json says, as far as it does."""
    repeated, once = file["reproducible"], file["this_run"]
    yield "steps of G", f"{repeated['generator_steps']:,}"
    if (operations := repeated["operations_per_step"]) is not None:
        yield "operations per step of G", f"{plain(operations)} million multiply-adds"
    yield "wall seconds", plain(once["wall_seconds"])
    yield "processor seconds", plain(once["cpu_seconds"])
    for name in ("generator", "discriminator"):
        yield name, f"{repeated['networks'][name]}, {repeated['parameters'][name]:,} parameters"
    for name in ("data_sha256", "weights_sha256", "code_digest"):
        yield name.replace("_", " ").replace("sha256", "SHA-256"), str(repeated.get(name, "not on record"))
    yield "git revision", str(once.get("revision") or "not on record")
    yield "device", ", ".join(once.get("devices", [])) or "not on record"
    versions = once.get("versions", {})
    yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items()) or "not on record"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of nested parameters, as `method.loss.kind` and their values."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif name:
        yield name, value if isinstance(value, str) else json.dumps(value)


def sparkline(
    title: str, x_label: str, lines: Mapping[str, Sequence[Point]], *, log: bool = False
) -> Fragment:
    """Lines by name over one axis. A value that is not finite, or not positive if `log`, leaves a gap."""
    drawn = {name: _scaled(points, log) for name, points in lines.items()}
    known = [point for points in drawn.values() for point in points if point is not None]
    if not known:
        return Fragment(f"<p>{escape(title)}: no values.</p>")
    (left, right), (bottom, top) = _range(x for x, _ in known), _range(y for _, y in known)

    def place(point: Point) -> str:
        across = MARGIN + (WIDTH - 2 * MARGIN) * (point[0] - left) / (right - left)
        down = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (point[1] - bottom) / (top - bottom)
        return f"{across:.1f},{down:.1f}"

    shapes = "".join(
        f'<polyline class="line-{index}" points="{" ".join(map(place, segment))}"/>'
        for index, points in enumerate(drawn.values())
        for segment in _segments(points)
    )
    ends = ", ".join(f"{name} ends at {_end(points)}" for name, points in lines.items())
    low, high = (plain(10**y if log else y) for y in (bottom, top))
    legend = ", ".join(f"{name} {'dashed' if index else 'solid'}" for index, name in enumerate(lines))
    scale = f"{low} to {high}{', log scale' if log else ''}, over {right:g} {x_label}"
    view = attributes({"viewBox": f"0 0 {WIDTH} {HEIGHT}", "aria-label": f"{title}: {ends}."})
    return Fragment(
        f'<figure class="spark"><svg role="img"{view}>{shapes}</svg>'
        f"<figcaption><b>{escape(title)}</b>: {escape(legend)}; {escape(scale)}</figcaption></figure>"
    )


def _scaled(points: Sequence[Point], log: bool) -> list[Point | None]:
    usable = (math.isfinite(y) and not (log and y <= 0) for _, y in points)
    return [
        (x, math.log10(y) if log else y) if is_usable else None
        for (x, y), is_usable in zip(points, usable, strict=True)
    ]


def _segments(points: Iterable[Point | None]) -> list[list[Point]]:
    segments: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            segments[-1].append(point)
        elif segments[-1]:
            segments.append([])
    return [segment for segment in segments if segment]


def _range(values: Iterable[float]) -> tuple[float, float]:
    known = list(values)
    low, high = min(known), max(known)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _end(points: Sequence[Point]) -> str:
    last = points[-1][1] if points else math.nan
    return plain(last) if math.isfinite(last) else "no finite value"


def seed_data(data: ReportData, found: Runs) -> Fragment:
    """Columns in words; for each dataset the protocols, and for each cell the runs with their values."""
    columns = {c.name: c for dataset in data.datasets for c in data.all_columns(dataset)}
    explained = {
        name: {"title": c.title, "percent": c.measure.percent, "explanation": c.measure.explanation}
        for name, c in columns.items()
    }
    return json_data(
        "measured",
        {"columns": explained, "datasets": {d: _dataset(data, found, d) for d in data.datasets}},
    )


def _dataset(data: ReportData, found: Runs, dataset: str) -> dict[str, Any]:
    names = [c.name for c in data.all_columns(dataset)]
    cells = [cell.id for cell in data.cells_on(dataset)]
    return {
        "protocols": data.summary["protocols"][dataset],
        "cells": {cell: [_seed_values(facts, names) for facts in found[cell]] for cell in cells},
    }


def _seed_values(facts: RunFacts, names: list[str]) -> dict[str, Any]:
    return {
        "run": facts.run.id,
        "seed": facts.run.seed,
        "values": {name: _value(facts, name) for name in names},
    }


def _value(facts: RunFacts, name: str) -> dict[str, Any]:
    if name not in facts.values:
        return {"reason": facts.lost(name).reason}
    value: dict[str, Any] = {"value": _rounded(facts.values[name])}
    spread = facts.entries.get(name, {}).get("std")
    return value if spread is None else value | {"spread": _rounded(spread)}


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
