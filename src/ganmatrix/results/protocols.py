"""How each column was measured: under one protocol on a dataset, whoever made the runs."""

from collections.abc import Iterable, Sequence
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import Protocols, Record
from ganmatrix.results.imported import Imported
from ganmatrix.results.matrix import COSTS

_ABSENT = "absent"


def collect_protocols(records: Sequence[Record | Imported], datasets: Iterable[str]) -> Protocols:
    """The protocol of every column on every dataset; empty where no run could be measured.

    Datasets may differ from one another, in the number of real samples for instance. Within a
    dataset two protocols for one column are a UserError that names both runs and the field. A null
    entry was not measured under any.
    """
    protocols: Protocols = {dataset: {} for dataset in datasets}
    first_runs: dict[tuple[str, str], Record | Imported] = {}
    for record in records:
        dataset = record.run.dataset
        columns = protocols.setdefault(dataset, {})
        for column, entry in record.entries.items():
            columns.setdefault(column, {})
            if entry["value"] is None:
                continue
            first = first_runs.setdefault((dataset, column), record)
            if first is record:
                columns[column] = entry["protocol"]
            elif columns[column] != entry["protocol"]:
                raise UserError(_conflict(column, first, columns[column], record, entry["protocol"]))
    return protocols


def by_datasets(protocols: Protocols) -> dict[tuple[str, ...], list[str]]:
    """The columns, and costs, that the same datasets have, by these datasets."""
    found: dict[tuple[str, ...], list[str]] = {}
    for column in dict.fromkeys(name for columns in (*protocols.values(), COSTS) for name in columns):
        datasets = tuple(name for name, columns in protocols.items() if column in (*columns, *COSTS))
        found.setdefault(datasets, []).append(column)
    return found


def _conflict(
    column: str,
    first: Record | Imported,
    one: dict[str, Any],
    second: Record | Imported,
    other: dict[str, Any],
) -> str:
    runs = [each.run.id if isinstance(each, Record) else each.label for each in (first, second)]
    if isinstance(first, Record) and isinstance(second, Record):
        mend = "evaluate and probe both again"
    else:
        mend = (
            "state in the import the protocol that is the same, or, if they were measured in different ways, "
            "give its dataset another name"
        )
    if "unstated" in (one.get("protocol"), other.get("protocol")):
        unstated, beside = runs if one.get("protocol") == "unstated" else runs[::-1]
        return f"{column} of {unstated} has no protocol, and so cannot stand beside {beside}; {mend}"
    field = next(
        key for key in sorted(one.keys() | other.keys()) if one.get(key, _ABSENT) != other.get(key, _ABSENT)
    )
    return (
        f"{column} was measured under two protocols: {field} is {one.get(field, _ABSENT)} in {runs[0]} "
        f"but {other.get(field, _ABSENT)} in {runs[1]}; {mend}"
    )
