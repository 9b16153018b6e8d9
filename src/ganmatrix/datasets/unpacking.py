"""Unpacking LSUN's archive: an LMDB must lie on disk as a file to be read.

Only the one file that is meant leaves the archive, under a name that is ours, and after the
archive's checksum was compared. It takes its name when it is whole, so a kill leaves nothing that counts.
"""

import shutil
import zipfile
from pathlib import Path, PurePosixPath

from ganmatrix.datasets import raw
from ganmatrix.datasets.lsun_bedroom import DATABASE, ORIGIN
from ganmatrix.datasets.opening import file_state, state
from ganmatrix.datasets.stream import BadSource
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import LsunBedroom
from ganmatrix.runtime.progress import Progressing
from ganmatrix.store.files import replacing, write_text

MEGABYTE = 1024**2
SPARE = 64 * MEGABYTE
"""Bytes of the disk that stay free."""


def unpack(params: LsunBedroom, root: Path) -> None:
    """Make the database from its archive, where there is an archive and no database yet."""
    target = root / params.folder / DATABASE
    archive = raw.location(root, raw.LSUN_BEDROOM, params.archive)
    if state(target) is not None or state(archive) is None:
        return
    size = file_state(archive, "give the path of a copy").st_size
    with Progressing(f"verify {archive.name}", _megabytes(size), unit="MB") as shown:
        raw.verified(root, raw.LSUN_BEDROOM, params.archive, lambda done: shown.show(_megabytes(done), {}))
    md5 = params.archive.md5 if params.archive else raw.LSUN_BEDROOM.md5
    with raw.zip_archive(archive, raw.LSUN_BEDROOM.unpacked) as (opened, members):
        member = _database(members, archive)
        _check_room(member.file_size, target)
        with (
            replacing(target) as temporary,
            temporary.open("wb") as file,
            raw.open_member(opened, member, archive) as content,
            Progressing(f"unpack {archive.name}", _megabytes(member.file_size), unit="MB") as shown,
        ):
            done = 0
            while piece := raw.take(content, MEGABYTE, archive, exactly=False):
                file.write(piece)
                done += len(piece)
                shown.show(_megabytes(done), {})
            write_text(target.with_name(ORIGIN), f"{md5} {done}\n")


def _database(members: list[zipfile.ZipInfo], archive: Path) -> zipfile.ZipInfo:
    found = [member for member in members if PurePosixPath(member.filename).name == DATABASE]
    if len(found) != 1:
        raise BadSource(f"{archive} holds {len(found)} files {DATABASE}; expected one: fetch it again")
    return found[0]


def _check_room(needed: int, target: Path) -> None:
    """UserError unless the disk has room for the file."""
    folder = target.parent
    while state(folder) is None:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if needed + SPARE > free:
        raise UserError(
            f"{target} needs {needed / 1e9:,.2f} GB, but its disk has {free / 1e9:,.2f} GB free; make room, "
            "or name a folder on another disk under `folder`"
        )


def _megabytes(count: int) -> int:
    return -(-count // MEGABYTE)
