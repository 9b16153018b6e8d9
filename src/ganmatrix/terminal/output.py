"""The way out of the program: all that it prints, and its status.

An output may lack characters, be full, be closed or go away. None of that shows a traceback or stops work
half-way: standard output and standard error become streams that take everything. Imports nothing slow.
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

from ganmatrix.errors import UserError

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
"""As wide as what they stand for, so that tables keep their columns."""

_LIKENESS = "ganmatrix.likeness"


@contextmanager
def printing() -> Iterator[None]:
    """Run a command in this block. A UserError ends it in one line and status 2.

    So does an output that could not be written. One that nobody reads any more, such as a pipe to
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


def one_line(text: str) -> str:
    """A text in one line that shows what it holds: line ends are blanks, what cannot be seen is escaped."""
    joined = " ".join(text.split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in joined)


def _complained(problem: str) -> SystemExit:
    """Say what is wrong; the end of a program that did."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.write(f"error: {one_line(problem)}\n")
    return SystemExit(2)


class _Sink(io.FileIO):
    """An open file that takes everything. Once the system refuses it, nothing more is written."""

    refused = ""
    """Why nothing more can be written, unless nobody reads it any more."""
    gone = False
    used = False
    """Whether anything was to be written."""

    def write(self, data: object) -> int:
        size = memoryview(data).nbytes  # type: ignore[arg-type]
        self.used = self.used or size > 0
        if self.gone or self.refused:
            return size
        try:
            while (written := super().write(data)) is None:  # type: ignore[arg-type]
                select.select([], [self], [])  # another program made the terminal not wait
        except OSError as error:
            self.gone = error.errno == errno.EPIPE
            self.refused = "" if self.gone else error.strerror or str(error)
            return size
        return written


def _guarded(name: str, number: int) -> _Sink | None:
    """Have sys.stdout or sys.stderr take everything; None if it is no output of the process."""
    stream: TextIO | None = getattr(sys, name)
    if stream is not None and stream is not getattr(sys, f"__{name}__"):
        return None  # captured by someone, who is to have it
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
    """Whether that descriptor is closed; it is then reserved, lest the next file that is opened gets it."""
    try:
        os.fstat(number)
    except OSError:
        while os.open(os.devnull, os.O_RDWR) < number:
            pass
        return True
    return False


def _likeness(error: UnicodeError) -> tuple[str, int]:
    """What is printed for characters that the output lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_like, error.object[error.start : error.end])), error.end


def _like(character: str) -> str:
    if character in LIKENESSES:
        return LIKENESSES[character]
    if unicodedata.category(character) == "Cs":  # a byte of a file name that is no text
        return character.encode("unicode_escape").decode("ascii")
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return plain or "?"


codecs.register_error(_LIKENESS, _likeness)
