"""One column, one protocol: numbers measured in different ways never share a column."""

from collections.abc import Iterable, Sequence
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import Record
from ganmatrix.results.matrix import COSTS

_ABSENT = "absent"

Protocols = dict[str, dict[str, dict[str, Any]]]
"""Dataset -> column -> protocol."""


def collect(records: Sequence[Record], datasets: Iterable[str]) -> Protocols:
    """The protocol of every column on every dataset; empty where no run could be measured.

    Datasets may differ from one another, in the number of real samples for instance. Within a
    dataset two protocols for one column are a UserError that names both runs and the field. A null
    entry was not measured under any.
    """
    protocols: Protocols = {dataset: {} for dataset in datasets}
    first_runs: dict[tuple[str, str], str] = {}
    for record in records:
        dataset = record.run.dataset
        columns = protocols[dataset]
        for column, entry in record.entries.items():
            columns.setdefault(column, {})
            if entry.value is None:
                continue
            first_run = first_runs.setdefault((dataset, column), record.run.id)
            if first_run == record.run.id:
                columns[column] = entry.protocol
            elif columns[column] != entry.protocol:
                raise UserError(_conflict(column, first_run, columns[column], record.run.id, entry.protocol))
    return protocols


def by_datasets(protocols: Protocols) -> dict[tuple[str, ...], list[str]]:
    """The columns, and costs, that the same datasets have, by these datasets."""
    found: dict[tuple[str, ...], list[str]] = {}
    for column in dict.fromkeys(name for columns in (*protocols.values(), COSTS) for name in columns):
        datasets = tuple(name for name, columns in protocols.items() if column in (*columns, *COSTS))
        found.setdefault(datasets, []).append(column)
    return found


def _conflict(column: str, run: str, one: dict[str, Any], other_run: str, other: dict[str, Any]) -> str:
    field = next(
        key for key in sorted(one.keys() | other.keys()) if one.get(key, _ABSENT) != other.get(key, _ABSENT)
    )
    return (
        f"{column} was measured under two protocols: {field} is {one.get(field, _ABSENT)} in {run} "
        f"but {other.get(field, _ABSENT)} in {other_run}; evaluate and probe both again"
    )
