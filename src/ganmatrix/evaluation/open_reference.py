"""Reading `references/<dataset>/`."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from ganmatrix.errors import UserError
from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.digits_cnn import Reader
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.image_scores import IMAGE_ARRAYS
from ganmatrix.evaluation.point_scores import POINT_ARRAYS
from ganmatrix.evaluation.scoring import Reference
from ganmatrix.store.layout import CARD, STATISTICS
from ganmatrix.store.opening import Part


class OpenReference:
    """A dataset's reference; UserError if its arrays are not those that scoring needs."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.card: Mapping[str, Any] = part.parsed(CARD, _card)
        self.arrays: Reference = part.parsed(STATISTICS, _arrays)
        self._require_arrays(set(map(str, self.card["arrays"])))
        if broken := [name for name, array in self.arrays.items() if not np.isfinite(array).all()]:
            raise part.damaged(STATISTICS, f"not finite: {', '.join(sorted(broken))}")

    def reader(self) -> Reader | None:
        """The classifier of the digits that the data show, if they do."""
        try:
            return digits_cnn.unpack(self.arrays)
        except ValueError as error:
            raise self.part.damaged(STATISTICS, str(error)) from None

    def points(self) -> Reference:
        """What scoring points needs."""
        self._require_arrays(set(POINT_ARRAYS))
        return self.arrays

    def images(self, extractor: Extractor, neighbours: int) -> Reference:
        """What one extractor made of the images; UserError if it is another, or was asked otherwise."""
        made = self.card.get("extractors", {}).get(extractor.name, {})
        for key, value in (extractor.protocol | {"neighbours": neighbours}).items():
            if (found := made.get(key)) != value:
                raise UserError(
                    f"{self.part.folder / CARD}: {extractor.name}: {key} is {found}, but {value} is needed; "
                    f"remove it and run `{self.part.command}`"
                )
        prefix = f"{extractor.name}."
        self._require_arrays({f"{prefix}{name}" for name in IMAGE_ARRAYS})
        arrays = {name: self.arrays[f"{prefix}{name}"] for name in IMAGE_ARRAYS}
        features, radii = arrays["features"], arrays["radii"]
        widths = {features.shape[-1], len(arrays["mean"]), len(arrays["covariance_root"])}
        if len(widths) > 1 or not len(features) == len(radii) == len(arrays["indices"]):
            raise self.part.damaged(STATISTICS, "its arrays differ in their dimension")
        return arrays

    def _require_arrays(self, names: set[str]) -> None:
        if missing := names - self.arrays.keys():
            raise self.part.damaged(STATISTICS, f"it lacks {', '.join(sorted(missing))}")


def _card(text: bytes) -> dict[str, Any]:
    card = json.loads(text)
    if not isinstance(card, dict) or not isinstance(card.get("arrays"), list):
        raise ValueError("it does not list its arrays")
    return card


def _arrays(data: bytes) -> Reference:
    try:
        return load(data)
    except SafetensorError as error:
        raise ValueError(str(error)) from None
