"""Tables as Parquet: bytes that depend on the values alone, and a header that says what they are."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ganmatrix.stages.files import corrupt, replacing, require

HEADER = b"ganmatrix"


def write_table(path: Path, table: pd.DataFrame, header: dict[str, Any] | None = None) -> None:
    """Write a table, without pandas's own metadata."""
    content = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(
        None if header is None else {HEADER: json.dumps(header, sort_keys=True, allow_nan=False)}
    )
    with replacing(path) as temporary:
        pq.write_table(content, temporary)


def read_table(path: Path, maker: str) -> tuple[pd.DataFrame, Any]:
    """The table that the stage `maker` wrote, with its header; UserError if missing or corrupt."""
    require(path, maker)
    try:
        content = pq.read_table(path, partitioning=None)
        header = json.loads((content.schema.metadata or {}).get(HEADER, b"null"))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise corrupt(path, str(error).splitlines()[0], maker) from None
    return content.to_pandas(), header
