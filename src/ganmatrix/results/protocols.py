"""One column, one protocol: numbers measured in different ways never share a column."""

from collections.abc import Sequence
from typing import Any

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import Record

_ABSENT = "absent"

Protocols = dict[str, dict[str, dict[str, Any]]]
"""Dataset -> column -> protocol."""


def collect(records: Sequence[Record]) -> Protocols:
    """The protocol of every column on every dataset.

    Datasets may differ from one another, in the number of real samples for instance. Within a
    dataset two protocols for one column are a UserError that names both cells and the field.
    """
    protocols: Protocols = {}
    first_cell: dict[tuple[str, str], str] = {}
    for record in records:
        columns = protocols.setdefault(record.cell.dataset, {})
        for column, entry in record.entries.items():
            known = columns.setdefault(column, entry.protocol)
            first = first_cell.setdefault((record.cell.dataset, column), record.cell.id)
            if known != entry.protocol:
                raise UserError(_conflict(column, first, known, record.cell.id, entry.protocol))
    return protocols


def _conflict(column: str, cell: str, one: dict[str, Any], other_cell: str, other: dict[str, Any]) -> str:
    field = next(
        key for key in sorted(one.keys() | other.keys()) if one.get(key, _ABSENT) != other.get(key, _ABSENT)
    )
    return (
        f"{column} was measured under two protocols: {field} is {one.get(field, _ABSENT)} in {cell} "
        f"but {other.get(field, _ABSENT)} in {other_cell}; evaluate and probe both again"
    )
