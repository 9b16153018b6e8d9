"""`datasets`: what is prepared, by kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ganmatrix.params.base import Section

Count = Annotated[int, Field(ge=1, le=10_000_000)]


class DatasetSection(Section):
    """What the params of every dataset can be asked."""

    is_points: ClassVar[bool] = False
    """Whether samples are points of the plane; else they are images."""


class Mixture(DatasetSection):
    """Equal Gaussians in the plane, drawn once into a finite training set.

    Lengths are in data units, which are the networks' own: nothing rescales points.
    """

    kind: str
    std: float = Field(gt=0, le=100, description="standard deviation of each Gaussian, data units")
    train: Count = Field(description="points in the training set")
    held_out: Count = Field(description="points in the held-out set")
    seed: int = Field(default=0, ge=0, description="seed of the draw")
    is_points: ClassVar[bool] = True


class Ring(Mixture):
    """Gaussians evenly spaced on a circle, drawn once into a finite training set."""

    kind: Literal["ring"]
    modes: int = Field(ge=2, le=1000, description="number of Gaussians")
    radius: float = Field(gt=0, le=100, description="radius of the circle, data units")


class GaussianGrid(Mixture):
    """Gaussians on a square lattice around the origin, drawn once into a finite training set."""

    kind: Literal["grid"]
    side: int = Field(ge=2, le=30, description="Gaussians in a row; side * side in all")
    spacing: float = Field(gt=0, le=100, description="distance between neighbours, data units")


class Digits(DatasetSection):
    """scikit-learn's scanned optdigits: 1,797 grey images in ten classes, 8x8 as shipped."""

    kind: Literal["digits"]
    resolution: Literal[16, 32] = Field(description="side after antialiased resizing, pixels")
    held_out: Annotated[int, Field(ge=1, le=1700)] = Field(description="images held out, of 1,797")
    seed: int = Field(default=0, ge=0, description="seed of the split")


class Photos(DatasetSection):
    """Crops of scikit-image's and scikit-learn's photographs.

    Held-out crops come from the right part of each photograph, training crops from the left
    part, so that the two share no pixel.
    """

    kind: Literal["photos"]
    resolution: Literal[32] = Field(description="side of a crop, pixels")
    short_side: int = Field(ge=64, le=1024, description="photographs are first shrunk to this short side")
    stride: int = Field(ge=4, le=64, description="distance between neighbouring crops, pixels")
    held_out_share: float = Field(gt=0, lt=1, description="share of each photograph's width held out")


Dataset = Annotated[Ring | GaussianGrid | Digits | Photos, Field(discriminator="kind")]
