"""Reading `references/<dataset>/`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from ganmatrix.errors import UserError
from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.digits_cnn import Reader
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.reference import IMAGE_ARRAYS, POINT_ARRAYS, Reference
from ganmatrix.stages.files import corrupt, read_json, require
from ganmatrix.stages.layout import ReferenceFiles


class OpenReference:
    """A dataset's reference; UserError if it is missing, corrupt, or of other data."""

    def __init__(self, dataset: str, files: ReferenceFiles, data_sha256: str) -> None:
        self.files, self.maker = files, f"reference {dataset}"
        card = read_json(files.card, self.maker)
        if not isinstance(card, dict):
            raise corrupt(files.card, "it is no mapping", self.maker)
        self.card: dict[str, Any] = card
        self._require("data_sha256", card.get("data_sha256"), data_sha256)
        require(files.statistics, self.maker)
        try:
            self.arrays: Reference = load(files.statistics.read_bytes())
        except SafetensorError as error:
            raise corrupt(files.statistics, str(error), self.maker) from None
        listed = card.get("arrays")
        self._require_arrays(set(map(str, listed)) if isinstance(listed, list) else set())
        if broken := [name for name, array in self.arrays.items() if not np.isfinite(array).all()]:
            raise corrupt(files.statistics, f"not finite: {', '.join(sorted(broken))}", self.maker)

    def reader(self) -> Reader | None:
        """The classifier of the digits that the data show, if they do."""
        try:
            return digits_cnn.unpack(self.arrays)
        except ValueError as error:
            raise corrupt(self.files.statistics, str(error), self.maker) from None

    def points(self) -> Reference:
        """What scoring points needs."""
        self._require_arrays(set(POINT_ARRAYS))
        return self.arrays

    def images(self, extractor: Extractor, neighbours: int) -> Reference:
        """What one extractor made of the images; UserError if it is another, or was asked otherwise."""
        known = self.card.get("extractors")
        made = known.get(extractor.name) if isinstance(known, Mapping) else None
        wanted = extractor.protocol | {"neighbours": neighbours}
        found = made if isinstance(made, Mapping) else {}
        for key, value in wanted.items():
            self._require(f"{extractor.name}: {key}", found.get(key), value)
        prefix = f"{extractor.name}."
        self._require_arrays({f"{prefix}{name}" for name in IMAGE_ARRAYS})
        arrays = {name: self.arrays[f"{prefix}{name}"] for name in IMAGE_ARRAYS}
        features, radii = arrays["features"], arrays["radii"]
        widths = {features.shape[-1], len(arrays["mean"]), len(arrays["covariance_root"])}
        if len(widths) > 1 or not len(features) == len(radii) == len(arrays["indices"]):
            raise corrupt(self.files.statistics, "its arrays differ in their dimension", self.maker)
        return arrays

    def _require(self, key: str, found: Any, value: Any) -> None:
        if found != value:
            raise UserError(
                f"{self.files.card}: {key} is {found}, but {value} is needed; "
                f"run `ganmatrix {self.maker}` again"
            )

    def _require_arrays(self, names: set[str]) -> None:
        if missing := names - self.arrays.keys():
            raise corrupt(self.files.statistics, f"it lacks {', '.join(sorted(missing))}", self.maker)
