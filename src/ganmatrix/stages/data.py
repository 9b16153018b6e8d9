"""Reading `data/<dataset>/`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganmatrix.errors import UserError
from ganmatrix.stages.files import read_json, require
from ganmatrix.stages.layout import DataFiles


@dataclass(frozen=True)
class Prepared:
    """A prepared dataset on disk."""

    card: dict[str, Any]
    files: DataFiles

    @property
    def name(self) -> str:
        return str(self.card["dataset"])

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one sample."""
        return tuple(self.card["shape"])

    @property
    def is_image(self) -> bool:
        return bool(self.card["modality"] == "images")

    def array(self, name: str) -> NDArray[Any]:
        """One of the four arrays, memory-mapped after its size and form were checked."""
        path = self.files.arrays[name]
        maker = f"prepare {self.name}"
        require(path, maker)
        try:
            array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise _corrupt(path, maker, str(error)) from None
        split = name.removesuffix("_labels")
        expected = (self.card["counts"][split], *(self.shape if split == name else ()))
        if array.shape != expected:
            raise _corrupt(path, maker, f"its shape is {array.shape}, the card says {expected}")
        return array

    def verified_digest(self) -> str:
        """SHA-256 over the arrays' checksums; UserError if a file is not what the card says."""
        for name, path in self.files.arrays.items():
            require(path, f"prepare {self.name}")
            if file_digest(path) != self.card["sha256"][name]:
                raise _corrupt(path, f"prepare {self.name}", "its checksum is not the card's")
        joined = "".join(self.card["sha256"][name] for name in sorted(self.files.arrays))
        return hashlib.sha256(joined.encode()).hexdigest()


def open_data(files: DataFiles) -> Prepared:
    """The dataset in that folder; UserError if it is missing or corrupt."""
    name = files.folder.name
    card = read_json(files.card, f"prepare {name}")
    required = {"dataset", "shape", "modality", "counts", "sha256"}
    if not isinstance(card, dict) or not required <= card.keys():
        raise _corrupt(files.card, f"prepare {name}", "it lacks keys")
    return Prepared(card, files)


def file_digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _corrupt(path: Path, maker: str, why: str) -> UserError:
    return UserError(f"{path} is corrupt ({why}); delete it and run `ganmatrix {maker}` again")
