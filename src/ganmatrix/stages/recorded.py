"""Reading results back: from a folder, or from DVC's cache as a git revision recorded them."""

import tempfile
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.results.assembled import NEEDED, Assembled
from ganmatrix.stages.files import read_json
from ganmatrix.stages.layout import Layout, ResultFiles
from ganmatrix.stages.tables import read_table

_MAKER = "assemble"


def read(place: str) -> Assembled:
    """The results at `place`: a results folder, a folder that has one, or else a git revision.

    A revision's files come from DVC's cache (or its remote); the workspace stays as it is.
    UserError if they are not there, corrupt, or of a version that recorded less.
    """
    folder = Path(place)
    if folder.is_dir():
        inner = Layout(folder).results
        return _read(inner if inner.folder.is_dir() else ResultFiles(folder), place)
    with tempfile.TemporaryDirectory(prefix="ganmatrix-") as copies:
        files = ResultFiles(Path(copies))
        _fetch(place, files)
        return _read(files, place)


def _read(files: ResultFiles, place: str) -> Assembled:
    matrix, _ = read_table(files.matrix, _MAKER)
    claims, _ = read_table(files.claims, _MAKER)
    summary = read_json(files.summary, _MAKER)
    keys = summary if isinstance(summary, dict) else {}
    for name, found in (("matrix", matrix), ("claims", claims), ("summary", keys)):
        if missing := [key for key in NEEDED[name] if key not in found]:
            raise UserError(
                f"{place}: its {name} has no {missing[0]}; another version of ganmatrix assembled it, "
                "so assemble it again"
            )
    return Assembled(matrix, claims, summary)


def _fetch(revision: str, files: ResultFiles) -> None:
    """Copy the three files that are compared out of DVC's cache."""
    from dvc.api import DVCFileSystem
    from dvc.scm import SCMError

    recorded = Layout().results
    copies = {
        recorded.matrix: files.matrix,
        recorded.claims: files.claims,
        recorded.summary: files.summary,
    }
    try:
        source = DVCFileSystem(rev=revision)
        known = all("md5" in source.info(str(path)) for path in copies)
    except SCMError:
        raise UserError(f"{revision} is neither a folder nor a git revision here") from None
    except FileNotFoundError:
        known = False
    if not known:
        raise UserError(f"{revision} records no results: there is no dvc.lock, or it names none")
    for path, copy in copies.items():
        try:
            copy.write_bytes(source.read_bytes(str(path)))
        except FileNotFoundError:
            raise UserError(
                f"{path} of {revision} is not in DVC's cache; `dvc fetch` it where a remote has it, or check "
                "the revision out and run `make results`"
            ) from None
