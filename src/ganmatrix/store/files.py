"""Writing files in one step, and reporting what was written."""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ganmatrix.errors import UserError

SPARE = 64 * 1024**2
"""Bytes of a disk that stay free."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`. It replaces `path` if the block ends without an error.

    A reader sees the old file or the complete new one, never a part. After an error nothing remains. The next
    write removes what a killed write left behind.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is not a plain file; name another")
    with blamed(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.????????"):
            leftover.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with blamed(path):
            yield temporary
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def blamed(path: Path) -> Iterator[None]:
    """UserError with the path if the system refuses to write."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; mend it and run again") from None


def sync(path: Path) -> None:
    """Force a file, or the names in a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write text in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def as_json(value: Any) -> str:
    """A value as JSON; equal values give equal text. NaN is refused, because JSON has none: use null."""
    return json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write JSON in one step."""
    write_text(path, as_json(value))


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def describe(paths: Iterable[Path]) -> str:
    """`wrote a (1.2 kB), b (3.4 MB)`: the last line of a verb."""
    return "wrote " + ", ".join(f"{path} ({size(path.stat().st_size)})" for path in paths)


def check_room(needed: int, path: Path, mend: str) -> None:
    """UserError, ending in `mend`, unless the disk of that path has room for so many bytes and some more."""
    folder = path
    while not folder.is_dir():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise UserError(f"{path} needs {size(needed)}, but its disk has {size(free)} free; {mend}")


def size(count: float) -> str:
    """A number of bytes for people, such as `4.1 kB`."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
