"""Small crops of real photographs that ship with scikit-image and scikit-learn."""

from collections.abc import Iterator

import numpy as np
import skimage.data
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image

from ganmatrix.datasets.prepared import Prepared
from ganmatrix.datasets.resizing import RESIZER, resize
from ganmatrix.params.datasets import Photos

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


def prepare(params: Photos) -> Prepared:
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
