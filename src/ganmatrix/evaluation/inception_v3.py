"""Inception-2015-12-05 as a PyTorch network: the weights of torch-fidelity and of pytorch-fid.

Both publish the same file, translated from the TensorFlow graph of the original FID and Inception Score.
Unlike torchvision's Inception v3, and as the graph has it, average pools leave their padding out of the mean,
the last block pools by maximum, and there are 1,008 classes.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganmatrix.errors import UserError
from ganmatrix.evaluation.extractor import Extractor, fetched, require_sha256

WEIGHTS_FILE = "weights-inception-2015-12-05-6726825d.pth"
WEIGHTS_URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{WEIGHTS_FILE}"
WEIGHTS_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"

INPUT_SIZE = 299
FEATURES, CLASSES = 2048, 1008

Resize = Callable[[Tensor, int], Tensor]


def load(weights: Path | None, sha256: str, mend: str, resize: Resize, resizer: str) -> Extractor:
    """The extractor from a file with that SHA-256, or from the published one, fetched once into the cache.

    UserError, ending in `mend`, if it is another file, or holds no weights of this network.
    """
    path = weights or fetched(WEIGHTS_URL, sha256, mend)
    require_sha256(path, sha256, mend)
    network = InceptionV3()
    try:
        network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # pickles of other things fail in many ways
        what = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UserError(f"{path} holds no weights of Inception v3 ({what}); {mend}") from None
    return Extractor(
        name="inception",
        weights_sha256=sha256,
        input_size=INPUT_SIZE,
        feature_dimension=FEATURES,
        class_count=CLASSES,
        network=folded(network),
        resize=resize,
        resizer=resizer,
    )


def resize_as_tensorflow(images: Tensor, side: int) -> Tensor:
    """uint8 images (n, C, H, W) as float32 (n, C, side, side), bilinear as TensorFlow 1 has it.

    Pixel i of the result lies at i * H / side: corners are not aligned, centres neither, and nothing is
    low-passed when shrinking.
    """
    height, width = images.shape[-2:]
    rows, columns = (_bilinear(count, side, images.device) for count in (height, width))
    resized: Tensor = rows @ images.float() @ columns.T
    return resized


def _bilinear(count: int, side: int, device: torch.device) -> Tensor:
    """The weights (side, count) of an axis."""
    at = torch.arange(side, dtype=torch.float32, device=device) * torch.tensor(count / side)
    low = at.long()
    high = (low + 1).clamp_max(count - 1)
    share = at - low
    weights = torch.zeros(side, count, device=device)
    row = torch.arange(side, device=device)
    weights[row, low] += 1 - share
    weights[row, high] += share
    return weights


class ConvNorm(nn.Module):
    """Convolution without bias, batch normalisation, ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv: nn.Module = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


def _average(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, kernel_size=3, stride=1, padding=1, count_include_pad=False)


def _maximum(x: Tensor) -> Tensor:
    return F.max_pool2d(x, kernel_size=3, stride=1, padding=1)


def _halve(x: Tensor) -> Tensor:
    return F.max_pool2d(x, kernel_size=3, stride=2)


class BlockA(nn.Module):
    """35x35: branches of 1x1, 5x5 and two 3x3."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNorm(inputs, 64, 1)
        self.branch5x5_1 = ConvNorm(inputs, 48, 1)
        self.branch5x5_2 = ConvNorm(48, 64, 5, padding=2)
        self.branch3x3dbl_1 = ConvNorm(inputs, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3, padding=1)
        self.branch_pool = ConvNorm(inputs, pooled, 1)

    def forward(self, x: Tensor) -> Tensor:
        wide = self.branch5x5_2(self.branch5x5_1(x))
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch1x1(x), wide, double, self.branch_pool(_average(x))], 1)


class BlockB(nn.Module):
    """From 35x35 to 17x17."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = ConvNorm(inputs, 384, 3, stride=2)
        self.branch3x3dbl_1 = ConvNorm(inputs, 64, 1)
        self.branch3x3dbl_2 = ConvNorm(64, 96, 3, padding=1)
        self.branch3x3dbl_3 = ConvNorm(96, 96, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        double = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), double, _halve(x)], 1)


