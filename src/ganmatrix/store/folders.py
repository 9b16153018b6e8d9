"""Folders that users name for output: written aside, then renamed."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.store.files import blamed, sync


@contextlib.contextmanager
def new_folder(path: Path, record: str) -> Iterator[Path]:
    """An empty folder beside `path`. It becomes `path` if the block ends without an error.

    UserError, before the block, if there is something at `path` other than an empty folder or what an
    earlier call wrote: files that the JSON file `record` lists under `files`. After an error nothing
    remains. The next call removes what a killed one left.
    """
    path = path.absolute()
    with blamed(path):
        _check(path, record)
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{_plain(path.name)}.????????"):
            shutil.rmtree(leftover, ignore_errors=True)
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        with blamed(path):
            yield aside
            umask = os.umask(0)
            os.umask(umask)
            aside.chmod(0o777 & ~umask)
            for file in aside.iterdir():
                sync(file)
            _check(path, record)
            _exchange(aside, path)
            sync(path.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(aside: Path, path: Path) -> None:
    if not path.exists():
        aside.rename(path)
        return
    former = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        path.rename(former)
        try:
            aside.rename(path)
        except OSError:
            former.rename(path)
            raise
    finally:
        shutil.rmtree(former, ignore_errors=True)


def _plain(name: str) -> str:
    """A name for glob, with its special characters quoted."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _check(path: Path, record: str) -> None:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise UserError(f"{path} is not a folder; give --out the name of a new one")
    if not path.exists():
        return
    inside = {each.name for each in path.iterdir()}
    if inside - _listed(path / record) - {record}:
        raise UserError(f"{path} holds other files; give --out the name of a new folder")


def _listed(record: Path) -> set[str]:
    """The files that a record lists; none if it is no record."""
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        return set(files)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return set()
