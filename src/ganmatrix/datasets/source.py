"""What a dataset is made from: arrays that fit into memory, or samples that are read one after the other.

Also how files and folders that a user names are looked at: what the system refuses is said, with what to
do. A file that cannot be read is not called damaged, for then it would be deleted.
"""

import os
import re
import stat
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ganmatrix.errors import UserError, unreadable
from ganmatrix.params.datasets import DatasetSection, OwnImages

Modality = Literal["points", "images"]

Split = Literal["train", "held_out"]

Params = TypeVar("Params", bound=OwnImages)


@dataclass(frozen=True)
class Prepared:
    """A dataset, ready to be written.

    Images are uint8 (N, C, H, W) in [0, 255]; points are float32 (N, 2) within [-1, 1] or so.
    Labels are int64 (N,): a class, a mode, or the photograph that a crop was cut from.
    """

    modality: Modality
    train: NDArray[Any]
    train_labels: NDArray[np.int64]
    held_out: NDArray[Any]
    held_out_labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    licence: str
    facts: dict[str, Any]
    """What else belongs on the card: mode centres, crop counts, the resizer."""


class Sample(NamedTuple):
    """One image as its source has it."""

    name: str
    """Where it lies, for people: `train.parquet, row 17`."""
    split: Split
    label: int
    image: "bytes | NDArray[np.uint8] | Path | BadSample"
    """The bytes of an image file, its path, pixels (H, W) or (H, W, 3), or what is wrong with it."""


class BadSample(Exception):
    """A sample that cannot be used, and why; the message completes `<name>: `."""


class BadSource(UserError):
    """A source that cannot be read at all."""


@dataclass(frozen=True)
class Frame:
    """What every image of a dataset is brought to."""

    side: int
    """Pixels; images are square."""
    channels: Literal[1, 3]
    crop: int | None = None
    """Side of the centre crop before resizing, pixels; None for the largest centred square."""


class Source(Protocol):
    """A dataset on disk. Reading it again gives the same samples in the same order."""

    @property
    def frame(self) -> Frame:
        """What its images become."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the labels count, from 0."""

    @property
    def origin(self) -> str:
        """Where the data come from, for the card."""

    @property
    def licence(self) -> str:
        """A note on their licence, for the card."""

    @property
    def facts(self) -> dict[str, Any]:
        """What else belongs on the card: checksums of archives, the rule of the split."""

    @property
    def identity(self) -> str:
        """A digest that changes when the files do: work in progress is then begun anew."""

    def __len__(self) -> int:
        """Samples in all, bad ones included."""

    def samples(self, start: int) -> Generator[Sample, None, None]:
        """All samples from number `start` on, in order. BadSource if the rest cannot be read."""


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def check_class_names(names: Iterable[str], where: Path, mend: str) -> None:
    """BadSource if two names are one but for case, or for how Unicode spells a letter."""
    known: dict[str, str] = {}
    for name in names:
        alike = unicodedata.normalize("NFC", name).casefold()
        if alike in known:
            raise BadSource(
                f"{where}: the classes {known[alike]!r} and {name!r} have one name but for the way it is "
                f"written; {mend}"
            )
        known[alike] = name


def held_out_members(count: int, share: float, seed: int, where: Path) -> NDArray[np.bool_]:
    """Which of `count` samples are held out: a random share of them, at least one on either side."""
    if count < 2:
        raise BadSource(f"{where} holds {count} images; a training and a held-out set need at least 2")
    chosen = min(max(round(count * share), 1), count - 1)
    members = np.zeros(count, dtype=bool)
    members[np.random.default_rng(seed).permutation(count)[:chosen]] = True
    return members


class OwnSplit(ABC, Generic[Params]):
    """A source of a user's own images, numbered from 0."""

    params: Params

    @abstractmethod
    def __len__(self) -> int:
        """Images in all."""

    @property
    @abstractmethod
    def place(self) -> Path:
        """What an error about the whole names."""

    def member(self, split: Split, number: int) -> Split:
        """Which split an image belongs to that was found among those of `split`."""
        if self._held_out is None:
            return split
        return "held_out" if self._held_out[number] else "train"

    @cached_property
    def _held_out(self) -> NDArray[np.bool_] | None:
        if self.params.held_out is not None:
            return None
        return held_out_members(len(self), self.params.held_out_share, self.params.seed, self.place)


def open_source(params: DatasetSection, root: Path) -> Prepared | Source:
    """The dataset that the params describe; relative paths count from `root`."""
    return params.load()(params, root) if params.is_streamed else params.load()(params)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """BadSource for whatever the system refuses within the block."""
    try:
        yield
    except OSError as error:
        raise BadSource(unreadable(path, error)) from None


def refused(error: OSError) -> bool:
    """Whether the system refused; libraries raise OSError of damaged content, too, and with no number."""
    return error.errno is not None


def state(path: Path) -> os.stat_result | None:
    """What is known of a path; None if nothing is there. BadSource if that cannot be told."""
    with reading(path):
        try:
            return path.stat()
        except (FileNotFoundError, ValueError):  # a name with a NUL is nobody's
            return None


