"""Reading and writing artifacts: atomically, and with one clear line when something is wrong."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ganmatrix.errors import NotMade, UserError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well.

    A reader sees the old file or the whole new one, never a part; on an error nothing remains, and
    what a killed write left behind goes with the next.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.????????"):
            leftover.unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}; mend the folder and run again"
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}; mend it and run again") from None
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write text in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write JSON in one step; NaN is refused, because JSON has none: say null."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path, maker: str) -> Any:
    """Read JSON that the stage `maker` wrote; NotMade if it is missing, UserError if it is corrupt."""
    require(path, maker)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise corrupt(path, str(error), maker) from None


def require(path: Path, maker: str) -> None:
    """NotMade unless the artifact of the stage `maker` is there."""
    if not path.is_file():
        raise NotMade(f"{path} is missing; run `ganmatrix {maker}` or `snakemake --cores` first")


def corrupt(path: Path, why: str, maker: str) -> UserError:
    """The error for a damaged artifact of the stage `maker`."""
    return UserError(f"{path} is corrupt ({why}); delete it and run `ganmatrix {maker}` again")


def describe(paths: list[Path]) -> str:
    """`wrote a (1.2 kB), b (3.4 MB)`: what a stage says when it ends."""
    return "wrote " + ", ".join(f"{path} ({_size(path.stat().st_size)})" for path in paths)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
