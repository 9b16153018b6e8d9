"""STL-10 (Coates et al. 2011): 96x96 colour images, most of them without labels.

The binary distribution holds images as three planes of 96x96, each plane column by column, and labels
from 1. Training images are the 100,000 unlabelled ones, as the papers' unconditional models have it, or
the 5,000 labelled ones; the 8,000 test images are held out.
"""

from collections.abc import Generator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ganmatrix.datasets import raw
from ganmatrix.datasets.images import RESIZER
from ganmatrix.datasets.source import BadSample, BadSource, Frame, Sample, Split
from ganmatrix.params.datasets import Stl10Params

SIDE = 96
PIXELS = 3 * SIDE * SIDE
UNLABELLED = "unlabelled"
UNLABELLED_FILE = "unlabeled_X.bin"
MOST_LABELS = 1_000_000


class Stl10:
    """The archive, read as a stream; once more before that, for labels and counts."""

    def __init__(self, params: Stl10Params, root: Path) -> None:
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.path = raw.verified(root, raw.STL10, params.archive)
        self.identity = params.archive.md5 if params.archive else raw.STL10.md5
        self.origin = f"STL-10 (Coates, Lee & Ng 2011), {raw.STL10.url}"
        self.licence = "none stated; images are from ImageNet, for research"
        train = UNLABELLED_FILE if params.train_on == "unlabelled" else "train_X.bin"
        self._splits: dict[str, Split] = {train: "train", "test_X.bin": "held_out"}
        self.class_names, self._labels, self._counts = self._survey()

    @property
    def facts(self) -> dict[str, Any]:
        train = next(iter(self._splits))
        return {
            "resizer": RESIZER,
            "split": f"train: {train}, held out: test_X.bin",
            "archive_md5": self.identity,
        }

    def __len__(self) -> int:
        return sum(self._counts.values())

    def samples(self, start: int) -> Generator[Sample, None, None]:
        number = 0
        for name, _, content in raw.tar_members(self.path, raw.STL10.unpacked):
            member = PurePosixPath(name).name
            for row in range(self._counts.get(member, 0)):
                pixels = raw.take(content, PIXELS, self.path)
                if number >= start:
                    yield self._sample(member, row, pixels)
                number += 1

    def _sample(self, member: str, row: int, pixels: bytes) -> Sample:
        title, split = f"{self.path}, {member}, image {row}", self._splits[member]
        unlabelled = member == UNLABELLED_FILE
        label = (len(self.class_names) if unlabelled else int(self._labels[member][row])) - 1
        if not 0 <= label < len(self.class_names):
            problem = BadSample(f"its label is {label + 1}; expected 1 to {len(self.class_names)}")
            return Sample(title, split, 0, problem)
        planes = np.frombuffer(pixels, np.uint8).reshape(3, SIDE, SIDE)
        return Sample(title, split, label, planes.transpose(2, 1, 0))

    def _survey(self) -> tuple[tuple[str, ...], dict[str, bytes], dict[str, int]]:
        """Class names, labels by image file, and images a file in the order of the archive."""
        counts: dict[str, int] = {}
        labels: dict[str, bytes] = {}
        names: tuple[str, ...] = ()
        for name, size, content in raw.tar_members(self.path, raw.STL10.unpacked):
            member = PurePosixPath(name).name
            if member in self._splits:
                if member in counts:
                    raise BadSource(f"{self.path} holds {member} twice; fetch it again")
                if size == 0 or size % PIXELS:
                    raise BadSource(
                        f"{self.path}: {member} has {size:,} bytes, no multiple of {PIXELS}; fetch it again"
                    )
                counts[member] = size // PIXELS
            elif member.endswith("_y.bin") and size <= MOST_LABELS:
                labels[member.replace("_y", "_X")] = raw.take(content, size, self.path)
            elif member == "class_names.txt":
                names = tuple(
                    raw.take(content, 10_000, self.path, exactly=False).decode("ascii", "replace").split()
                )
        for member in self._splits:
            if member not in counts:
                raise BadSource(
                    f"{self.path} has no {member}; expected the binary version, as at {raw.STL10.url}"
                )
            have, want = len(labels.get(member, b"")), counts[member]
            if member != UNLABELLED_FILE and have != want:
                raise BadSource(
                    f"{self.path}: {have} labels for the {want} images of {member}; fetch it again"
                )
        if not names or len(set(names)) != len(names):
            raise BadSource(
                f"{self.path}: class_names.txt is missing, or names a class twice; fetch it again"
            )
        if UNLABELLED_FILE in self._splits:
            names = (*names, UNLABELLED)
        return names, labels, counts
