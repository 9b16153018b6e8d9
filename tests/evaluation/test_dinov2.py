"""DINOv2 against PyTorch's own transformer layers, and which file it accepts."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.evaluation import dinov2
from ganmatrix.evaluation.dinov2 import GRID, DinoV2, Model, build
from ganmatrix.evaluation.image_scores import image_reference, score_images
from ganmatrix.params.evaluation import DinoV2Params, ImageEvaluation
from helpers.refusal import refused

TINY = Model(width=24, depth=3, heads=4, sha256="")
FILE = "dinov2_vitb14_pretrain.pth"


def random_weights() -> dict[str, Tensor]:
    """Of the tiny network, with gains that are not 1 and positions that differ."""
    stream = torch.Generator().manual_seed(0)
    return {
        name: 0.4 * torch.randn(value.shape, generator=stream)
        for name, value in DinoV2(TINY).state_dict().items()
    }


def cubic(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' kernel with a = -0.75, which is PyTorch's."""
    t, a = np.abs(t), -0.75
    near = (a + 2) * t**3 - (a + 3) * t**2 + 1
    return np.where(t <= 1, near, np.where(t < 2, a * (t**3 - 5 * t**2 + 8 * t - 4), 0))


def resizing() -> NDArray[np.float64]:
    """The matrix (16, 37) of one side: centres lie 37 / 16.1 apart, and what is outside repeats the edge."""
    matrix = np.zeros((16, GRID))
    for row in range(16):
        centre = (row + 0.5) * GRID / 16.1 - 0.5
        for column in range(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3):
            matrix[row, np.clip(column, 0, GRID - 1)] += cubic(np.array(centre - column))
    return matrix


