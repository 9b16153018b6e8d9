"""clean-fid as the reference to hold against, and a tiny extractor in place of a real network."""

from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.inception import make_torchvision_importable


@pytest.fixture(scope="session")
def cleanfid_fid() -> ModuleType:
    make_torchvision_importable()
    from cleanfid import fid

    return fid


@pytest.fixture(scope="session")
def torch_fidelity() -> ModuleType:
    make_torchvision_importable()
    import torch_fidelity
    import torch_fidelity.metric_isc
    import torch_fidelity.metric_prc

    return torch_fidelity


class Shrunk(nn.Module):
    """The 8x8 pixels of one channel as features, brightness against darkness as two classes."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        features = pixels[:, 0].flatten(start_dim=1) / 255
        bright = features.mean(dim=1, keepdim=True)
        return features, torch.cat([bright, 1 - bright], dim=1)


@pytest.fixture
def toy_extractor() -> Extractor:
    return Extractor(
        name="toy",
        weights_sha256="0" * 64,
        input_size=8,
        feature_dimension=64,
        class_count=2,
        network=Shrunk(),
    )
