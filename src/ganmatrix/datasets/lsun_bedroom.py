"""LSUN bedrooms (Yu et al. 2015): three million JPEGs in an LMDB, short side 256.

Keys are read in their order. The published validation set has 300 images, too few to score against, so
a random share of the training set is held out. torchvision's reader is not used: it keeps its list of
keys as a pickle.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import lmdb

from ganmatrix.datasets import raw
from ganmatrix.datasets.resizing import RESIZER
from ganmatrix.datasets.stream import BadSample, BadSource, Frame, Sample, Split, held_out_members
from ganmatrix.params.datasets import LsunBedroom as LsunBedroomParams

DATABASE = "data.mdb"
ORIGIN = "archive.md5"
"""Beside the database: the checksum of the archive that it was unpacked from, and its own bytes."""

MAPPED = 64 * 1024**2
"""Bytes of the file that are looked at before it is opened anew."""
PAGE = 4096
AGAIN = "remove it, so that it is unpacked again"


class LsunBedroom:
    """The unpacked LMDB."""

    def __init__(self, params: LsunBedroomParams, root: Path) -> None:
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.folder = root / params.folder
        self.origin = f"LSUN bedroom, training set (Yu et al. 2015), {raw.LSUN_BEDROOM.url}"
        self.licence = "none stated; for research"
        self.class_names = ("bedroom",)
        with self._transaction() as transaction:
            self._count = int(transaction.stat()["entries"])
        self._held_out = held_out_members(
            self._count, params.held_out_share, params.seed, self.folder / DATABASE
        )
        state = (self.folder / DATABASE).stat()
        self.identity = f"{state.st_size} {state.st_mtime_ns}"
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
        number, key = start, self._key(start)
        while key is not None:
            # Pages that were read count as this process's memory until the file is closed.
            with self._transaction() as transaction, transaction.cursor() as cursor:
                size, more = 0, cursor.set_key(key)
                while more and size < MAPPED:
                    value = cursor.value()
                    yield self._sample(number, cursor.key(), value)
                    number, size = number + 1, size + max(len(value), PAGE)
                    more = cursor.next()
                key = cursor.key() if more else None

    def _key(self, number: int) -> bytes | None:
        """The key of that number; values are not touched on the way."""
        with self._transaction() as transaction, transaction.cursor() as cursor:
            return next(islice(cursor.iternext(values=False), number, None), None)

    def _sample(self, number: int, key: bytes, value: bytes) -> Sample:
        name = f"{self.folder / 'data.mdb'}, key {key.decode('ascii', 'backslashreplace')}"
        split: Split = "held_out" if self._held_out[number] else "train"
        return Sample(name, split, 0, value or BadSample("it is empty"))

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """A look at the database. BadSource if it is none, or shorter than it says."""
        path = self.folder / DATABASE
        if not path.is_file():
            raise BadSource(f"{path} is missing, and so is its archive; {raw.mend(raw.LSUN_BEDROOM)}")
        try:
            with lmdb.open(
                str(self.folder), readonly=True, lock=False, readahead=False, meminit=False
            ) as env:
                # Reading a page that the file does not have would kill the process.
                needed = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
                if (size := path.stat().st_size) < needed:
                    raise BadSource(f"{path} is cut short, {size:,} of {needed:,} bytes; {AGAIN}")
                with env.begin(buffers=False) as transaction:
                    yield transaction
        except lmdb.Error as error:
            raise BadSource(f"{path} is no sound LMDB ({error}); {AGAIN}") from None
