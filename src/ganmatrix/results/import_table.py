"""A table of results from elsewhere: its bytes as rows, or one line for each thing that is wrong with it.

A row is one value: dataset, architecture, method, seed, column, value, and perhaps the protocol that it was
measured under. docs/imports.md describes the fields.
"""

import csv
import difflib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import pandas as pd

from ganmatrix.columns import CHECKPOINTS, EXTRACTORS, column, every
from ganmatrix.params.base import NAME_LENGTH, NAME_PATTERN
from ganmatrix.params.imported import Import
from ganmatrix.params.messages import printable, three_nearest, well_formed
from ganmatrix.results.matrix import DIVERGED
from ganmatrix.store import tables

NAMES = ("dataset", "architecture", "method")
NEEDED = (*NAMES, "seed", "column", "value")
FIELDS = (*NEEDED, "protocol")
HEADER = ",".join(FIELDS)

LARGEST = 64 * 1024**2
"""Bytes of a file: a million rows, which is more than any study has."""

LARGEST_SEED = 2**31 - 1

SHOWN = 20
"""The most problems of a file that are named."""

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_NO_VALUE = {"nan", "na", "n/a", "null", "none", "-", "inf", "infinity"}
_OTHER_FORMATS = (b"PK\x03\x04", b"%PDF", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"PAR1", b"\x89PNG")
_LEAVE_OUT = "leave the row out if there is no value"


class Row(NamedTuple):
    """A value, and how it was measured."""

    place: str
    """`line 7`, or `row 7` of Parquet."""
    dataset: str
    architecture: str
    method: str
    seed: int
    column: str
    value: float
    protocol: Mapping[str, Any]


class Bad(Exception):
    """What is wrong with a file as a whole, or with one of its fields."""


@dataclass
class Read:
    """What was read of a file."""

    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def note(self, file: str, problem: str) -> None:
        """Add a line, unless there are very many."""
        if len(self.problems) < SHOWN:
            self.problems.append(f"{file}: {problem}")


def read(name: str, section: Import, data: bytes) -> Read:
    """The rows of an import's file; if there are problems, these are what counts."""
    found = Read()
    try:
        raw = _of_parquet(data) if section.file.endswith(".parquet") else _of_csv(data)
        default = _protocol(section.protocol, name)
        for place, fields in raw:
            if isinstance(fields, str):
                found.note(section.file, f"{place} {fields}")
                continue
            try:
                found.rows.append(_row(place, fields, default))
            except Bad as bad:
                found.note(section.file, f"{place}: {bad}")
    except Bad as bad:
        found.note(section.file, str(bad))
    if not found.rows and not found.problems:
        found.note(section.file, "it has a header, but no rows; add some")
    for problem in _between(found.rows):
        found.note(section.file, problem)
    return found


_Raw = Iterator[tuple[str, Mapping[str, Any] | str]]
"""The fields of a row by name, or what is wrong with it as a whole; its place before it."""


def _of_csv(data: bytes) -> _Raw:
    """The rows of CSV, all fields as text."""
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    header: list[str] = []
    try:
        for fields in reader:
            row, place = [each.strip() for each in fields], f"line {reader.line_num}"
            if not any(row):
                continue
            if not header:
                header = _checked(row, place)
            elif row == header:
                yield place, "is the header again; remove it"
            elif len(row) != len(header):
                yield (
                    place,
                    (
                        f"has {len(row)} fields, the header {len(header)}; write numbers with a point and "
                        'without separators, and put a text with commas in quotes (" inside as "")'
                    ),
                )
            else:
                yield place, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise Bad(f"line {reader.line_num} is no CSV: {error}; save it as CSV again") from None
    if not header:
        raise Bad(f"it is empty; begin with {HEADER}")


def _text(data: bytes) -> str:
    if data.startswith(_OTHER_FORMATS) or b"\0" in data[:4096]:
        raise Bad("it is no CSV file, whatever its name says; save the table as CSV in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Bad(
            f"line {line}: byte 0x{data[error.start]:02x} is no UTF-8; save the file as UTF-8"
        ) from None


def _checked(header: Sequence[str], place: str) -> list[str]:
    """The header; Bad unless it has all fields, each once, and no others."""
    if not set(header) & set(FIELDS):
        for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in "".join(header):
                raise Bad(f"{place}: its fields are separated by {called}; save it with commas, as {HEADER}")
        if {each.lower() for each in header}.isdisjoint(FIELDS):
            raise Bad(f"{place} is no header; begin with {HEADER}")
    for name in header:
        if name not in FIELDS:
            close = difflib.get_close_matches(name.lower(), FIELDS, 1, 0.5)
            mend = f"did you mean {close[0]}?" if close else f"leave it out; expected {HEADER}"
            raise Bad(f"{place}: unknown field {printable(name) or 'without a name'}; {mend}")
        if header.count(name) > 1:
            raise Bad(f"{place}: {name} stands twice; name it once")
    if missing := [name for name in NEEDED if name not in header]:
        raise Bad(f"{place}: the header lacks {', '.join(missing)}; expected {HEADER}")
    return list(header)


def _of_parquet(data: bytes) -> _Raw:
    try:
        table = tables.unpack(data).rows
    except ValueError as error:
        raise Bad(f"it is no Parquet file ({error}); write it again") from None
    _checked([str(name) for name in table.columns], "the schema")
    numeric = pd.api.types.is_numeric_dtype
    for name in table:
        values = table[name]
        is_number = numeric(values) and not pd.api.types.is_bool_dtype(values)
        wanted = {"seed": "whole numbers", "value": "numbers"}.get(str(name), "text")
        if is_number != (wanted != "text") and len(values):
            raise Bad(f"{name} has the type {values.dtype}; expected {wanted}")
    plain = table.astype(object).where(table.notna(), None)
    for number, row in enumerate(plain.to_dict("records"), start=1):
        yield f"row {number}", {str(key): value for key, value in row.items()}


