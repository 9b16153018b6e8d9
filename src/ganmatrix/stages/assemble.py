"""`ganmatrix assemble`: all cells of the grid into the results matrix, with verdicts on the claims."""

from pathlib import Path

import pandas as pd

from ganmatrix.cell import expand
from ganmatrix.params import Params, load
from ganmatrix.results import claims, completeness, latex, matrix, protocols, summary, tracked, transfers
from ganmatrix.results.comparability import beside_ours
from ganmatrix.results.published import published
from ganmatrix.stages.files import write_json, write_text
from ganmatrix.stages.gathering import Gathered, everything
from ganmatrix.stages.layout import Layout, ResultFiles
from ganmatrix.stages.tables import write_table

SHORT = "%.6g"
"""Numbers that are drawn need no more digits."""


def run(params_path: Path, layout: Layout) -> list[Path]:
    """Write `results/`; UserError if an artifact of the grid is missing, corrupt, or made from others."""
    params, _ = load(params_path)
    return write(params, everything(params, layout), layout.results)


def write(params: Params, gathered: Gathered, results: ResultFiles) -> list[Path]:
    """Write matrix, histories, curves, transfers, claims, published numbers, and what DVC draws.

    Everything is computed before the first file is written, so that a contradiction between artifacts,
    a UserError, leaves the previous results untouched.
    """
    records, absent = gathered.records, gathered.absent
    completeness.check(records)
    measured = protocols.collect(records, params.grid.datasets)
    frame = matrix.matrix(records, expand(params))
    curves = matrix.curves(records)
    pairs = transfers.pairs(gathered.tried)
    censored = matrix.with_censored(frame, records)
    unfinished = {each.target for each in absent}
    reasons = {(gap["cell"], gap["column"]): gap["reason"] for gap in summary.missing(records)}
    verdicts = claims.adjudicate(params.claims, censored, measured, unfinished, reasons, params)
    printed = beside_ours(published(), records, censored, measured, params.datasets)
    numbers = summary.summarise(records, censored, curves, pairs, measured, params.claims, absent)
    numbers["published"] = summary.rows(printed)
    histories = matrix.history(records)
    tables = {
        results.matrix: frame,
        results.history: histories,
        results.curves: curves,
        results.transfers: pairs,
        results.claims: verdicts,
        results.published: printed,
    }
    for path, table in tables.items():
        write_table(path, table)
    documents = {results.summary: numbers, results.metrics: tracked.metrics(numbers["groups"], measured)}
    for path, document in documents.items():
        write_json(path, document)
    texts = {
        results.matrix_csv: _csv(frame),
        results.latex: latex.table(censored, measured),
        results.scores_over_steps: _csv(tracked.scores_over_steps(curves), SHORT),
        results.losses_over_steps: _csv(tracked.losses_over_steps(histories, frame), SHORT),
    }
    for path, text in texts.items():
        write_text(path, text)
    return [*tables, *documents, *texts]


def _csv(table: pd.DataFrame, number: str | None = None) -> str:
    """A table as CSV, numbers with all their digits or in the given format."""
    return str(table.to_csv(index=False, lineterminator="\n", float_format=number))
