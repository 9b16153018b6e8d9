"""Looking at the files and folders that a user names: what the system refuses is said, with what to do.

A file that cannot be read is not called damaged, for then it would be deleted.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ganmatrix.datasets.stream import BadSource
from ganmatrix.errors import unreadable


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """BadSource for whatever the system refuses within the block."""
    try:
        yield
    except OSError as error:
        raise BadSource(unreadable(path, error)) from None


def refused(error: OSError) -> bool:
    """Whether the system refused; libraries raise OSError of damaged content, too, and with no number."""
    return error.errno is not None


def state(path: Path) -> os.stat_result | None:
    """What is known of a path; None if nothing is there. BadSource if that cannot be told."""
    with reading(path):
        try:
            return path.stat()
        except (FileNotFoundError, ValueError):  # a name with a NUL is nobody's
            return None


def file_state(path: Path, mend: str) -> os.stat_result:
    """What is known of a file. BadSource if it is missing, with the mend, or no file: a pipe has no end."""
    if (found := state(path)) is None:
        raise BadSource(f"{path} is missing; {mend}")
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
        raise BadSource(f"{path} is {what}; expected a file")
    return found


def is_file(path: Path) -> bool:
    """Whether a file is there. BadSource if that cannot be told."""
    return (found := state(path)) is not None and stat.S_ISREG(found.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder is there. BadSource if that cannot be told."""
    return (found := state(path)) is not None and stat.S_ISDIR(found.st_mode)


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, in the order of the names. BadSource if it cannot be listed."""
    with reading(folder):
        return sorted(folder.iterdir())
