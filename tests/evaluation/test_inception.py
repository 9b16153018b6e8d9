"""The official extractor: which file it accepts, and how it uses a stand-in for the network."""

import hashlib
import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from ganmatrix.errors import UserError
from ganmatrix.evaluation import inception
from ganmatrix.evaluation.inception import build
from ganmatrix.params.evaluation import InceptionParams


class StandIn(nn.Module):
    """The parts of the TorchScript network that are used: 2048 features, each the mean pixel; 5 classes."""

    def __init__(self) -> None:
        super().__init__()
        average = nn.Linear(3, 2048, bias=False)
        nn.init.constant_(average.weight, 1 / 3)
        self.layers = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), average)
        self.output = nn.Linear(2048, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.layers(x))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "inception-2015-12-05.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(StandIn()).save(path)
    monkeypatch.setattr(inception, "WEIGHTS_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def test_features_and_probabilities(weights: Path) -> None:
    extractor = build(InceptionParams(kind="inception", weights=str(weights)), 32)
    images = torch.full((2, 1, 8, 8), 192, dtype=torch.uint8)
    features, probabilities = extractor(images)
    torch.testing.assert_close(features, torch.full((2, 2048), 0.5))
    logits = features @ extractor.network.get_buffer("output_weight").T
    torch.testing.assert_close(probabilities, logits.softmax(dim=1))
    assert (extractor.name, extractor.input_size, extractor.class_count) == ("inception", 299, 5)


def test_is_fetched_once_into_the_cache(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inception, "WEIGHTS_URL", weights.as_uri())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    build(InceptionParams(kind="inception"), 32)
    weights.unlink()
    build(InceptionParams(kind="inception"), 32)
    assert [path.name for path in (tmp_path / "cache/ganmatrix").iterdir()] == [weights.name]


def test_a_failed_fetch_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inception, "WEIGHTS_URL", (tmp_path / "absent.pt").as_uri())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(
        UserError, match=r"cannot be fetched .* in evaluation.extractors .* or name efficientnet_lite0"
    ) as raised:
        build(InceptionParams(kind="inception"), 32)
    assert "\n" not in str(raised.value)
    assert not list((tmp_path / "cache/ganmatrix").iterdir())


def test_another_file_is_refused(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / weights.name
    other.write_bytes(b"not the network")
    with pytest.raises(UserError, match="has SHA-256"):
        build(InceptionParams(kind="inception", weights=str(other)), 32)
    with pytest.raises(UserError, match="cannot be read"):
        build(InceptionParams(kind="inception", weights=str(tmp_path / "absent" / weights.name)), 32)
    with pytest.raises(UserError, match="is not named"):
        build(InceptionParams(kind="inception", weights=str(tmp_path / "weights.pt")), 32)
    monkeypatch.setattr(inception, "WEIGHTS_URL", other.as_uri())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(UserError, match="has SHA-256"):
        build(InceptionParams(kind="inception"), 32)
    assert not list((tmp_path / "cache/ganmatrix").iterdir())


def test_a_corrupt_cache_is_refused(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "ganmatrix").mkdir()
    (tmp_path / "ganmatrix" / weights.name).write_bytes(b"half of it")
    with pytest.raises(UserError, match="delete it to fetch it again"):
        build(InceptionParams(kind="inception"), 32)
