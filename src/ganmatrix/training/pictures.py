"""Sample grids as PNG bytes, without a plotting library."""

import io
import json
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

GRID = 8
TILE = 48
GUTTER = 128
POINT_RASTER = 256
POINT_MARGIN = 1.3
"""Half the side of a raster, as a multiple of the largest coordinate of the data."""
ARROW = 0.12
"""Length of an arrow for the full strength of an attack, as a share of half the side."""
SUPERSAMPLING = 2
NOTE = "ganmatrix"
"""The text field of a PNG that has, as JSON, the facts that the picture cannot show."""
REAL, FAKE = np.array([0, 114, 178]), np.array([213, 94, 0])
"""Okabe and Ito's blue and vermilion, where D says real and where it says fake."""


def to_uint8(images: Tensor) -> NDArray[np.uint8]:
    """Images in [-1, 1] as bytes of a saved image. Values that are not finite become 0."""
    levels = ((images.float().cpu() + 1) * 127.5).nan_to_num(0.0).round().clamp(0, 255)
    return levels.byte().numpy()


def image_grid(images: Tensor) -> bytes:
    """The first GRID x GRID images (N, C, H, W) side by side, each enlarged to at least TILE pixels.

    A grey line, one pixel wide before enlarging, separates neighbours.
    """
    pixels = to_uint8(images[: GRID * GRID])
    _, channels, height, width = pixels.shape
    rows = len(pixels) // GRID
    tiles = np.pad(pixels[: rows * GRID], ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.uint8(GUTTER))
    return _sheet(tiles.reshape(rows, GRID, channels, height + 1, width + 1))


def point_raster(points: Tensor, extent: float) -> bytes:
    """Points (N, 2) as dark dots on a light square that spans [-extent, extent] in both directions."""
    finite = points[points.isfinite().all(dim=1)].cpu().numpy()
    edges = np.linspace(-extent, extent, POINT_RASTER + 1)
    counts, _, _ = np.histogram2d(-finite[:, 1], finite[:, 0], bins=(edges, edges))
    shade = np.where(counts > 0, 170 - 170 * np.minimum(counts, 6) / 6, 245)
    return _png(Image.fromarray(shade.astype(np.uint8)))


def matched_images(samples: Tensor, matches: NDArray[np.uint8]) -> bytes:
    """Images (N, C, H, W) in the first column, each followed by its matches (N, K, C, H, W), by rows."""
    rows = np.concatenate([to_uint8(samples)[:, None], matches], axis=1)
    tiles = np.pad(rows, ((0, 0), (0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.uint8(GUTTER))
    return _sheet(tiles)


def matched_points(samples: Tensor, train: NDArray[np.floating]) -> bytes:
    """Training points in light grey with generated points (N, 2) in black over them."""
    extent = float(np.abs(train).max()) * POINT_MARGIN
    edges = np.linspace(-extent, extent, POINT_RASTER + 1)

    def hit(points: NDArray[np.floating]) -> NDArray[np.bool_]:
        return np.histogram2d(-points[:, 1], points[:, 0], bins=(edges, edges))[0] > 0

    shade = np.where(hit(samples.cpu().numpy()), 0, np.where(hit(train), 190, 245))
    return _png(Image.fromarray(shade.astype(np.uint8)))


def attacked_images(reals: Tensor, attacked: Tensor, strength: float, note: Mapping[str, object]) -> bytes:
    """One column for each image.

    The rows: the image, its perturbation, the attacked image (all (N, C, H, W) in [-1, 1]).

    The perturbation is drawn on middle grey, amplified so that the full strength becomes black or white.
    """
    amplified = 1 / strength
    rows = torch.stack([reals, (attacked - reals) * amplified, attacked])
    pixels = to_uint8(rows.flatten(0, 1)).reshape(rows.shape)
    tiles = np.pad(pixels, ((0, 0),) * 3 + ((0, 1), (0, 1)), constant_values=np.uint8(GUTTER))
    return _sheet(tiles, {**note, "amplified": amplified})


def attacked_points(
    reals: Tensor,
    attacked: Tensor,
    logits: Sequence[float],
    landscape: NDArray[np.floating],
    extent: float,
    strength: float,
    note: Mapping[str, object],
) -> bytes:
    """Arrows from points (N, 2) to the places where the attack moves them, over D's verdict in the plane.

    `landscape` (S, S) has D's logits within [-extent, extent], `logits` (N,) those after the attack. If D
    takes a point for a fake after the attack, its arrow is vermilion and thick. Arrows are amplified.
    """
    amplified = ARROW * extent / strength
    side = POINT_RASTER * SUPERSAMPLING
    sure = np.tanh(landscape / 2)[..., None]
    shade = 255 - np.abs(sure) * (255 - np.where(sure > 0, REAL, FAKE)) * 0.4
    picture = Image.fromarray(shade.round().astype(np.uint8)).resize((side, side))
    draw = ImageDraw.Draw(picture)
    pixels = side / (2 * extent)
    for start, end, logit in zip(reals.tolist(), attacked.tolist(), logits, strict=True):
        x, y = (start[0] + extent) * pixels, (extent - start[1]) * pixels
        dx, dy = ((end[0] - start[0]) * amplified * pixels, (start[1] - end[1]) * amplified * pixels)
        ink, width = ((150, 50, 0), 4) if logit <= 0 else ((0, 0, 0), 2)
        draw.line((x, y, x + dx, y + dy), fill=ink, width=width)
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=ink)
    small = picture.resize((POINT_RASTER, POINT_RASTER), Image.Resampling.LANCZOS)
    return _png(small, {**note, "amplified": amplified})


def blank(note: Mapping[str, object] | None = None) -> bytes:
    """A plain grey tile, for the case that there is nothing to show."""
    return _png(Image.fromarray(np.full((TILE, TILE), GUTTER, dtype=np.uint8)), note)


def _sheet(tiles: NDArray[np.uint8], note: Mapping[str, object] | None = None) -> bytes:
    """Tiles (R, C, channels, h + 1, w + 1), with their gutters, as rows of a sheet."""
    rows, across, channels, height, width = tiles.shape
    sheet = tiles.transpose(0, 3, 1, 4, 2).reshape(rows * height, across * width, channels)[:-1, :-1]
    picture = Image.fromarray(sheet.squeeze(2) if channels == 1 else sheet)
    factor = max(1, math.ceil(TILE / (min(height, width) - 1)))
    size = (picture.width * factor, picture.height * factor)
    return _png(picture.resize(size, Image.Resampling.NEAREST), note)


def _png(picture: Image.Image, note: Mapping[str, object] | None = None) -> bytes:
    fields = PngInfo()
    if note is not None:
        fields.add_text(NOTE, json.dumps(note))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=fields)
    return buffer.getvalue()
