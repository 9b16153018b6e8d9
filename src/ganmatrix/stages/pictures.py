"""Sample grids as PNG bytes, without a plotting library."""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

GRID = 8
TILE = 48
GUTTER = 128
POINT_RASTER = 256
POINT_MARGIN = 1.3
"""Half the side of a raster, in units of the largest coordinate of the data."""


def to_uint8(images: Tensor) -> NDArray[np.uint8]:
    """Images in [-1, 1] as a saved image would hold them; what is not finite becomes 0."""
    levels = ((images.float().cpu() + 1) * 127.5).nan_to_num(0.0).round().clamp(0, 255)
    return levels.byte().numpy()


def image_grid(images: Tensor) -> bytes:
    """The first GRID x GRID images (N, C, H, W) side by side, each enlarged to TILE pixels at least.

    A grey line, a pixel wide before enlarging, keeps neighbours apart.
    """
    pixels = to_uint8(images[: GRID * GRID])
    _, channels, height, width = pixels.shape
    rows = len(pixels) // GRID
    tiles = np.pad(pixels[: rows * GRID], ((0, 0), (0, 0), (0, 1), (0, 1)), constant_values=np.uint8(GUTTER))
    return _sheet(tiles.reshape(rows, GRID, channels, height + 1, width + 1))


def point_raster(points: Tensor, extent: float) -> bytes:
    """Points (N, 2) as dark dots on a light square that spans [-extent, extent] both ways."""
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


def blank() -> bytes:
    """A plain grey tile, where there is nothing to show."""
    return _png(Image.fromarray(np.full((TILE, TILE), GUTTER, dtype=np.uint8)))


def _sheet(tiles: NDArray[np.uint8]) -> bytes:
    """Tiles (R, C, channels, h + 1, w + 1), with their gutters, as rows of a sheet."""
    rows, across, channels, height, width = tiles.shape
    sheet = tiles.transpose(0, 3, 1, 4, 2).reshape(rows * height, across * width, channels)[:-1, :-1]
    picture = Image.fromarray(sheet.squeeze(2) if channels == 1 else sheet)
    factor = max(1, math.ceil(TILE / (min(height, width) - 1)))
    return _png(picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