def expected(weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
    """The same from PyTorch's encoder layers: a gain after a linear layer is another linear layer."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    scaled = (pixels / 255 - mean.view(3, 1, 1)) / std.view(3, 1, 1)
    pieces = scaled.unfold(2, 14, 14).unfold(3, 14, 14).permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)
    patches = pieces @ weights["patch_embed.proj.weight"].flatten(1).T + weights["patch_embed.proj.bias"]
    grid = weights["pos_embed"][0, 1:].view(GRID, GRID, -1).numpy().astype(np.float64)
    resized = np.einsum("ip,jq,pqc->ijc", resizing(), resizing(), grid).reshape(256, -1)
    tokens = torch.cat([weights["cls_token"].expand(len(pixels), -1, -1), patches], dim=1)
    tokens = tokens + torch.cat([weights["pos_embed"][0, :1], torch.from_numpy(resized).float()])
    for index in range(TINY.depth):
        block = {
            name.removeprefix(f"blocks.{index}."): value
            for name, value in weights.items()
            if name.startswith(f"blocks.{index}.")
        }
        layer = nn.TransformerEncoderLayer(
            TINY.width, TINY.heads, 4 * TINY.width, 0, "gelu", 1e-6, batch_first=True, norm_first=True
        ).eval()
        names = {
            "attn.qkv": "self_attn.in_proj_",
            "mlp.fc1": "linear1.",
            "norm1": "norm1.",
            "norm2": "norm2.",
        }
        state = {
            f"{mine}{kind}": block[f"{name}.{kind}"]
            for name, mine in names.items()
            for kind in ("weight", "bias")
        }
        for name, mine, gain in (("attn.proj", "self_attn.out_proj", "ls1"), ("mlp.fc2", "linear2", "ls2")):
            gamma = block[f"{gain}.gamma"]
            state[f"{mine}.weight"] = gamma[:, None] * block[f"{name}.weight"]
            state[f"{mine}.bias"] = gamma * block[f"{name}.bias"]
        layer.load_state_dict(state)
        tokens = layer(tokens)
    norm = nn.LayerNorm(TINY.width, eps=1e-6)
    norm.load_state_dict({kind: weights[f"norm.{kind}"] for kind in ("weight", "bias")})
    return norm(tokens[:, 0])


@torch.inference_mode()
def test_equals_pytorchs_own_layers() -> None:
    weights = random_weights()
    network = DinoV2(TINY).eval()
    network.load_state_dict(weights)
    pixels = 255 * torch.rand((3, 3, 224, 224), generator=torch.Generator().manual_seed(1))
    features, probabilities = network(pixels)
    torch.testing.assert_close(features, expected(weights, pixels), rtol=1e-4, atol=1e-4)
    assert features.std() > 0.1
    assert probabilities.shape == (3, 0)


@pytest.mark.parametrize(("model", "parameters"), [("vitb14", 86_579_712), ("vitl14", 304_367_616)])
def test_networks_have_the_published_sizes(model: str, parameters: int) -> None:
    """With the 768 and 1,024 numbers of the mask token, which is left out, 86,580,480 and 304,368,640."""
    with torch.device("meta"):
        network = DinoV2(dinov2.MODELS[model])
    assert sum(each.numel() for each in network.parameters()) == parameters


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A torch.hub folder with the weights of the tiny network."""
    path = tmp_path / "hub" / "checkpoints" / FILE
    path.parent.mkdir(parents=True)
    torch.save(random_weights() | {"mask_token": torch.zeros(1, TINY.width)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(dinov2.MODELS, "vitb14", TINY._replace(sha256=digest))
    return path.parents[1]


def params(weights: Path | None) -> DinoV2Params:
    return DinoV2Params(kind="dinov2", model="vitb14", weights=None if weights is None else str(weights))


@pytest.mark.parametrize("place", [".", "checkpoints", f"checkpoints/{FILE}"])
def test_weights_are_a_file_or_in_a_folder_of_torch_hub(hub: Path, place: str) -> None:
    extractor = build(params(hub / place), 32)
    features, probabilities = extractor(torch.zeros((2, 1, 8, 8), dtype=torch.uint8))
    assert features.shape == (2, TINY.width)
    assert probabilities.shape == (2, 0)
    assert extractor.protocol["weights_sha256"] == dinov2.MODELS["vitb14"].sha256


def test_it_has_every_score_of_images_but_the_inception_score(hub: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (20, 3, 8, 8), dtype=np.uint8)
    extractor = build(params(hub), 8)
    reference = image_reference(images, images[:10], extractor, 2, torch.device("cpu"))
    settings = ImageEvaluation(samples=50, neighbours=2, kid_subsets=2, kid_subset_size=10)
    shown = torch.from_numpy(images) / 127.5 - 1
    found = score_images(nn.Identity(), shown, [(extractor, reference)], settings, seed=0)
    without = {column.key: entry for column, entry in found.items() if entry["value"] is None}
    assert list(without) == ["inception_score"]
    assert without["inception_score"]["reason"] == "dinov2 has no classes"
    assert without["inception_score"]["applies"] is False


def test_nothing_is_fetched_and_the_error_says_what_to_fetch(hub: Path, monkeypatch) -> None:
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("fetched"))
    url = f"fetch https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14/{FILE}"
    refused(lambda: build(params(None), 32), key="evaluation.extractors", mend=url)
    absent = hub / "absent.pth"
    refused(lambda: build(params(absent), 32), key=str(absent), mend=url)
    (hub / "empty").mkdir()
    before = sorted(hub.rglob("*"))
    refused(lambda: build(params(hub / "empty"), 32), key=str(hub / "empty"), mend=url)
    assert sorted(hub.rglob("*")) == before


def test_other_weights_are_refused_unread(hub: Path, monkeypatch) -> None:
    path = hub / "checkpoints" / FILE
    path.write_bytes(path.read_bytes()[:-1])
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("read"))
    said = refused(
        lambda: build(params(path), 32), key=str(path), mend="fetch https://dl.fbaipublicfiles.com"
    )
    assert "SHA-256" in said


class _Touch:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_file_with_code_in_it_is_refused_and_does_not_run(hub: Path, monkeypatch) -> None:
    path = hub / "checkpoints" / FILE
    ran = hub / "ran"
    torch.save({"cls_token": _Touch(ran)}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(dinov2.MODELS, "vitb14", TINY._replace(sha256=digest))
    refused(lambda: build(params(path), 32), key=str(path), mend="fetch https://dl.fbaipublicfiles.com")
    assert not ran.exists()
    torch.load(path, weights_only=False)
    assert ran.exists(), "the code in it would have run"
