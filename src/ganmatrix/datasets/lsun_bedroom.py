"""LSUN bedrooms (Yu et al. 2015): three million JPEGs in an LMDB, short side 256.

Keys are read in their order. The published validation set has 300 images, too few to score against, so
a random share of the training set is held out. torchvision's reader is not used: it keeps its list of
keys as a pickle.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ganmatrix.datasets import raw
from ganmatrix.datasets.decoding import LARGEST_FILE
from ganmatrix.datasets.lmdb_file import CutShort, DamagedFile, LmdbEntry, LmdbFile
from ganmatrix.datasets.opening import file_state, reading, state
from ganmatrix.datasets.resizing import RESIZER
from ganmatrix.datasets.stream import BadSample, BadSource, Frame, Sample, Split, held_out_members
from ganmatrix.params.datasets import LsunBedroom as LsunBedroomParams

DATABASE = "data.mdb"
ORIGIN = "archive.md5"
"""Beside the database: the checksum of the archive that it was unpacked from, and its own bytes."""

AGAIN = "remove it, so that it is unpacked again"


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
