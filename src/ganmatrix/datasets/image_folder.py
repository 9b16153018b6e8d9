"""A folder of images in folders: the first folder below the root is the class, as torchvision has it.

Deeper folders belong to the class they lie in; images directly in the root, if there are no classes,
are one class. Formats and sizes may be mixed.
"""

import hashlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from ganmatrix.datasets.images import RESIZER
from ganmatrix.datasets.source import (
    BadSource,
    FilesFound,
    Frame,
    OwnSplit,
    Sample,
    Split,
    check_apart,
    check_class_names,
    check_one_split,
    files_below,
    is_folder,
    state,
    summary_of,
)
from ganmatrix.params.datasets import ImageFolderParams

ONLY_CLASS = "all"


class ImageFolder(OwnSplit[ImageFolderParams]):
    """One folder whose images are split at random, or one folder a split."""

    def __init__(self, params: ImageFolderParams, root: Path) -> None:
        self.params = params
        self.frame = Frame(params.resolution, params.channels, params.crop)
        self.folders: dict[Split, Path] = {"train": root / params.train}
        if params.held_out is not None:
            self.folders["held_out"] = root / params.held_out
        _check_apart(self.folders)
        found = {split: _image_files(folder) for split, folder in self.folders.items()}
        check_apart({split: each.files for split, each in found.items()})
        self._files = {
            split: [path.relative_to(self.folders[split]).as_posix() for path in each.files]
            for split, each in found.items()
        }
        self._passed_over = [each for files in found.values() for each in files.passed_over]
        self.class_names = _class_names(self._files, self.folders)
        self.origin = params.source
        self.licence = params.licence

    @property
    def facts(self) -> dict[str, Any]:
        split = "by folder" if self.params.held_out else f"at random, seed {self.params.seed}"
        return {"resizer": RESIZER, "split": split, "passed_over": summary_of(self._passed_over)}

    @property
    def identity(self) -> str:
        hasher = hashlib.sha256()
        for split, files in self._files.items():
            for file in files:
                state = _state(self.folders[split] / file)
                hasher.update(f"{split}/{file}\0{state}\n".encode(errors="surrogateescape"))
        return hasher.hexdigest()

    def __len__(self) -> int:
        return sum(map(len, self._files.values()))

    def samples(self, start: int) -> Generator[Sample, None, None]:
        numbers = {name: i for i, name in enumerate(self.class_names)}
        rows = ((split, file) for split, files in self._files.items() for file in files)
        for i, (split, file) in enumerate(rows):
            if i < start:
                continue
            member = self.member(split, i)
            path = self.folders[split] / file
            yield Sample(str(path), member, numbers[_class_of(file)], path)

    @property
    def place(self) -> Path:
        return self.folders["train"]


def _class_of(file: str) -> str:
    return file.split("/", 1)[0] if "/" in file else ONLY_CLASS


def _state(path: Path) -> str:
    """Size and time of a file; a link that leads nowhere has none, and is met again when it is read."""
    try:
        found = path.stat()
    except OSError as error:
        return str(error.strerror)
    return f"{found.st_size} {found.st_mtime_ns}"


def _check_apart(folders: dict[Split, Path]) -> None:
    """BadSource if images of one split would be found in the other."""
    if len(folders) < 2:
        return
    train, held_out = (Path(os.path.realpath(folder)) for folder in folders.values())
    if train.is_relative_to(held_out) or held_out.is_relative_to(train):
        raise BadSource(
            f"{folders['train']} and {folders['held_out']}: one folder holds the other, so images would "
            "be in both splits; separate them"
        )


def _image_files(folder: Path) -> FilesFound:
    """All files below the folder, each once. BadSource for one file in two classes, or for several splits."""
    if not is_folder(folder):
        what = "does not exist" if state(folder) is None else "is no folder"
        raise BadSource(f"{folder} {what}; expected a folder of images, one folder a class")
    found = files_below(folder)
    if not found.files:
        raise BadSource(f"{folder} holds no files; expected images, one folder a class")
    for path, twin in found.twins.items():
        if len({_class_of(each.relative_to(folder).as_posix()) for each in (path, twin)}) > 1:
            raise BadSource(f"{path} is the same file as {twin}, in another class; remove one of them")
    names = {_class_of(path.relative_to(folder).as_posix()) for path in found.files}
    check_one_split(names, folder, "name one folder under `train` and another under `held_out`")
    return found


def _class_names(files: dict[Split, list[str]], folders: dict[Split, Path]) -> tuple[str, ...]:
    names = sorted({_class_of(file) for found in files.values() for file in found})
    check_class_names(names, folders["train"], "rename or merge one of the folders")
    strays = (folders[split] / file for split, found in files.items() for file in found if "/" not in file)
    if len(names) > 1 and (stray := next(strays, None)):
        raise BadSource(f"{stray} lies beside class folders; move it into one of them")
    for split, found in files.items():
        if lost := set(names) - {_class_of(file) for file in found}:
            where = folders[split]
            raise BadSource(
                f"{where} has no images of the class {sorted(lost)[0]!r}, which the other split has; "
                "give both splits the same classes"
            )
    return tuple(names)
