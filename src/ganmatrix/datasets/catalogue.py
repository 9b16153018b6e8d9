"""The dataset kinds, by their names in params.yaml."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganmatrix.datasets import (
    digits,
    faces,
    gaussian,
    grid,
    openmoji,
    photos,
    ring,
    stacked_digits,
    swiss_roll,
    two_gaussians,
)
from ganmatrix.datasets.celeba import CelebA
from ganmatrix.datasets.cifar import Cifar
from ganmatrix.datasets.image_folder import ImageFolder
from ganmatrix.datasets.image_parquet import ImageParquet
from ganmatrix.datasets.lsun_bedroom import LsunBedroom
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.stl10 import Stl10
from ganmatrix.datasets.stream import Source
from ganmatrix.params.datasets import Dataset

HELD: dict[str, Callable[[Any], Prepared]] = {
    "ring": ring.prepare,
    "grid": grid.prepare,
    "two_gaussians": two_gaussians.prepare,
    "gaussian": gaussian.prepare,
    "swiss_roll": swiss_roll.prepare,
    "digits": digits.prepare,
    "stacked_digits": stacked_digits.prepare,
    "faces": faces.prepare,
    "photos": photos.prepare,
    "openmoji": openmoji.prepare,
}
"""Kinds that are made in memory."""

STREAMED: dict[str, Callable[[Any, Path], Source]] = {
    "celeba": CelebA,
    "cifar10": Cifar,
    "cifar100": Cifar,
    "image_folder": ImageFolder,
    "image_parquet": ImageParquet,
    "lsun_bedroom": LsunBedroom,
    "stl10": Stl10,
}
"""Kinds that are read from files below a folder."""


def open_source(params: Dataset, root: Path) -> Prepared | Source:
    """The dataset that the params describe; relative paths count from `root`."""
    if params.is_streamed:
        return STREAMED[params.kind](params, root)
    return HELD[params.kind](params)
