"""Sample grids as PNG bytes, without a plotting library."""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

GRID = 8
POINT_RASTER = 256


def to_uint8(images: Tensor) -> NDArray[np.uint8]:
    """Images in [-1, 1] as a saved image would hold them; what is not finite becomes 0."""
    levels = ((images.float().cpu() + 1) * 127.5).nan_to_num(0.0).round().clamp(0, 255)
    return levels.byte().numpy()


def image_grid(images: Tensor) -> bytes:
    """The first GRID x GRID images (N, C, H, W) side by side, each enlarged to 32 pixels at least."""
    pixels = to_uint8(images[: GRID * GRID])
    _, channels, height, width = pixels.shape
    rows = len(pixels) // GRID
    grid = pixels[: rows * GRID].reshape(rows, GRID, channels, height, width)
    sheet = grid.transpose(0, 3, 1, 4, 2).reshape(rows * height, GRID * width, channels)
    picture = Image.fromarray(sheet.squeeze(2) if channels == 1 else sheet)
    factor = max(1, math.ceil(32 / height))
    return _png(picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST))


def point_raster(points: Tensor, extent: float) -> bytes:
    """Points (N, 2) as dark dots on a light square that spans [-extent, extent] both ways."""
    finite = points[points.isfinite().all(dim=1)].cpu().numpy()
    edges = np.linspace(-extent, extent, POINT_RASTER + 1)
    counts, _, _ = np.histogram2d(-finite[:, 1], finite[:, 0], bins=(edges, edges))
    shade = np.where(counts > 0, 170 - 170 * np.minimum(counts, 6) / 6, 245)
    return _png(Image.fromarray(shade.astype(np.uint8)))


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
