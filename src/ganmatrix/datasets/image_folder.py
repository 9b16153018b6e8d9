"""A folder of images in folders: the first folder below the root is the class, as torchvision has it.

Deeper folders belong to the class they lie in; images directly in the root, if there are no classes,
are one class. Formats and sizes may be mixed.
"""

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.resizing import RESIZER
from ganmatrix.datasets.stream import BadSource, Frame, Sample, Split, held_out_members
from ganmatrix.params.datasets import ImageFolder as ImageFolderParams

ONLY_CLASS = "all"


class ImageFolder:
    """One folder whose images are split at random, or one folder a split."""

    def __init__(self, params: ImageFolderParams, root: Path) -> None:
        self.params = params
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.folders: dict[Split, Path] = {"train": root / params.train}
        if params.held_out is not None:
            self.folders["held_out"] = root / params.held_out
        self._files = {split: _image_files(folder) for split, folder in self.folders.items()}
        self.class_names = _class_names(self._files, self.folders)
        self.origin = params.source
        self.licence = params.licence

    @property
    def facts(self) -> dict[str, Any]:
        split = "by folder" if self.params.held_out else f"at random, seed {self.params.seed}"
        return {"resizer": RESIZER, "split": split}

    @property
    def identity(self) -> str:
        hasher = hashlib.sha256()
        for split, files in self._files.items():
            for file in files:
                state = (self.folders[split] / file).stat()
                hasher.update(f"{split}/{file}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
        return hasher.hexdigest()

    def __len__(self) -> int:
        return sum(map(len, self._files.values()))

    def samples(self, start: int) -> Iterator[Sample]:
        numbers = {name: i for i, name in enumerate(self.class_names)}
        rows = ((split, file) for split, files in self._files.items() for file in files)
        for i, (split, file) in enumerate(rows):
            if i < start:
                continue
            member = self._member(split, i)
            path = self.folders[split] / file
            yield Sample(str(path), member, numbers[_class_of(file)], path)

    def _member(self, split: Split, number: int) -> Split:
        if self._held_out is None:
            return split
        return "held_out" if self._held_out[number] else "train"

    @cached_property
    def _held_out(self) -> NDArray[np.bool_] | None:
        if self.params.held_out is not None:
            return None
        return held_out_members(len(self), self.params.held_out_share, self.params.seed)


def _class_of(file: PurePosixPath) -> str:
    return file.parts[0] if len(file.parts) > 1 else ONLY_CLASS


def _image_files(folder: Path) -> list[PurePosixPath]:
    """All files below the folder but hidden ones, in the order of their names."""
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise BadSource(f"{folder} {what}; expected a folder of images, one folder a class")
    found, seen = [], set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=_unreadable):
        if (real := os.path.realpath(place)) in seen:
            raise BadSource(f"{place} is a link to a folder that was read already; remove the link")
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        relative = PurePosixPath(Path(place).relative_to(folder).as_posix())
        found += [relative / name for name in files if not name.startswith(".")]
    if not found:
        raise BadSource(f"{folder} holds no files; expected images, one folder a class")
    return sorted(found)


def _unreadable(error: OSError) -> None:
    raise BadSource(f"{error.filename} cannot be read: {error.strerror}")


def _class_names(files: dict[Split, list[PurePosixPath]], folders: dict[Split, Path]) -> tuple[str, ...]:
    names = sorted({_class_of(file) for found in files.values() for file in found})
    known: dict[str, str] = {}
    for name in names:
        alike = unicodedata.normalize("NFC", name).casefold()
        if alike in known:
            raise BadSource(
                f"{folders['train']}: the classes {known[alike]!r} and {name!r} have one name but for the "
                "way it is written; rename or merge one of the folders"
            )
        known[alike] = name
    if len(names) > 1 and any(len(file.parts) == 1 for found in files.values() for file in found):
        stray = next(file for found in files.values() for file in found if len(file.parts) == 1)
        raise BadSource(
            f"{folders['train']}: {stray} lies beside the class folders; move it into one of them"
        )
    for split, found in files.items():
        if lost := set(names) - {_class_of(file) for file in found}:
            where = folders[split]
            raise BadSource(
                f"{where} has no folder of the class {sorted(lost)[0]!r}, which the other split has"
            )
    return tuple(names)
