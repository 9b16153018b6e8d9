"""LSUN bedrooms (Yu et al. 2015): three million JPEGs in an LMDB, short side 256.

Keys are read in their order. The published validation set has 300 images, too few to score against, so
a random share of the training set is held out. torchvision's reader is not used: it keeps its list of
keys as a pickle.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from ganmatrix.datasets import raw
from ganmatrix.datasets.resizing import RESIZER
from ganmatrix.datasets.stream import BadSample, BadSource, Frame, Sample, Split, held_out_members
from ganmatrix.params.datasets import LsunBedroom as LsunBedroomParams


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
        self._held_out = held_out_members(self._count, params.held_out_share, params.seed)
        state = (self.folder / "data.mdb").stat()
        self.identity = f"{state.st_size} {state.st_mtime_ns}"
        self._split = f"{params.held_out_share} held out at random, seed {params.seed}"

    @property
    def facts(self) -> dict[str, Any]:
        return {"resizer": RESIZER, "split": self._split}

    def __len__(self) -> int:
        return self._count

    def samples(self, start: int) -> Iterator[Sample]:
        with self._transaction() as transaction, transaction.cursor() as cursor:
            for number, (key, value) in enumerate(cursor):
                if number >= start:
                    name = f"{self.folder}, key {key.decode('ascii', 'backslashreplace')}"
                    split: Split = "held_out" if self._held_out[number] else "train"
                    yield Sample(name, split, 0, value or BadSample("it is empty"))

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """A look at the database. BadSource if it is none, or shorter than it says."""
        path = self.folder / "data.mdb"
        if not path.is_file():
            raise BadSource(
                f"{path} is missing; `dvc pull data/raw/{raw.LSUN_BEDROOM.name}` fetches its archive"
            )
        try:
            with lmdb.open(
                str(self.folder), readonly=True, lock=False, readahead=False, meminit=False
            ) as env:
                # Reading a page that the file does not have would kill the process.
                needed = (env.info()["last_pgno"] + 1) * env.stat()["psize"]
                if path.stat().st_size < needed:
                    raise BadSource(
                        f"{path} is cut short: it has {path.stat().st_size:,} of {needed:,} bytes; unpack it again"
                    )
                with env.begin(buffers=False) as transaction:
                    yield transaction
        except lmdb.Error as error:
            raise BadSource(f"{path} is no sound LMDB ({error}); unpack it again") from None
