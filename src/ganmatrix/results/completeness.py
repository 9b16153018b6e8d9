"""Every cell of a dataset has the same columns: a number that is missing says so with a null."""

from collections.abc import Sequence

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import Record

_VERBS = {"metrics": "evaluate", "probes": "probe"}


def check(records: Sequence[Record]) -> None:
    """UserError for the first cell whose metrics.json or probes.json lacks another's columns."""
    for artifact, verb in _VERBS.items():
        made = [(record.cell, scores.entries) for record in records if (scores := getattr(record, artifact))]
        first_cells: dict[str, dict[str, str]] = {}
        for cell, entries in made:
            known = first_cells.setdefault(cell.dataset, {})
            for column in entries:
                known.setdefault(column, cell.id)
        for cell, entries in made:
            known = first_cells[cell.dataset]
            missing = [column for column in known if column not in entries]
            if missing:
                raise UserError(_incomplete(artifact, verb, cell.id, missing, known[missing[0]]))


def _incomplete(artifact: str, verb: str, cell: str, missing: list[str], other: str) -> str:
    return (
        f"{artifact}.json of {cell} lacks {', '.join(missing)}, which {other} has; run "
        f"`ganmatrix {verb} {cell}` and `ganmatrix {verb} {other}` again"
    )