def _row(place: str, fields: Mapping[str, Any], default: Mapping[str, Any]) -> Row:
    dataset, architecture, method = (_name(key, fields[key]) for key in NAMES)
    named = _column(fields["column"])
    stated = fields.get("protocol") or None
    return Row(
        place,
        dataset,
        architecture,
        method,
        _seed(fields["seed"]),
        named,
        _value(named, fields["value"]),
        _protocol(stated) if stated else default,
    )


def _name(key: str, value: Any) -> str:
    if not value:
        raise Bad(f"{key} is empty; name it")
    if not isinstance(value, str):
        raise Bad(f"{key} is {printable(str(value))}; expected text")
    if len(value) > NAME_LENGTH or not re.fullmatch(NAME_PATTERN, value, re.ASCII):
        raise Bad(f"{key} is {printable(value)}; {well_formed(value)}")
    return value


def _seed(value: Any) -> int:
    expected = f"expected a whole number from 0 to {LARGEST_SEED:,}"
    if value is None or value == "":
        raise Bad(f"seed is empty; {expected}")
    if isinstance(value, str):
        known = int(value) if re.fullmatch("[0-9]{1,10}", value, re.ASCII) else None
    else:
        known = int(value) if float(value).is_integer() else None
    if known is None or not 0 <= known <= LARGEST_SEED:
        raise Bad(f"seed is {printable(str(value))}; {expected}")
    return known


@cache
def _known_columns() -> frozenset[str]:
    return frozenset(each.name for each in every(EXTRACTORS, CHECKPOINTS))


def _column(value: Any) -> str:
    if not value:
        raise Bad("column is empty; name one of docs/measures.md")
    if value not in _known_columns():
        text = str(value)
        mend = three_nearest(text.lower()[:100], sorted(_known_columns()))
        raise Bad(f"column is {printable(text)}, which is unknown{mend} docs/measures.md lists all")
    return str(value)


def _value(named: str, value: Any) -> float:
    if value is None or value == "":
        raise Bad(f"value is empty; {_LEAVE_OUT}")
    shown = printable(str(value))
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        if value.lower().lstrip("+-") in _NO_VALUE:
            raise Bad(f"value is {shown}; expected a finite number; {_LEAVE_OUT}")
        if _DECIMAL_COMMA.fullmatch(value):
            raise Bad(f"value is {shown}; write a point for a decimal comma, {value.replace(',', '.')}")
        raise Bad(f"value is {shown}; expected a number such as 12.5, without separators and units")
    number = float(value)
    low, high = column(named).measure.bounds
    if number in (float("inf"), float("-inf")):
        raise Bad(f"value is {shown}; expected a finite number; {_LEAVE_OUT}")
    if named == DIVERGED and number not in (0, 1):
        raise Bad(f"value is {shown}; {DIVERGED} is 1 for a run that diverged, else 0")
    if not low <= number <= high:
        share = (
            f"; it is a share: write {number / 100:g}" if (low, high) == (0, 1) and 1 < number <= 100 else ""
        )
        raise Bad(f"value is {shown}; {named} is from {low:g} to {high:g}{share or '; mend it'}")
    return number


def _protocol(stated: Any, unstated_of: str = "") -> Mapping[str, Any]:
    """A protocol as facts: a mapping as it is, words as one fact, and nothing as unstated, by the import."""
    if not stated:
        return {"protocol": "unstated", "import": unstated_of}
    if isinstance(stated, str):
        if not stated.startswith("{"):
            return {"protocol": stated}
        try:
            stated = json.loads(stated)
        except ValueError as error:
            raise Bad(f"protocol is {printable(stated)}, no JSON object ({error}); mend it") from None
    if not isinstance(stated, Mapping):
        raise Bad(f"protocol is {printable(str(stated))}; expected words, or a JSON object")
    if "modes" in stated and (
        isinstance(stated["modes"], bool) or not isinstance(stated["modes"], int | float)
    ):
        raise Bad(f"protocol says modes {printable(str(stated['modes']))}; expected their number")
    return stated


def _between(rows: Iterable[Row]) -> Iterator[str]:
    """Values that stand twice, and columns of a dataset that were measured in two ways."""
    values: dict[tuple[Any, ...], Row] = {}
    protocols: dict[tuple[str, str], Row] = {}
    for row in rows:
        first = values.setdefault(row[1:6], row)
        if first is not row:
            what = f"{row.column} of {row.dataset}, {row.architecture}, {row.method}, seed {row.seed}"
            other = (
                "" if first.value == row.value else f" is {row.value:g} here, but {first.value:g} there; it"
            )
            yield f"{row.place}: {what}{other} stands in {first.place} already; keep one"
            continue
        measured = protocols.setdefault((row.dataset, row.column), row)
        if measured.protocol != row.protocol:
            yield (
                f"{row.place}: the protocol of {row.column} on {row.dataset} is {_facts(row.protocol)}, but "
                f"{_facts(measured.protocol)} in {measured.place}; one column has one protocol, so give "
                "the dataset of one another name"
            )


def _facts(protocol: Mapping[str, Any]) -> str:
    return printable(json.dumps(protocol, sort_keys=True, ensure_ascii=False))
