"""Photographs that ship with scikit-image and scikit-learn: crops of large ones, and small grey faces."""

from collections.abc import Iterator

import numpy as np
import skimage.data
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image

from ganmatrix.datasets.images import RESIZER, resize
from ganmatrix.datasets.source import Prepared
from ganmatrix.params.datasets import FacesParams, PhotosParams

SCIKIT_IMAGE = (
    "astronaut",
    "chelsea",
    "coffee",
    "hubble_deep_field",
    "immunohistochemistry",
    "retina",
    "rocket",
)

SCIKIT_LEARN = ("china", "flower")

FACES = 100


def photographs() -> Iterator[NDArray[np.uint8]]:
    """The colour photographs, uint8 (H, W, 3)."""
    for name in SCIKIT_IMAGE:
        yield getattr(skimage.data, name)()
    for name in SCIKIT_LEARN:
        yield load_sample_image(f"{name}.jpg")


def crops(image: NDArray[np.uint8], side: int, stride: int) -> NDArray[np.uint8]:
    """All crops (N, 3, side, side) whose corners lie on a grid of that stride."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (side, side), axis=(0, 1))
    return windows[::stride, ::stride].reshape(-1, image.shape[2], side, side)


def prepare(params: PhotosParams) -> Prepared:
    """Cut training crops from the left and held-out crops from the right of each photograph."""
    parts: dict[str, list[NDArray[np.uint8]]] = {"train": [], "held_out": []}
    for photograph in photographs():
        height, width = photograph.shape[:2]
        scale = params.short_side / min(height, width)
        image = resize(photograph, round(height * scale), round(width * scale))
        border = round(image.shape[1] * (1 - params.held_out_share))
        parts["train"].append(crops(image[:, :border], params.resolution, params.stride))
        parts["held_out"].append(crops(image[:, border:], params.resolution, params.stride))
    names = (*SCIKIT_IMAGE, *SCIKIT_LEARN)

    def labels(split: list[NDArray[np.uint8]]) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(split)), [len(part) for part in split])

    return Prepared(
        modality="images",
        train=np.concatenate(parts["train"]),
        train_labels=labels(parts["train"]),
        held_out=np.concatenate(parts["held_out"]),
        held_out_labels=labels(parts["held_out"]),
        class_names=names,
        source="photographs shipped in scikit-image and scikit-learn",
        licence="CC0, CC BY and public domain; see the two packages' notes",
        facts={"resizer": RESIZER, "photographs": len(names)},
    )


def prepare_faces(params: FacesParams) -> Prepared:
    """Small grey faces: scikit-image's subset of Labeled Faces in the Wild, 25x25, split at random.

    `skimage.data.lfw_subset` holds 100 faces and then 100 crops of background; the faces alone are used.
    """
    shipped = skimage.data.lfw_subset()[:FACES]  # floats in [0, 1]
    faces = np.rint(shipped * 255).astype(np.uint8)
    images = np.stack([resize(face, params.resolution, params.resolution) for face in faces])[:, None]
    order = np.random.default_rng(params.seed).permutation(FACES)
    held_out, train = np.sort(order[: params.held_out]), np.sort(order[params.held_out :])
    return Prepared(
        modality="images",
        train=images[train],
        train_labels=np.zeros(len(train), dtype=np.int64),
        held_out=images[held_out],
        held_out_labels=np.zeros(len(held_out), dtype=np.int64),
        class_names=("face",),
        source="Labeled Faces in the Wild (Huang et al. 2007), the 100 faces shipped in scikit-image",
        licence="not stated; press photographs collected for research",
        facts={"resizer": RESIZER, "source_resolution": list(shipped.shape[1:])},
    )
