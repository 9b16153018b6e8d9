"""The dataset kinds, by their names in params.yaml."""

from collections.abc import Callable
from typing import Any

from ganmatrix.datasets import digits, grid, photos, ring
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Dataset

DATASETS: dict[str, Callable[[Any], Prepared]] = {
    "ring": ring.prepare,
    "grid": grid.prepare,
    "digits": digits.prepare,
    "photos": photos.prepare,
}


def prepare(params: Dataset) -> Prepared:
    """Prepare the dataset that the params describe."""
    return DATASETS[params.kind](params)