class BlockC(nn.Module):
    """17x17: branches of 1x7 and 7x1."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        flat, tall = (1, 7), (7, 1)
        self.branch1x1 = ConvNorm(inputs, 192, 1)
        self.branch7x7_1 = ConvNorm(inputs, width, 1)
        self.branch7x7_2 = ConvNorm(width, width, flat, padding=(0, 3))
        self.branch7x7_3 = ConvNorm(width, 192, tall, padding=(3, 0))
        self.branch7x7dbl_1 = ConvNorm(inputs, width, 1)
        self.branch7x7dbl_2 = ConvNorm(width, width, tall, padding=(3, 0))
        self.branch7x7dbl_3 = ConvNorm(width, width, flat, padding=(0, 3))
        self.branch7x7dbl_4 = ConvNorm(width, width, tall, padding=(3, 0))
        self.branch7x7dbl_5 = ConvNorm(width, 192, flat, padding=(0, 3))
        self.branch_pool = ConvNorm(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        double = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        double = self.branch7x7dbl_5(self.branch7x7dbl_4(double))
        return torch.cat([self.branch1x1(x), single, double, self.branch_pool(_average(x))], 1)


class BlockD(nn.Module):
    """From 17x17 to 8x8."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3_1 = ConvNorm(inputs, 192, 1)
        self.branch3x3_2 = ConvNorm(192, 320, 3, stride=2)
        self.branch7x7x3_1 = ConvNorm(inputs, 192, 1)
        self.branch7x7x3_2 = ConvNorm(192, 192, (1, 7), padding=(0, 3))
        self.branch7x7x3_3 = ConvNorm(192, 192, (7, 1), padding=(3, 0))
        self.branch7x7x3_4 = ConvNorm(192, 192, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        small = self.branch3x3_2(self.branch3x3_1(x))
        large = self.branch7x7x3_2(self.branch7x7x3_1(x))
        large = self.branch7x7x3_4(self.branch7x7x3_3(large))
        return torch.cat([small, large, _halve(x)], 1)


class BlockE(nn.Module):
    """8x8: branches that end in 1x3 beside 3x1."""

    def __init__(self, inputs: int, pool: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        flat, tall = (1, 3), (3, 1)
        self.pool = pool
        self.branch1x1 = ConvNorm(inputs, 320, 1)
        self.branch3x3_1 = ConvNorm(inputs, 384, 1)
        self.branch3x3_2a = ConvNorm(384, 384, flat, padding=(0, 1))
        self.branch3x3_2b = ConvNorm(384, 384, tall, padding=(1, 0))
        self.branch3x3dbl_1 = ConvNorm(inputs, 448, 1)
        self.branch3x3dbl_2 = ConvNorm(448, 384, 3, padding=1)
        self.branch3x3dbl_3a = ConvNorm(384, 384, flat, padding=(0, 1))
        self.branch3x3dbl_3b = ConvNorm(384, 384, tall, padding=(1, 0))
        self.branch_pool = ConvNorm(inputs, 192, 1)

    def forward(self, x: Tensor) -> Tensor:
        single = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        ends = [self.branch3x3_2a(single), self.branch3x3_2b(single)]
        ends += [self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)]
        return torch.cat([self.branch1x1(x), *ends, self.branch_pool(self.pool(x))], 1)


class InceptionV3(nn.Module):
    """Pixels in [0, 255], (n, 3, 299, 299), to the pooled features and the softmax of logits without bias.

    The bias is left out as in the original Inception Score code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = ConvNorm(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = ConvNorm(32, 32, 3)
        self.Conv2d_2b_3x3 = ConvNorm(32, 64, 3, padding=1)
        self.Conv2d_3b_1x1 = ConvNorm(64, 80, 1)
        self.Conv2d_4a_3x3 = ConvNorm(80, 192, 3)
        self.Mixed_5b = BlockA(192, 32)
        self.Mixed_5c = BlockA(256, 64)
        self.Mixed_5d = BlockA(288, 64)
        self.Mixed_6a = BlockB(288)
        self.Mixed_6b = BlockC(768, 128)
        self.Mixed_6c = BlockC(768, 160)
        self.Mixed_6d = BlockC(768, 160)
        self.Mixed_6e = BlockC(768, 192)
        self.Mixed_7a = BlockD(768)
        self.Mixed_7b = BlockE(1280, _average)
        self.Mixed_7c = BlockE(2048, _maximum)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        x = ((pixels - 128) / 128).contiguous(memory_format=torch.channels_last)
        x = _halve(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = _halve(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        for name, block in self.named_children():
            if name.startswith("Mixed"):
                x = block(x)
        features = x.mean(dim=(2, 3))
        return features, F.linear(features, self.fc.weight).softmax(dim=1)


def folded(network: InceptionV3) -> InceptionV3:
    """The same function in fewer passes over memory: batch normalisation becomes part of the convolution."""
    network.eval().requires_grad_(False)
    for module in network.modules():
        if isinstance(module, ConvNorm):
            assert isinstance(module.conv, nn.Conv2d)
            assert isinstance(module.bn, nn.BatchNorm2d)
            module.conv, module.bn = fuse_conv_bn_eval(module.conv, module.bn), nn.Identity()
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
