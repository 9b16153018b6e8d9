"""LSUN bedrooms (Yu et al. 2015): three million JPEGs in an LMDB, short side 256.

Keys are read in their order. The published validation set has 300 images, too few to score against, so
a random share of the training set is held out. torchvision's reader is not used: it keeps its list of
keys as a pickle.

An LMDB must lie on disk as a file to be read. Only the one file that is meant leaves the archive, under a
name that is ours, and after the archive's checksum was compared. It takes its name when it is whole, so a
kill leaves nothing that counts.
"""

import zipfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from ganmatrix.datasets import raw
from ganmatrix.datasets.images import LARGEST_FILE, RESIZER
from ganmatrix.datasets.lmdb_file import CutShort, DamagedFile, LmdbEntry, LmdbFile
from ganmatrix.datasets.source import (
    BadSample,
    BadSource,
    Frame,
    Sample,
    Split,
    file_state,
    held_out_members,
    reading,
    state,
)
from ganmatrix.params.datasets import LsunBedroomParams
from ganmatrix.runtime.progress import Progressing
from ganmatrix.store.files import check_room, replacing, write_text

DATABASE = "data.mdb"
ORIGIN = "archive.md5"
"""Beside the database: the checksum of the archive that it was unpacked from, and its own bytes."""

AGAIN = "remove it, so that it is unpacked again"

MEGABYTE = 1024**2
"""Bytes of the disk that stay free."""


class LsunBedroom:
    """The unpacked LMDB."""

    def __init__(self, params: LsunBedroomParams, root: Path) -> None:
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.folder = root / params.folder
        self.origin = f"LSUN bedroom, training set (Yu et al. 2015), {raw.LSUN_BEDROOM.url}"
        self.licence = "none stated; for research"
        self.class_names = ("bedroom",)
        with self._opened() as database:
            self._count = database.entries
            self.identity = f"{database.size} {database.modified_ns}"
        self._held_out = held_out_members(
            self._count, params.held_out_share, params.seed, self.folder / DATABASE
        )
        self._split = f"{params.held_out_share} held out at random, seed {params.seed}"

    @property
    def facts(self) -> dict[str, Any]:
        return {"resizer": RESIZER, "split": self._split, "archive_md5": self._archive_md5()}

    def _archive_md5(self) -> str | None:
        """The checksum of the archive, None for a database that was not unpacked from a verified one."""
        try:
            md5, size = (self.folder / ORIGIN).read_text(encoding="ascii").split()
            unpacked = int(size) == (self.folder / DATABASE).stat().st_size
        except (OSError, ValueError):
            return None
        return md5 if unpacked else None

    def __len__(self) -> int:
        return self._count

    def samples(self, start: int) -> Generator[Sample, None, None]:
        with self._opened() as database:
            for number, entry in enumerate(database.walk(start), start):
                yield self._sample(number, entry, database)

    def _sample(self, number: int, entry: LmdbEntry, database: LmdbFile) -> Sample:
        name = f"{self.folder / DATABASE}, key {entry.key.decode('ascii', 'backslashreplace')}"
        split: Split = "held_out" if self._held_out[number] else "train"
        if entry.size > LARGEST_FILE:
            problem = BadSample(f"it has {entry.size:,} bytes; at most {LARGEST_FILE:,} are read")
            return Sample(name, split, 0, problem)
        return Sample(name, split, 0, database.value(entry) or BadSample("it is empty"))

    @contextmanager
    def _opened(self) -> Iterator[LmdbFile]:
        """The database. BadSource if it is none, is shorter than it says, or cannot be read."""
        path = self.folder / DATABASE
        if state(path) is None:
            raise BadSource(f"{path} is missing, and so is its archive; {raw.mend(raw.LSUN_BEDROOM)}")
        file_state(path, AGAIN)
        try:
            with reading(path), LmdbFile(path) as database:
                yield database
        except CutShort as error:
            raise BadSource(f"{path} is cut short, {error}; {AGAIN}") from None
        except DamagedFile as error:
            raise BadSource(f"{path} is no sound LMDB ({error}); {AGAIN}") from None


def unpack(params: LsunBedroomParams, root: Path) -> None:
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
        check_room(member.file_size, target, "make room, or name a folder on another disk under `folder`")
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


def _megabytes(count: int) -> int:
    return -(-count // MEGABYTE)
