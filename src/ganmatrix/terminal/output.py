"""Output of the program, and its exit status.

An output may lack characters, be full, be closed or disappear. None of this prints a traceback or stops work
half-way: standard output and standard error become streams that accept everything. This module imports
nothing slow.
"""

import codecs
import errno
import io
import os
import select
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from ganmatrix.errors import UserError, one_line

LIKENESSES = {
    "\N{DAGGER}": "+",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "\N{HORIZONTAL ELLIPSIS}": "~",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHTWARDS ARROW}": ">",
}
"""Replacements of the same width, so that tables keep their columns."""

_LIKENESS = "ganmatrix.likeness"


@contextmanager
def printing() -> Iterator[None]:
    """Run a command in this block. A UserError ends it with one line and status 2.

    An output that could not be written does so too. An output that nobody reads any more, such as a pipe to
    `head`, is no error.
    """
    out = _guarded("stdout", 1)
    _guarded("stderr", 2)
    stop: SystemExit | None = None
    try:
        yield
    except SystemExit as ended:
        stop = ended
    except UserError as error:
        stop = _complained(str(error))
    except MemoryError:
        stop = _complained("the memory is full; end other programs, or ask for less")
    except OSError as error:  # that nobody has said more of
        where = f"{error.filename}: " if error.filename is not None else ""
        stop = _complained(f"{where}{error.strerror or error}; mend it and run again")
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    if out is not None and out.used and out.refused and not (stop and stop.code):
        stop = _complained(
            f"the output cannot be written: {out.refused}; give it a terminal, or a file with room"
        )
    if stop is not None:
        raise stop


def _complained(problem: str) -> SystemExit:
    """Print the error, and return the exception that ends the program."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.write(f"error: {one_line(problem)}\n")
    return SystemExit(2)


class _Sink(io.FileIO):
    """An open file that accepts everything. After the system refuses a write, nothing more is written."""

    refused = ""
    """Why nothing more can be written; empty while writing works, and if nobody reads the output any more."""
    gone = False
    used = False
    """Whether something was to be written."""

    def write(self, data: object) -> int:
        size = memoryview(data).nbytes  # type: ignore[arg-type]
        self.used = self.used or size > 0
        if self.gone or self.refused:
            return size
        try:
            while (written := super().write(data)) is None:  # type: ignore[arg-type]
                select.select([], [self], [])  # Another program set the terminal to non-blocking.
        except OSError as error:
            self.gone = error.errno == errno.EPIPE
            self.refused = "" if self.gone else error.strerror or str(error)
            return size
        return written


def _guarded(name: str, number: int) -> _Sink | None:
    """Make sys.stdout or sys.stderr accept everything; None if it is no output of the process."""
    stream: TextIO | None = getattr(sys, name)
    if stream is not None and stream is not getattr(sys, f"__{name}__"):
        return None  # Captured, so it belongs to the program that captures it.
    closed = _reserve(number)
    sink = _Sink(number, "w", closefd=False)
    if closed:
        sink.refused = "it is closed"
    unbuffered = False
    if isinstance(stream, io.TextIOWrapper):
        unbuffered = stream.line_buffering or stream.write_through
        with suppress(OSError, ValueError):
            stream.flush()
    text = io.TextIOWrapper(
        io.BufferedWriter(sink),
        encoding="utf-8" if stream is None else stream.encoding,
        errors=_LIKENESS,
        line_buffering=unbuffered or name == "stderr",
    )
    setattr(sys, name, text)
    return sink


def _reserve(number: int) -> bool:
    """Whether that descriptor is closed. Then it is reserved, so that no file opened later gets it."""
    try:
        os.fstat(number)
    except OSError:
        while os.open(os.devnull, os.O_RDWR) < number:
            pass
        return True
    return False


def _likeness(error: UnicodeError) -> tuple[str, int]:
    """The replacement of characters that the output lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_like, error.object[error.start : error.end])), error.end


def _like(character: str) -> str:
    if character in LIKENESSES:
        return LIKENESSES[character]
    if unicodedata.category(character) == "Cs":  # A byte of a file name that is no text.
        return character.encode("unicode_escape").decode("ascii")
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return plain or "?"


codecs.register_error(_LIKENESS, _likeness)
