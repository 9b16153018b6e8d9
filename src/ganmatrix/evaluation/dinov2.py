"""DINOv2, Oquab et al. 2024: the features of FD-DINOv2, the closest to human judgement in Stein et al. 2023.

A vision transformer of patches of 14 pixels, without registers. Its feature is the class token after the last
norm, at 224 pixels, as in dgm-eval with `--clean_resize`. It has no classes, hence no Inception Score.

The weights are Meta's, under Apache-2.0, and are never fetched. Meta publishes no SHA-256. Those here are the
ones that refiners' conversion script and copies on Hugging Face state for the same addresses.
"""

import pickle
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.errors import UserError
from ganmatrix.evaluation.extractor import Extractor, require_sha256
from ganmatrix.params.evaluation import DinoV2Params

INPUT_SIZE, PATCH, GRID = 224, 14, 37
"""Pixels a side that it sees, pixels a side of a patch, and patches a side that it was trained with."""

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, of pixels in [0, 1]."""

OFFSET = 0.1
"""Added to the grid when positions are resized, as in the authors' code: the scale is 16.1 / 37."""


class Model(NamedTuple):
    """The size of a network, and the SHA-256 of its weights."""

    width: int
    depth: int
    heads: int
    sha256: str


MODELS = {
    "vitb14": Model(768, 12, 12, "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73"),
    "vitl14": Model(1024, 24, 16, "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428"),
}


def build(params: DinoV2Params, resolution: int) -> Extractor:
    """The extractor from a local file, which may be in a torch.hub folder; it sees any image at 224 pixels.

    UserError if there is no such file, or it is another one. Nothing in the file is executed.
    """
    model = MODELS[params.model]
    path, mend = _weights_file(params)
    require_sha256(path, model.sha256, mend)
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:
        raise UserError(f"{path} cannot be read ({type(error).__name__}); {mend}") from None
    network = DinoV2(model)
    # Only training masks patches.
    network.load_state_dict({name: value for name, value in weights.items() if name != "mask_token"})
    return Extractor(
        name=params.kind,
        weights_sha256=model.sha256,
        input_size=INPUT_SIZE,
        feature_dimension=model.width,
        class_count=0,
        network=network.eval(),
    )


def _weights_file(params: DinoV2Params) -> tuple[Path, str]:
    """The file that the params mean, and what to do if it is not the right one."""
    name = f"dinov2_{params.model}_pretrain.pth"
    mend = (
        f"fetch https://dl.fbaipublicfiles.com/dinov2/dinov2_{params.model}/{name} "
        "and set `weights` of dinov2 in evaluation.extractors to its path"
    )
    if params.weights is None:
        raise UserError(f"evaluation.extractors: dinov2 has no weights, and fetches none; {mend}")
    path = Path(params.weights)
    if path.is_dir():
        return next(
            (each for each in (path / name, path / "checkpoints" / name) if each.is_file()), path
        ), mend
    return path, mend


class DinoV2(nn.Module):
    """Pixels (n, 3, 224, 224) in [0, 255] to class tokens (n, width), and to no probabilities (n, 0).

    Modules and weights have the names of the authors' code.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, model.width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + GRID * GRID, model.width))
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, model.width, PATCH, stride=PATCH)})
        self.blocks = nn.Sequential(*(Block(model.width, model.heads) for _ in range(model.depth)))
        self.norm = nn.LayerNorm(model.width, eps=1e-6)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        mean, std = (255 * pixels.new_tensor(each).view(3, 1, 1) for each in (MEAN, STD))
        patches = self.patch_embed["proj"]((pixels - mean) / std).flatten(2).mT
        tokens = torch.cat([self.cls_token.expand(len(pixels), -1, -1), patches], dim=1) + self.positions()
        features: Tensor = self.norm(self.blocks(tokens))[:, 0]
        return features, features[:, :0]

    def positions(self) -> Tensor:
        """Position embeddings (1, 257, width): those of a grid of 37 x 37, resized to 16 x 16."""
        side = INPUT_SIZE // PATCH
        grid = self.pos_embed[:, 1:].mT.unflatten(2, (GRID, GRID))
        scale = (side + OFFSET) / GRID
        resized = F.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
        return torch.cat([self.pos_embed[:, :1], resized.flatten(2).mT], dim=1)


class Block(nn.Module):
    """x + g1 attention(norm(x)), then x + g2 mlp(norm(x)), with a gain for each channel."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.mlp = Mlp(width)
        self.ls1, self.ls2 = LayerScale(width), LayerScale(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x)))
        found: Tensor = x + self.ls2(self.mlp(self.norm2(x)))
        return found


class LayerScale(nn.Module):
    """A gain for each channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class Attention(nn.Module):
    """Self-attention of several heads, of all tokens to all."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value)
        found: Tensor = self.proj(attended.transpose(1, 2).flatten(2))
        return found


class Mlp(nn.Module):
    """Two layers with a GELU between, four times as wide inside."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return found
