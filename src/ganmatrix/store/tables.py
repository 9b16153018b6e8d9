"""Tables as Parquet. The bytes depend only on the values. A header says what they are."""

import io
import json
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

HEADER = b"ganmatrix"


class Table(NamedTuple):
    """A table and its header; the header is None if there is none."""

    rows: pd.DataFrame
    header: Any


def pack(table: pd.DataFrame, header: dict[str, Any] | None = None) -> bytes:
    """The file's bytes, without pandas's own metadata."""
    return pack_arrow(pa.Table.from_pandas(table, preserve_index=False), header)


def pack_arrow(table: pa.Table, header: dict[str, Any] | None = None) -> bytes:
    """The file's bytes of an Arrow table."""
    text = None if header is None else {HEADER: json.dumps(header, sort_keys=True, allow_nan=False)}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(text), buffer)
    return buffer.getvalue()


def unpack(data: bytes) -> Table:
    """The table in these bytes; ValueError if there is none."""
    try:
        content = pq.read_table(pa.BufferReader(data))
        header = json.loads((content.schema.metadata or {}).get(HEADER, b"null"))
    except (OSError, pa.ArrowException) as error:
        raise ValueError(str(error).splitlines()[0]) from None
    return Table(content.to_pandas(), header)
