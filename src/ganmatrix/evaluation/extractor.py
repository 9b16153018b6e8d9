"""A frozen network that turns images into features and class probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.params.evaluation import ExtractorSection

if TYPE_CHECKING:
    from ganmatrix.evaluation.digits_cnn import Reader


@dataclass(frozen=True)
class Extractor:
    """Images in, features and class probabilities out; its fields are the protocol of a score.

    `network` maps pixels (n, C, input_size, input_size) in [0, 255] to features
    (n, feature_dimension) and probabilities (n, class_count).
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

    resizer: ClassVar[str] = "torch bicubic, antialiased, float, clipped to [0, 255]"

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
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
            shape = tuple(images.shape)
            raise ValueError(f"expected uint8 images (n, 1 or 3, H, W), got {images.dtype} {shape}")
        network = self.network.to(images.device)
        outputs = [network(self._pixels(batch)) for batch in torch.split(images, self.batch_size)]
        features, probabilities = zip(*outputs, strict=True)
        return torch.cat(features), torch.cat(probabilities)

    def _pixels(self, images: Tensor) -> Tensor:
        resized = resize(images, self.input_size)
        return resized.expand(-1, 3, -1, -1) if self.repeats_grey else resized


def resize(images: Tensor, side: int) -> Tensor:
    """uint8 images (n, C, H, W) as float32 (n, C, side, side) in [0, 255].

    As clean-fid does it: bicubic, unrounded, low-passed when shrinking.
    """
    return F.interpolate(images.float(), (side, side), mode="bicubic", antialias=True).clamp(0, 255)


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
