"""Images that are read one after the other, because all of them would not fit into memory."""

import unicodedata
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import DatasetSection

Split = Literal["train", "held_out"]


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


def open_source(params: DatasetSection, root: Path) -> Prepared | Source:
    """The dataset that the params describe; relative paths count from `root`."""
    return params.load()(params, root) if params.is_streamed else params.load()(params)
