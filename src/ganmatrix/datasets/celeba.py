"""CelebA (Liu et al. 2015): aligned and cropped faces, 178x218, with the publishers' partition.

Images of partition 0 train, those of partition 2 are held out; partition 1, theirs for validation, is left
out. The usual centre crop is 178 pixels, as torch-mimicry has it.
"""

import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

from ganmatrix.datasets import raw
from ganmatrix.datasets.images import LARGEST_FILE, RESIZER
from ganmatrix.datasets.source import (
    BadSample,
    BadSource,
    Frame,
    PassedOver,
    Sample,
    Split,
    file_state,
    first_line,
    reading,
    refused,
    summary_of,
)
from ganmatrix.errors import unreadable
from ganmatrix.params.datasets import CelebAParams

FOLDER = "img_align_celeba"
SPLITS: dict[str, Split | None] = {"0": "train", "1": None, "2": "held_out"}


class CelebA:
    """The zip archive of images, and the list of the partition beside it."""

    def __init__(self, params: CelebAParams, root: Path) -> None:
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.path = raw.verified(root, raw.CELEBA_IMAGES, params.archive)
        partition = raw.verified(root, raw.CELEBA_PARTITION, params.partition)
        md5s = [
            copy.md5 if copy else file.md5
            for file, copy in ((raw.CELEBA_IMAGES, params.archive), (raw.CELEBA_PARTITION, params.partition))
        ]
        self.identity = " ".join(md5s)
        self.origin = (
            "CelebA (Liu et al. 2015), aligned and cropped, mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
        )
        self.licence = "non-commercial research only"
        self.class_names = ("face",)
        self._rows, self._passed_over = _partition(partition)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "resizer": RESIZER,
            "split": "partition 0 and 2",
            "archive_md5": self.identity,
            "passed_over": summary_of(self._passed_over),
        }

    def __len__(self) -> int:
        return len(self._rows)

    def samples(self, start: int) -> Generator[Sample, None, None]:
        with raw.zip_archive(self.path, raw.CELEBA_IMAGES.unpacked) as (archive, found):
            members = {member.filename: member for member in found}
            if len(members) < len(found):
                raise BadSource(f"{self.path} holds a file twice; fetch it again")
            for name, split in self._rows[start:]:
                content = _content(archive, members.get(f"{FOLDER}/{name}"), self.path)
                yield Sample(f"{self.path}, {name}", split, 0, content)


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo | None, path: Path) -> bytes | BadSample:
    if member is None:
        return BadSample("the partition names it, the archive does not hold it")
    if member.file_size > LARGEST_FILE:
        return BadSample(f"it claims {member.file_size:,} bytes; at most {LARGEST_FILE:,} are read")
    try:
        return archive.read(member)
    except Exception as error:  # decoders of hostile bytes raise what they like
        if isinstance(error, OSError) and refused(error):
            raise BadSource(unreadable(path, error)) from None
        return BadSample(f"its bytes are damaged ({first_line(error)})")


def _partition(path: Path) -> tuple[list[tuple[str, Split]], list[PassedOver]]:
    """The names of the images of either split, in the order of the list, and the others."""
    rows: list[tuple[str, Split]] = []
    others: list[PassedOver] = []
    seen: set[str] = set()
    if (size := file_state(path, "fetch it again").st_size) > raw.LARGEST_LIST:
        raise BadSource(f"{path} has {size:,} bytes; expected a list of at most {raw.LARGEST_LIST:,}")
    try:
        with reading(path):
            lines = path.read_text(encoding="ascii").splitlines()
    except UnicodeDecodeError as error:
        raise BadSource(f"{path} is no list of images ({first_line(error)}); fetch it again") from None
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if len(fields) != 2 or fields[1] not in SPLITS:
            raise BadSource(f"{path}, line {number}: {line[:40]!r}; expected an image's name and 0, 1 or 2")
        if fields[0] in seen:
            raise BadSource(f"{path}, line {number}: {fields[0]} stands twice; remove one of the two")
        seen.add(fields[0])
        if (split := SPLITS[fields[1]]) is not None:
            rows.append((fields[0], split))
        else:
            others.append(
                PassedOver(fields[0], "partition 1", "of partition 1, the publishers' for validation")
            )
    if not rows:
        raise BadSource(f"{path} names no images of partition 0 or 2; expected the publishers' list")
    return rows, others
