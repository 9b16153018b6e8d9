"""Every run of a dataset has the same columns: a number that is missing says so with a null."""

from collections.abc import Sequence

from ganmatrix.cell import Run
from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import Record
from ganmatrix.store.layout import Layout

_VERBS = {"metrics": "evaluate", "probes": "probe"}


def check(records: Sequence[Record], layout: Layout) -> None:
    """UserError for the first run whose metrics.json or probes.json lacks another's columns."""
    for artifact, verb in _VERBS.items():
        made = [(record.run, scores.entries) for record in records if (scores := getattr(record, artifact))]
        first_runs: dict[str, dict[str, Run]] = {}
        for run, entries in made:
            known = first_runs.setdefault(run.dataset, {})
            for column in entries:
                known.setdefault(column, run)
        for run, entries in made:
            known = first_runs[run.dataset]
            missing = [column for column in known if column not in entries]
            if missing:
                other = known[missing[0]]
                commands = dict.fromkeys(f"`{layout.command(verb, each.cell.id)}`" for each in (run, other))
                raise UserError(
                    f"{artifact}.json of {run.id} lacks {', '.join(missing)}, which {other.id} has; run "
                    f"{' and '.join(commands)} again"
                )
