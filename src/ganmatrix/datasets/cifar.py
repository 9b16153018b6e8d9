"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary distributions.

A record is one label byte (CIFAR-100: two, coarse and fine; the fine one counts) and 3072 bytes of
pixels: red, green, blue planes of 32x32. Train batches train, the test batch is held out.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ganmatrix.datasets import raw
from ganmatrix.datasets.images import RESIZER
from ganmatrix.datasets.source import BadSample, BadSource, Frame, Sample, Split
from ganmatrix.params.datasets import Cifar10Params, Cifar100Params

SIDE = 32
PIXELS = 3 * SIDE * SIDE


@dataclass(frozen=True)
class CifarLayout:
    """How one of the two distributions is laid out."""

    file: raw.RawFile
    splits: Mapping[str, Split]
    names: str
    label_bytes: int
    title: str


LAYOUTS = {
    "cifar10": CifarLayout(
        raw.CIFAR10,
        {**{f"data_batch_{i}.bin": "train" for i in range(1, 6)}, "test_batch.bin": "held_out"},
        "batches.meta.txt",
        1,
        "CIFAR-10",
    ),
    "cifar100": CifarLayout(
        raw.CIFAR100,
        {"train.bin": "train", "test.bin": "held_out"},
        "fine_label_names.txt",
        2,
        "CIFAR-100",
    ),
}


class Cifar:
    """One of the two, read from its archive."""

    def __init__(self, params: Cifar10Params | Cifar100Params, root: Path) -> None:
        self.layout = LAYOUTS[params.kind]
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.path = raw.verified(root, self.layout.file, params.archive)
        self.identity = params.archive.md5 if params.archive else self.layout.file.md5
        self.origin = f"{self.layout.title} (Krizhevsky 2009), binary version, {self.layout.file.url}"
        self.licence = "none stated; free for research, cite the technical report"
        self.class_names, self._counts = self._survey()

    @property
    def facts(self) -> dict[str, Any]:
        return {"resizer": RESIZER, "split": "the publishers'", "archive_md5": self.identity}

    def __len__(self) -> int:
        return sum(self._counts.values())

    def samples(self, start: int) -> Generator[Sample, None, None]:
        number, width = 0, self.layout.label_bytes + PIXELS
        for name, _, content in raw.tar_members(self.path, self.layout.file.unpacked):
            member = PurePosixPath(name).name
            for row in range(self._counts.get(member, 0)):
                record = raw.take(content, width, self.path)
                if number >= start:
                    yield self._sample(member, row, record)
                number += 1

    def _sample(self, member: str, row: int, record: bytes) -> Sample:
        title, split = f"{self.path}, {member}, image {row}", self.layout.splits[member]
        label = record[self.layout.label_bytes - 1]
        if label >= len(self.class_names):
            problem = BadSample(f"its label is {label}; expected 0 to {len(self.class_names) - 1}")
            return Sample(title, split, 0, problem)
        planes = np.frombuffer(record, np.uint8, offset=self.layout.label_bytes).reshape(3, SIDE, SIDE)
        return Sample(title, split, label, planes.transpose(1, 2, 0))

    def _survey(self) -> tuple[tuple[str, ...], dict[str, int]]:
        """Class names, and the images of each batch in the order of the archive."""
        counts: dict[str, int] = {}
        names: tuple[str, ...] = ()
        width = self.layout.label_bytes + PIXELS
        for name, size, content in raw.tar_members(self.path, self.layout.file.unpacked):
            member = PurePosixPath(name).name
            if member in self.layout.splits:
                if member in counts:
                    raise BadSource(f"{self.path} holds {member} twice; fetch it again")
                if size == 0 or size % width:
                    raise BadSource(
                        f"{self.path}: {member} has {size:,} bytes, no multiple of {width}; fetch it again"
                    )
                counts[member] = size // width
            elif member == self.layout.names:
                names = tuple(
                    raw.take(content, 10_000, self.path, exactly=False).decode("ascii", "replace").split()
                )
        if missing := [member for member in self.layout.splits if member not in counts]:
            raise BadSource(
                f"{self.path} has no {missing[0]}; expected {self.layout.title}'s binary version, as at "
                f"{self.layout.file.url}"
            )
        if not names or len(set(names)) != len(names):
            raise BadSource(
                f"{self.path}: {self.layout.names} is missing, or names a class twice; fetch it again"
            )
        return names, counts
