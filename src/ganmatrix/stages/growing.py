"""Arrays that grow on disk: what is written can be cut back to what is known to be whole."""

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray


class ShortArray(Exception):
    """A file holds fewer rows than were written, or is gone."""


class GrowingArray:
    """A .npy file of rows of one shape that is appended to."""

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: DTypeLike, rows: int = 0) -> None:
        """Open the file with its first `rows` rows, or a new one. ShortArray if it has fewer."""
        self.path, self.row_shape, self.dtype, self.rows = path, row_shape, np.dtype(dtype), rows
        path.parent.mkdir(parents=True, exist_ok=True)
        if rows and not path.is_file():
            raise ShortArray(f"{path} is gone")
        self._file = path.open("r+b" if rows else "w+b")
        self._write_header()
        self._start = self._file.tell()
        end = self._start + rows * self.dtype.itemsize * int(np.prod(row_shape))
        if self._file.seek(0, os.SEEK_END) < end:
            self._file.close()
            raise ShortArray(f"{path} is shorter than the {rows} rows that were written")
        self._file.truncate(end)
        self._file.seek(end)

    def append(self, rows: NDArray[Any]) -> None:
        """Add rows (n, *row_shape)."""
        if rows.shape[1:] != self.row_shape or rows.dtype != self.dtype:
            raise ValueError(f"rows of {rows.dtype} {rows.shape[1:]} where {self.dtype} {self.row_shape} is")
        self._file.write(np.ascontiguousarray(rows).data)
        self.rows += len(rows)

    def sync(self) -> None:
        """Have everything so far on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """End the file with a header that tells its rows."""
        self._file.seek(0)
        self._write_header()
        self.sync()
        self._file.close()

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
        if not self._file.closed:
            self._file.close()
