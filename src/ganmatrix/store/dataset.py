"""A prepared dataset: its card and its arrays."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    model_validator,
)

from ganmatrix.store.layout import CARD
from ganmatrix.store.opening import Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARRAYS = ("train", "train_labels", "held_out", "held_out_labels")
"""The arrays of a dataset: `<name>.npy` beside the card."""

Split = Literal["train", "held_out"]


class Modes(BaseModel):
    """The Gaussians that points were drawn from."""

    centres: list[tuple[FiniteFloat, FiniteFloat]]
    std: FiniteFloat


class Copies(BaseModel):
    """Held-out images with the pixels of a training image."""

    left_out: NonNegativeInt


class Card(BaseModel):
    """The part of `card.json` that other stages read. The card says more, for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    dataset: str
    modality: Literal["points", "images"]
    shape: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
    counts: dict[Split, PositiveInt]
    mean: list[FiniteFloat]
    std: list[FiniteFloat]
    modes: Modes | None
    """None if samples have no modes."""
    copies: Copies | None = None
    """None if the splits were not compared, because the dataset is not read from files."""
    digits: Literal[1, 3] | None = None
    """Channels that show a digit each, in the order of the label's decimal places."""

    @model_validator(mode="after")
    def _fits(self) -> "Card":
        if len(self.mean) != self.shape[0] or len(self.std) != self.shape[0]:
            raise ValueError("mean and std must have a value for each of the first dimension of shape")
        return self


@dataclass(frozen=True)
class PreparedData:
    """A prepared dataset on disk."""

    card: Card
    part: Part

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return self.card.shape

    @property
    def is_image(self) -> bool:
        return self.card.modality == "images"

    @property
    def digest(self) -> str:
        """SHA-256 over the arrays' checksums. It identifies the data."""
        return self.part.entry.digest(f"{name}.npy" for name in ARRAYS)

    def samples(self, split: Split) -> "NDArray[Any]":
        """The samples (n, *shape) of a split, memory-mapped."""
        return self._array(split, (self.card.counts[split], *self.shape))

    def labels(self, split: Split) -> "NDArray[np.int64]":
        """The labels (n,) of a split, memory-mapped."""
        return self._array(f"{split}_labels", (self.card.counts[split],))

    def _array(self, name: str, expected: tuple[int, ...]) -> "NDArray[Any]":
        array = self.part.array(f"{name}.npy")
        if array.shape != expected:
            raise self.part.damaged(f"{name}.npy", f"its shape is {array.shape}, the card says {expected}")
        return array


def open_dataset(part: Part) -> PreparedData:
    """The dataset of a part of `prepare`; UserError if its card is damaged."""
    return PreparedData(part.parsed(CARD, _card), part)


def _card(text: bytes) -> Card:
    try:
        return Card.model_validate({"modes": None} | json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "the card"
        raise ValueError(f"{key}: {first['msg']}") from None
