"""Inception-2015-12-05, the network of published FID, KID and Inception Scores.

It is the TorchScript translation that StyleGAN2-ADA publishes, in clean-fid's wrapper. Its SHA-256
is the one that k-diffusion records for the same address.
"""

import warnings
from pathlib import Path
from types import ModuleType

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.errors import UserError
from ganmatrix.evaluation.extractor import Extractor, fetched, require_sha256
from ganmatrix.params.evaluation import InceptionParams

WEIGHTS_FILE = "inception-2015-12-05.pt"
WEIGHTS_URL = f"https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/{WEIGHTS_FILE}"
WEIGHTS_SHA256 = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4"
MEND = (
    f"set `weights` of inception in evaluation.extractors to the path of {WEIGHTS_FILE}, "
    "or name efficientnet_lite0 there instead"
)

MISSING_OPERATORS = ("nms", "qnms")

_declared: list[torch.library.Library] = []
"""The declarations last as long as the library object that made them."""


def build(params: InceptionParams, resolution: int) -> Extractor:
    """The extractor from the given file, or from one fetched into the cache on first use.

    It sees images of any resolution at 299 pixels.
    UserError if the file is missing, cannot be fetched, or is another one.
    """
    return load(Path(params.weights) if params.weights else None, WEIGHTS_SHA256, MEND)


def load(weights: Path | None, sha256: str, mend: str) -> Extractor:
    """The same of a file with that SHA-256; UserError, ending in `mend`, if it is another one."""
    path = weights or fetched(WEIGHTS_URL, sha256, mend)
    if path.name != WEIGHTS_FILE:
        raise UserError(f"{path} is not named {WEIGHTS_FILE}; {mend}")
    require_sha256(path, sha256, mend)
    with warnings.catch_warnings():
        # The weights are published as TorchScript only, whose loading PyTorch deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        wrapper = import_clean_fid().InceptionV3W(str(path.parent), download=False)
    output_weight: Tensor = wrapper.base.output.weight
    class_count, feature_dimension = output_weight.shape
    return Extractor(
        name="inception",
        weights_sha256=sha256,
        input_size=299,
        feature_dimension=feature_dimension,
        class_count=class_count,
        network=Inception(wrapper, output_weight),
    )


class Inception(nn.Module):
    """Pixels in [0, 255] to the pooled features, and the softmax of logits without their bias.

    The bias is left out as in the original Inception Score code.
    """

    def __init__(self, wrapper: nn.Module, output_weight: Tensor) -> None:
        super().__init__()
        self.wrapper = wrapper
        self.register_buffer("output_weight", output_weight.detach())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        # With channels last its convolutions take two thirds of the time on a processor.
        features: Tensor = self.wrapper(pixels.contiguous(memory_format=torch.channels_last))
        return features, F.linear(features, self.get_buffer("output_weight")).softmax(dim=1)


def import_clean_fid() -> ModuleType:
    """The package's TorchScript Inception, `cleanfid.inception_torchscript`."""
    make_torchvision_importable()
    from cleanfid import inception_torchscript

    return inception_torchscript


def make_torchvision_importable() -> None:
    """Declare what torchvision misses, only where its extension cannot load.

    clean-fid imports torchvision, whose registry build is compiled against CUDA: beside a CPU torch its
    extension does not load, and the import dies for want of two operators' schemas. Nothing that
    clean-fid does calls these operators, so declaring them is enough.
    """
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in MISSING_OPERATORS:
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(library)
