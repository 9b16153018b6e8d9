"""Reading results from a folder, or those of a git revision from DVC's cache."""

import tempfile
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.results.artifacts import NEEDED, Assembled
from ganmatrix.store.layout import Layout
from ganmatrix.store.opening import part

_TABLES = ("matrix.parquet", "claims.parquet")
_SUMMARY = "summary.json"


def read(place: str) -> Assembled:
    """The results at `place`: a results folder, a folder that has one, or else a git revision.

    A revision's files come from DVC's cache (or its remote). The workspace does not change.
    UserError if files are missing, damaged, or from a version that recorded less.
    """
    folder = Path(place)
    if folder.is_dir():
        inside = folder.name == "results" and not (folder / "results").is_dir()
        root = folder.parent if inside else folder
        # The params file of another folder is not known here.
        return read_in(Layout(root, None if root.resolve() == Path.cwd() else Path("FILE")))
    with tempfile.TemporaryDirectory(prefix="ganmatrix-") as copies:
        _fetch(place, Layout(Path(copies)))
        return read_in(Layout(Path(copies)))


def read_in(layout: Layout) -> Assembled:
    """The results of a working folder."""
    found = part(layout, "assemble")
    matrix, claims = (found.table(name).rows for name in _TABLES)
    summary = found.json(_SUMMARY)
    keys = summary if isinstance(summary, dict) else {}
    for name, content in (("matrix", matrix), ("claims", claims), ("summary", keys)):
        if missing := [key for key in NEEDED[name] if key not in content]:
            raise UserError(
                f"{found.folder}: its {name} has no {missing[0]}; another version of ganmatrix assembled it, "
                f"so run `{found.command}` again"
            )
    return Assembled(matrix, claims, summary)


def _fetch(revision: str, copies: Layout) -> None:
    """Copy the manifest and the three files that are compared out of DVC's cache."""
    from dvc.api import DVCFileSystem
    from dvc.scm import SCMError

    recorded = Layout()
    wanted = {recorded.manifest("assemble"): copies.manifest("assemble")}
    for name in (*_TABLES, _SUMMARY):
        wanted[recorded.folder("assemble") / name] = copies.folder("assemble") / name
    copies.folder("assemble").mkdir()
    try:
        source = DVCFileSystem(rev=revision)
        known = all("md5" in source.info(str(path)) for path in wanted)
    except SCMError:
        raise UserError(f"{revision} is neither a folder nor a git revision here") from None
    except FileNotFoundError:
        known = False
    if not known:
        raise UserError(f"{revision} records no results: there is no dvc.lock, or it names none")
    for path, copy in wanted.items():
        try:
            copy.write_bytes(source.read_bytes(str(path)))
        except FileNotFoundError:
            raise UserError(
                f"{path} of {revision} is not in DVC's cache; `dvc fetch` it where a remote has it, or check "
                "the revision out and run `make results`"
            ) from None
