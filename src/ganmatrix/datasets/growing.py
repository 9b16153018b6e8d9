"""Arrays on disk that are appended to, and can be cut back to rows that are known to be whole."""

import math
import os
import zlib
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

PIECE = 1024**2
"""Bytes that are read at a time."""


class DamagedArray(Exception):
    """A file does not hold the rows that were written to it."""


class GrowingArray:
    """A .npy file of rows of one shape that is appended to."""

    def __init__(
        self, path: Path, row_shape: tuple[int, ...], dtype: DTypeLike, rows: int = 0, crc32: int = 0
    ) -> None:
        """Open the file with its first `rows` rows, or a new one.

        DamagedArray if it has fewer, or others than those with that CRC-32.
        """
        self.path, self.row_shape, self.dtype, self.rows = path, row_shape, np.dtype(dtype), rows
        self.crc32 = crc32
        path.parent.mkdir(parents=True, exist_ok=True)
        if rows and not path.is_file():
            raise DamagedArray(f"{path} is gone")
        self._file = path.open("r+b" if rows else "w+b")
        try:
            self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> None:
        self._write_header()
        start = self._file.tell()
        end = start + self.rows * self.dtype.itemsize * math.prod(self.row_shape)
        if self._file.seek(0, os.SEEK_END) < end:
            raise DamagedArray(f"{self.path} is shorter than the {self.rows} rows that were written")
        self._file.truncate(end)
        self._file.seek(start)
        found = 0
        while piece := self._file.read(PIECE):
            found = zlib.crc32(piece, found)
        if found != self.crc32:
            raise DamagedArray(f"{self.path} has other bytes than were written")

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows (n, *row_shape)."""
        if rows.shape[1:] != self.row_shape or rows.dtype != self.dtype:
            raise ValueError(f"rows of {rows.dtype} {rows.shape[1:]} where {self.dtype} {self.row_shape} is")
        data = rows.tobytes()
        self._file.write(data)
        self.crc32 = zlib.crc32(data, self.crc32)
        self.rows += len(rows)

    def sync(self) -> None:
        """Have everything so far on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Have the file's header tell its rows."""
        self._file.seek(0)
        self._write_header()

    def _write_header(self) -> None:
        # numpy leaves room for a longer count, so that the header never grows.
        descr = npy.dtype_to_descr(self.dtype)
        header = {"descr": descr, "fortran_order": False, "shape": (self.rows, *self.row_shape)}
        npy.write_array_header_1_0(self._file, header)

    def __enter__(self) -> "GrowingArray":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
