"""Sample sheets: tiles apart, large enough to see, equal bytes."""

import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganmatrix.training.pictures import NOTE, attacked_images, attacked_points, image_grid


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


def _attacked(picture: bytes) -> tuple[np.ndarray, dict[str, object]]:
    shown = Image.open(io.BytesIO(picture))
    return np.array(shown), json.loads(shown.text[NOTE])


def test_a_perturbation_of_full_strength_is_black_or_white():
    reals = torch.zeros(3, 1, 16, 16)
    attacked = reals.clone()
    attacked[0] += 0.25
    attacked[1] -= 0.25
    sheet, note = _attacked(attacked_images(reals, attacked, 0.25, {"before": [1.0]}))
    assert note == {"before": [1.0], "amplified": 4.0}
    row = sheet[51 + 24]
    assert [int(row[51 * column + 24]) for column in range(3)] == [255, 0, 128]
    assert int(sheet[102 + 24, 24]) == round(1.25 * 127.5)


def test_arrows_point_along_the_attack_and_tell_who_is_fooled():
    reals, attacked = torch.zeros(2, 2), torch.tensor([[0.1, 0.0], [0.0, 0.1]])
    plane = np.zeros((32, 32))
    sheet, note = _attacked(attacked_points(reals, attacked, [1.0, -1.0], plane, 1.0, 0.1, {}))
    assert note == {"amplified": pytest.approx(1.2)}
    right, up = sheet[128, 138], sheet[118, 128]
    assert right.max() < 128
    assert int(up[0]) - int(up[2]) > 100
    assert (sheet[128, 118] == 255).all()
    assert (sheet[138, 128] == 255).all()


def test_the_plane_is_blue_where_it_is_real_and_vermilion_where_it_is_fake():
    none = torch.zeros(0, 2)
    plane = np.where(np.arange(32) < 16, 9.0, -9.0) * np.ones((32, 1))
    sheet, _ = _attacked(attacked_points(none, none, [], plane, 1.0, 0.1, {}))
    left, right = (sheet[128, column].astype(int) for column in (20, 236))
    assert left[2] > left[0]
    assert right[0] > right[2]
