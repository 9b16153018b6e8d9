"""Inception-2015-12-05, the network of published FID, KID and Inception Scores.

It is the TorchScript translation that StyleGAN2-ADA publishes and clean-fid uses. Its SHA-256 is
the one that k-diffusion records for the same address.
"""

import warnings
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.weights import fetched, require_sha256
from ganmatrix.params.evaluation import Inception as InceptionParams

WEIGHTS_URL = (
    "https://nvlabs-fi-cdn.nvidia.com/stylegan2-ada-pytorch/pretrained/metrics/inception-2015-12-05.pt"
)
WEIGHTS_SHA256 = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4"
MEND = (
    "set evaluation.extractor.weights to the path of inception-2015-12-05.pt, "
    "or evaluation.extractor.kind to efficientnet_lite0"
)


def build(params: InceptionParams) -> Extractor:
    """The extractor from the given file, or from one fetched into the cache on first use.

    UserError if the file is missing, cannot be fetched, or is another one.
    """
    if params.weights is None:
        path = fetched(WEIGHTS_URL, WEIGHTS_SHA256, MEND)
    else:
        path = Path(params.weights)
        require_sha256(path, WEIGHTS_SHA256, MEND)
    with warnings.catch_warnings():
        # The weights are published as TorchScript only, whose loading PyTorch deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        script: Any = torch.jit.load(path, map_location="cpu").eval()  # type: ignore[no-untyped-call]
    class_count, feature_dimension = script.output.weight.shape
    return Extractor(
        name=params.kind,
        weights_sha256=WEIGHTS_SHA256,
        input_size=299,
        feature_dimension=feature_dimension,
        class_count=class_count,
        network=Inception(script.layers, script.output.weight),
    )


class Inception(nn.Module):
    """Pixels in [0, 255] to the pooled features, and the softmax of logits without their bias.

    The bias is left out as in the original Inception Score code.
    """

    def __init__(self, layers: nn.Module, output_weight: Tensor) -> None:
        super().__init__()
        self.layers = layers
        self.register_buffer("output_weight", output_weight.detach())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = self.layers((pixels - 128) / 128).flatten(start_dim=1)
        return features, F.linear(features, self.get_buffer("output_weight")).softmax(dim=1)
