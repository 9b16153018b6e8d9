"""A frozen network that turns images into features and class probabilities, and the file of its weights.

Weights are fetched once, and refused unless their hash is the recorded one.
"""

import hashlib
import os
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.errors import UserError
from ganmatrix.params.evaluation import ExtractorSection

if TYPE_CHECKING:
    from ganmatrix.evaluation.digits_cnn import Reader

TIMEOUT_SECONDS = 30


def bicubic(images: Tensor, side: int) -> Tensor:
    """uint8 images (n, C, H, W) as float32 (n, C, side, side) in [0, 255].

    As clean-fid does it: bicubic, unrounded, low-passed when shrinking.
    """
    return F.interpolate(images.float(), (side, side), mode="bicubic", antialias=True).clamp(0, 255)


@dataclass(frozen=True)
class Extractor:
    """Images in, features and class probabilities out; its fields are the protocol of a score.

    `network` maps pixels (n, C, input_size, input_size) in [0, 255] to features
    (n, feature_dimension) and probabilities (n, class_count); a network without classes has (n, 0).
    """

    name: str
    weights_sha256: str
    input_size: int
    feature_dimension: int
    class_count: int
    network: nn.Module
    repeats_grey: bool = True
    """Whether grey images are shown as three equal channels."""
    held_out_accuracy: float | None = None
    """Share of unseen labelled images that it classifies correctly, where the pipeline trained it."""
    batch_size: int = 32
    """Images at a time; more of small ones save a fifth of the time."""
    other_input_size: int | None = None
    """What to try where this input size shows the network too little; None if there is no choice."""
    resize: Callable[[Tensor, int], Tensor] = bicubic
    """uint8 images (n, C, H, W) and a side to float32 pixels (n, C, side, side)."""
    resizer: str = "torch bicubic, antialiased, float, clipped to [0, 255]"

    @property
    def protocol(self) -> dict[str, Any]:
        """What two scores must share to be compared."""
        facts = {
            "extractor": self.name,
            "weights_sha256": self.weights_sha256,
            "input_size": self.input_size,
            "resizer": self.resizer,
            "feature_dimension": self.feature_dimension,
            "class_count": self.class_count,
        }
        if self.held_out_accuracy is not None:
            facts["held_out_accuracy"] = self.held_out_accuracy
        return facts

    @torch.inference_mode()
    def __call__(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, d) and probabilities (n, k), float32, of uint8 images (n, 1 or 3, H, W).

        Runs where the images are, in batches.
        """
        network = self.network.to(images.device)
        outputs = [network(self.pixels(batch)) for batch in torch.split(images, self.batch_size)]
        features, probabilities = zip(*outputs, strict=True)
        return torch.cat(features), torch.cat(probabilities)

    @torch.inference_mode()
    def mixed(self, images: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The same of uint8 images (1 or 3, H, W) of any sizes, of which there must be one."""
        alike: dict[torch.Size, list[int]] = {}
        for i, image in enumerate(images):
            alike.setdefault(image.shape, []).append(i)
        resized = torch.empty(0)
        for numbers in alike.values():
            pixels = self.pixels(torch.stack([images[i] for i in numbers]))
            if not len(resized):
                resized = pixels.new_empty((len(images), *pixels.shape[1:]))
            resized[numbers] = pixels
        network = self.network.to(resized.device)
        features, probabilities = zip(*map(network, resized.split(self.batch_size)), strict=True)
        return torch.cat(features), torch.cat(probabilities)

    def pixels(self, images: Tensor) -> Tensor:
        """What the network sees (n, C, input_size, input_size) of uint8 images (n, 1 or 3, H, W)."""
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
            shape = tuple(images.shape)
            raise ValueError(f"expected uint8 images (n, 1 or 3, H, W), got {images.dtype} {shape}")
        resized = self.resize(images, self.input_size)
        return resized.expand(-1, 3, -1, -1) if self.repeats_grey else resized


def build_all(
    params: Sequence[ExtractorSection], reader: "Reader | None", shape: Sequence[int]
) -> list[Extractor]:
    """Those of the extractors that apply to images of that shape (C, H, W).

    `reader` is the classifier of the digits that the channels show, if they show any.
    """
    built = []
    for each in params:
        if not each.digits_only:
            built.append(each.load()(each, shape[-1]))
        elif reader is not None:
            built.append(reader.extractor(shape[0]))
    return built


def require_sha256(path: Path, expected: str, mend: str) -> None:
    """UserError, ending in `mend`, unless the file is there and has this SHA-256."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); {mend}") from None
    if found != expected:
        raise UserError(f"{path} has SHA-256 {found[:12]}..., expected {expected[:12]}...; {mend}")


def cache_folder() -> Path:
    """Where fetched weights stay: $XDG_CACHE_HOME/ganmatrix, by default ~/.cache/ganmatrix."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ganmatrix"


def fetched(url: str, expected: str, mend: str) -> Path:
    """The cached copy of `url`, fetched on first use; UserError ending in `mend` if that fails.

    The file appears under its name only whole and with the expected SHA-256.
    """
    target = cache_folder() / url.rsplit("/", maxsplit=1)[-1]
    if target.is_file():
        require_sha256(target, expected, f"delete it to fetch it again, or {mend}")
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder) / target.name
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response, part.open("wb") as file:
                shutil.copyfileobj(response, file)
            require_sha256(part, expected, mend)
            part.replace(target)
    except (OSError, HTTPException) as error:
        raise UserError(f"{url} cannot be fetched ({error}); {mend}") from None
    return target
