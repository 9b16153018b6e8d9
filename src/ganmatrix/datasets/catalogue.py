"""The dataset kinds, by their names in params.yaml: where each one's code is. Imports none of them."""

from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

from ganmatrix.params.datasets import Dataset

if TYPE_CHECKING:
    from ganmatrix.datasets.prepared import Prepared
    from ganmatrix.datasets.stream import Source

HELD: dict[str, str] = {
    "ring": "ganmatrix.datasets.ring:prepare",
    "grid": "ganmatrix.datasets.grid:prepare",
    "two_gaussians": "ganmatrix.datasets.two_gaussians:prepare",
    "gaussian": "ganmatrix.datasets.gaussian:prepare",
    "swiss_roll": "ganmatrix.datasets.swiss_roll:prepare",
    "digits": "ganmatrix.datasets.digits:prepare",
    "stacked_digits": "ganmatrix.datasets.stacked_digits:prepare",
    "faces": "ganmatrix.datasets.faces:prepare",
    "photos": "ganmatrix.datasets.photos:prepare",
    "openmoji": "ganmatrix.datasets.openmoji:prepare",
}
"""Kinds that are made in memory."""

STREAMED: dict[str, str] = {
    "celeba": "ganmatrix.datasets.celeba:CelebA",
    "cifar10": "ganmatrix.datasets.cifar:Cifar",
    "cifar100": "ganmatrix.datasets.cifar:Cifar",
    "image_folder": "ganmatrix.datasets.image_folder:ImageFolder",
    "image_parquet": "ganmatrix.datasets.image_parquet:ImageParquet",
    "lsun_bedroom": "ganmatrix.datasets.lsun_bedroom:LsunBedroom",
    "stl10": "ganmatrix.datasets.stl10:Stl10",
}
"""Kinds that are read piece by piece from files below a folder."""


def open_source(params: Dataset, root: Path) -> "Prepared | Source":
    """The dataset that the params describe; relative paths count from `root`."""
    if params.kind in STREAMED:
        return resolve_name(STREAMED[params.kind])(params, root)
    return resolve_name(HELD[params.kind])(params)
