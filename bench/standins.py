"""Files in place of Inception's published weights: the same formats, fixed random numbers.

Tools that are given the same file must find the same scores, whatever its numbers are.
"""

import hashlib
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.evaluation.inception_v3 import CLASSES, FEATURES, INPUT_SIZE, InceptionV3, resize_as_tensorflow

TORCHSCRIPT = "inception-2015-12-05.pt"
STATE = "random-inception.pth"


def random_inception(seed: int = 0) -> InceptionV3:
    """Inception v3 whose activations neither vanish nor grow."""
    torch.manual_seed(seed)
    network = InceptionV3()
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.8, 1.2)
        nn.init.normal_(norm.bias, 0, 0.1)
        norm.momentum = None
    nn.init.normal_(network.fc.weight, 0, 0.1)
    coarse, fine = (torch.randint(0, 256, (3, 3, side, side), dtype=torch.uint8) for side in (4, 32))
    images = torch.cat([resize_as_tensorflow(coarse, 32).byte(), fine])
    with torch.no_grad():
        network.train()(resize_as_tensorflow(images, INPUT_SIZE))
    return network.eval().requires_grad_(False)


class Small(nn.Module):
    """2,048 features of pixels in [-1, 1] for next to nothing, so that all else is seen."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Conv2d(3, 32, 7, stride=8)
        self.second = nn.Conv2d(32, 64, 3, stride=2)
        self.third = nn.Linear(64, FEATURES)
        for layer in (self.first, self.second, self.third):
            nn.init.kaiming_normal_(layer.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.second(F.relu(self.first(x))))
        return F.relu(self.third(x.mean(dim=(2, 3))))


class Layers(nn.Module):
    """Inception's pooled features of pixels in [-1, 1]."""

    def __init__(self, network: InceptionV3) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.network(x * 128 + 128)[0]
        return features


class Whole(nn.Module):
    """The parts of the published TorchScript file that are used."""

    def __init__(self, layers: nn.Module, output: nn.Linear) -> None:
        super().__init__()
        self.layers = torch.jit.trace(layers.eval(), torch.zeros(2, 3, INPUT_SIZE, INPUT_SIZE))
        self.output = output

    def forward(self, x: Tensor, return_features: bool = False) -> Tensor:
        features = self.layers(x)
        return features if return_features else self.output(features)


def save_torchscript(layers: nn.Module, output: nn.Linear, folder: Path) -> tuple[Path, str]:
    """The file as clean-fid reads it, and its SHA-256."""
    path = folder / TORCHSCRIPT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.script(Whole(layers, output).eval()).save(path)
    return path, digest(path)


def save_state(network: InceptionV3, folder: Path) -> tuple[Path, str]:
    """The file as torch-fidelity and pytorch-fid read it, and its SHA-256."""
    path = folder / STATE
    torch.save(network.state_dict(), path)
    return path, digest(path)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def classifier(seed: int = 0) -> nn.Linear:
    """The last layer."""
    torch.manual_seed(seed)
    return nn.Linear(FEATURES, CLASSES)
