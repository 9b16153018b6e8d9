"""Sample sheets: tiles apart, large enough to see, equal bytes."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from ganmatrix.stages.pictures import image_grid


def _sheet(images: torch.Tensor) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(image_grid(images))))


@pytest.mark.parametrize(("size", "factor"), [(16, 3), (32, 2), (20, 3), (64, 1)])
def test_tiles_are_at_least_48_pixels_with_a_gutter_between(size, factor):
    sheet = _sheet(torch.ones(64, 1, size, size))
    step = factor * (size + 1)
    assert sheet.shape == (8 * step - factor, 8 * step - factor)
    gutter = np.arange(len(sheet)) % step >= factor * size
    assert (sheet[gutter] == 128).all()
    assert (sheet[:, gutter] == 128).all()
    assert (sheet[~gutter][:, ~gutter] == 255).all()


def test_colour_and_order_are_kept():
    images = torch.full((64, 3, 16, 16), -1.0)
    images[9, 1] = 1.0
    sheet = _sheet(images)
    assert (sheet[51:99, 51:99] == (0, 255, 0)).all()
    assert (sheet[:48, :48] == 0).all()


def test_equal_samples_give_equal_bytes():
    images = torch.rand(64, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert image_grid(images) == image_grid(images)