def file_state(path: Path, mend: str) -> os.stat_result:
    """What is known of a file. BadSource if it is missing, with the mend, or no file: a pipe has no end."""
    if (found := state(path)) is None:
        raise BadSource(f"{path} is missing; {mend}")
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe or device"
        raise BadSource(f"{path} is {what}; expected a file")
    return found


def is_file(path: Path) -> bool:
    """Whether a file is there. BadSource if that cannot be told."""
    return (found := state(path)) is not None and stat.S_ISREG(found.st_mode)


def is_folder(path: Path) -> bool:
    """Whether a folder is there. BadSource if that cannot be told."""
    return (found := state(path)) is not None and stat.S_ISDIR(found.st_mode)


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, in the order of the names. BadSource if it cannot be listed."""
    with reading(folder):
        return sorted(folder.iterdir())


_SPLIT_NAME = re.compile(r"(train|training|test|testing|valid|validation|val|dev)([-_.].*)?", re.IGNORECASE)


class PassedOver(NamedTuple):
    """A file or an image that is not read, or not used."""

    name: str
    reason: str
    """Which kind of reason it is; what is passed over is counted by it."""
    why: str


class FilesFound(NamedTuple):
    """The files that a user's folder or pattern names, and those of them that are not read."""

    files: list[Path]
    """Each file of the system once, in the order of their names."""
    twins: dict[Path, Path]
    """Further paths of these files, each with the path that is read."""
    hidden: list[Path]
    """Files and folders whose name begins with a dot."""

    others: Sequence[Path] = ()
    """Files whose name is that of another format."""

    @property
    def passed_over(self) -> list[PassedOver]:
        return [
            *(
                PassedOver(str(path), "same file", f"the same file as {twin}")
                for path, twin in self.twins.items()
            ),
            *(PassedOver(str(path), "hidden", "hidden") for path in self.hidden),
            *(PassedOver(str(path), "another format", "of another format") for path in self.others),
        ]


def files_below(folder: Path) -> FilesFound:
    """All files below a folder, each once. BadSource for a loop of links, or what cannot be read."""
    found: list[Path] = []
    hidden: list[Path] = []
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True, onerror=_unreadable):
        if (real := os.path.realpath(place)) in seen:
            raise BadSource(f"{place} is a link to a folder that was read already; remove the link")
        seen.add(real)
        hidden += [Path(place, name) for name in (*folders, *files) if name.startswith(".")]
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if not name.startswith(".")]
    return distinct(sorted(found, key=lambda path: path.parts))._replace(hidden=hidden)


def distinct(paths: Iterable[Path]) -> FilesFound:
    """Each file once, whatever links lead to it: the first path in the given order stands for it."""
    first: dict[tuple[int, int], Path] = {}
    found = FilesFound([], {}, [])
    for path in paths:
        known = state(path)
        # A link that leads nowhere is met again when it is read.
        twin = path if known is None else first.setdefault((known.st_dev, known.st_ino), path)
        if twin is path:
            found.files.append(path)
        else:
            found.twins[path] = twin
    return found


FIRST_NAMED = 20
"""What is passed over for a reason and named on the card; all is counted."""


def summary_of(passed_over: Iterable[PassedOver]) -> dict[str, Any]:
    """For the card: how much is passed over, for which reasons, and the first names of each."""
    by_reason: dict[str, list[PassedOver]] = {}
    for each in sorted(passed_over):
        by_reason.setdefault(each.reason, []).append(each)
    first = [each for found in by_reason.values() for each in found[:FIRST_NAMED]]
    return {
        "count": sum(map(len, by_reason.values())),
        "reasons": {reason: len(found) for reason, found in sorted(by_reason.items())},
        "first": [[each.name, each.why] for each in sorted(first)],
    }


def with_more(summary: Mapping[str, Any], named: Sequence[PassedOver], count: int) -> dict[str, Any]:
    """A summary, and `count` more that are passed over for one reason; the first of them are named."""
    return {
        "count": summary["count"] + count,
        "reasons": summary["reasons"] | {named[0].reason: count},
        "first": [*summary["first"], *summary_of(named)["first"]],
    }


def check_one_split(names: Iterable[str], where: Path, mend: str) -> None:
    """BadSource if the names are those of several splits, such as `train-0` and `test-0`."""
    splits = sorted({match[1].lower() for name in names if (match := _SPLIT_NAME.fullmatch(name))})
    if len(splits) > 1:
        raise BadSource(f"{where} has the splits {' and '.join(splits)}, which would become one set; {mend}")


def check_apart(found: Mapping[Split, Iterable[Path]]) -> None:
    """BadSource if a file of one split is also one of the other, by whatever path."""
    owner: dict[tuple[int, int], tuple[Split, Path]] = {}
    for split, paths in found.items():
        for path in paths:
            if (known := state(path)) is None:
                continue
            other, twin = owner.setdefault((known.st_dev, known.st_ino), (split, path))
            if other != split:
                named = str(path) if path == twin else f"{path}, the same file as {twin},"
                raise BadSource(f"{named} is in both splits; give each its own files")


def _unreadable(error: OSError) -> None:
    raise BadSource(unreadable(error.filename, error))
