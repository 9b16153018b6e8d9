"""Reading the files of `imports`, for `assemble` and for `check`."""

import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganmatrix.errors import UserError, unreadable
from ganmatrix.params import Params
from ganmatrix.params.imported import FOLDER, Import
from ganmatrix.results import import_runs
from ganmatrix.results.import_table import LARGEST, Row, read
from ganmatrix.results.imported import Imported
from ganmatrix.store.files import size


@dataclass
class Imports:
    """The runs of all imports, and all that is wrong with them, one line each."""

    runs: list[Imported] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each import's file."""
    problems: list[str] = field(default_factory=list)


def opened(params: Params) -> Imports:
    """Everything that `imports` names. Nothing is made of files with problems."""
    found = Imports()
    rows: dict[str, Sequence[Row]] = {}
    for name, section in params.imports.items():
        try:
            data = _bytes(name, section)
        except UserError as error:
            found.problems.append(str(error))
            continue
        found.digests[name] = hashlib.sha256(data).hexdigest()
        if problem := _mistrusted(name, section, found.digests[name]):
            found.problems.append(problem)
            continue
        table = read(name, section, data)
        found.problems += table.problems
        rows[name] = table.rows
    found.runs = import_runs.imported(rows, params)
    if not found.problems:
        found.problems += import_runs.problems(found.runs, params)
    return found


def trusted(params: Params) -> Imports:
    """The same; UserError for the first problem."""
    found = opened(params)
    if found.problems:
        more = len(found.problems) - 1
        raise UserError(
            found.problems[0] + (f" (and {more} more; the verb `check` names all)" if more else "")
        )
    return found


def _bytes(name: str, section: Import) -> bytes:
    path = Path(section.file)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UserError(f"imports.{name}.file is {path}, which is no file; mend the path")
        if (length := path.stat().st_size) > LARGEST:
            raise UserError(f"{path} has {size(length)}; expected at most {size(LARGEST)}: import fewer rows")
        return path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"imports.{name}.file is {path}, which does not exist; mend the path") from None
    except OSError as error:
        raise UserError(unreadable(path, error)) from None


def _mistrusted(name: str, section: Import, digest: str) -> str | None:
    """A line if the file is not the one that params.yaml vouches for, or nobody would see that it changes."""
    if section.sha256 is None:
        if section.is_watched:
            return None
        return (
            f"imports.{name}.sha256 is missing; add `sha256: '{digest}'`, or move {section.file} below "
            f"{FOLDER}/, where both engines see that it changes"
        )
    if section.sha256 != digest:
        return (
            f"imports.{name}.sha256 is not that of {section.file}, {digest}; if the file is the right one, "
            "write this"
        )
    return None
