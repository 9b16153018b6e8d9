"""Reading `data/<dataset>/`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from ganmatrix.stages.files import corrupt, read_json, require
from ganmatrix.stages.layout import DataFiles


class Modes(BaseModel):
    """The Gaussians that points were drawn from."""

    centres: list[tuple[float, float]]
    std: float


class Card(BaseModel):
    """What other stages read of `card.json`; it says more to people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dataset: str
    modality: Literal["points", "images"]
    shape: tuple[int, ...]
    counts: dict[Literal["train", "held_out"], int]
    mean: list[float]
    std: list[float]
    sha256: dict[str, str]
    modes: Modes | None = None
    """None where points have no modes, and then it says so."""
    digits: Literal[1, 3] | None = None
    """Channels that show a digit each, in the order of the label's decimal places."""


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset on disk."""

    card: Card
    files: DataFiles

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.card.shape

    @property
    def is_image(self) -> bool:
        return self.card.modality == "images"

    @property
    def digest(self) -> str:
        """SHA-256 over the arrays' checksums on the card: what identifies the data."""
        joined = "".join(self.card.sha256[name] for name in sorted(self.files.arrays))
        return hashlib.sha256(joined.encode()).hexdigest()

    def samples(self, split: Literal["train", "held_out"]) -> NDArray[Any]:
        """The samples of a split, memory-mapped; UserError unless the file is what the card says."""
        return self._array(split, (self.card.counts[split], *self.shape))

    def labels(self, split: Literal["train", "held_out"]) -> NDArray[np.int64]:
        """The labels (n,) of a split, memory-mapped; the same check."""
        return self._array(f"{split}_labels", (self.card.counts[split],))

    def _array(self, name: str, expected: tuple[int, ...]) -> NDArray[Any]:
        path = self.files.arrays[name]
        maker = f"prepare {self.card.dataset}"
        require(path, maker)
        if file_digest(path) != self.card.sha256[name]:
            raise corrupt(path, "its checksum is not the card's", maker)
        try:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise corrupt(path, str(error), maker) from None
        if array.shape != expected:
            raise corrupt(path, f"its shape is {array.shape}, the card says {expected}", maker)
        return array


def open_data(files: DataFiles) -> Prepared:
    """The dataset in that folder; UserError if its card is missing or corrupt."""
    maker = f"prepare {files.folder.name}"
    content = read_json(files.card, maker)
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the card"
        raise corrupt(files.card, f"{key}: {first['msg']}", maker) from None
    if missing := files.arrays.keys() - card.sha256.keys():
        raise corrupt(files.card, f"it has no checksum of {', '.join(sorted(missing))}", maker)
    if card.modality == "points" and "modes" not in card.model_fields_set:
        raise corrupt(files.card, "it does not say which modes the points have", maker)
    return Prepared(card, files)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
