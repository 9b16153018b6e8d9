"""Common corruptions: their formulas, their determinism, and what D makes of them."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.filters import gaussian
from skimage.metrics import mean_squared_error

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.corruptions import CORRUPTIONS, corrupt

KINDS = pytest.mark.parametrize("kind", CORRUPTIONS)
SEVERITIES = (1, 2, 3, 4, 5)
RANDOM = ("gaussian_noise", "shot_noise", "impulse_noise")


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def _smooth(channels: int, size: int, count: int = 8) -> torch.Tensor:
    """Images with structure, a different one in each channel, in [-0.9, 0.9]."""
    wave = torch.linspace(0, 3, size)
    phase = torch.arange(count * channels).reshape(count, channels, 1, 1)
    return 0.9 * torch.sin(3 * wave[:, None] + wave + phase)


@KINDS
@pytest.mark.parametrize(("channels", "size"), [(1, 16), (3, 16), (1, 128), (3, 48)])
def test_images_of_every_size_keep_shape_type_and_range_and_are_changed(kind, channels, size) -> None:
    images = _smooth(channels, size, count=2)
    before = images.clone()
    for severity in SEVERITIES:
        corrupted = corrupt(images, kind, severity, _rng())
        assert (corrupted.shape, corrupted.dtype) == (images.shape, images.dtype)
        assert corrupted.abs().max() <= 1
        assert not torch.allclose(corrupted, images, atol=1e-3)
    assert torch.equal(images, before)


@KINDS
def test_the_same_chance_gives_the_same_bits(kind: str) -> None:
    first, second, other = (corrupt(_smooth(3, 16), kind, 3, _rng(seed)) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert torch.equal(first, other) == (kind not in RANDOM)


@KINDS
@pytest.mark.parametrize("channels", [1, 3])
def test_severity_grows(kind: str, channels: int) -> None:
    images = _smooth(channels, 32, count=16)
    errors = [
        mean_squared_error(images.numpy(), corrupt(images, kind, severity, _rng()).numpy())
        for severity in SEVERITIES
    ]
    assert errors == sorted(errors)


@KINDS
def test_each_image_is_corrupted_for_itself(kind: str) -> None:
    if kind not in RANDOM:
        images = _smooth(3, 16)
        alone = torch.cat([corrupt(image[None], kind, 4, _rng()) for image in images])
        torch.testing.assert_close(corrupt(images, kind, 4, _rng()), alone)


@pytest.mark.parametrize(("severity", "std"), [(1, 0.04), (5, 0.10)])
def test_gaussian_noise_has_its_spread(severity: int, std: float) -> None:
    grey = torch.zeros(50, 1, 32, 32)
    assert corrupt(grey, "gaussian_noise", severity, _rng()).std().item() / 2 == pytest.approx(std, rel=0.02)


def test_shot_noise_counts_photons() -> None:
    half = corrupt(torch.zeros(50, 1, 32, 32), "shot_noise", 5, _rng()) / 2 + 0.5
    assert half.mean().item() == pytest.approx(0.5, rel=0.01)
    assert half.var().item() == pytest.approx(0.5 / 50, rel=0.05)
    torch.testing.assert_close(half * 50, (half * 50).round(), rtol=0, atol=1e-4)


def test_impulse_noise_is_salt_and_pepper() -> None:
    noisy = corrupt(torch.zeros(50, 1, 32, 32), "impulse_noise", 5, _rng())
    assert set(noisy.unique().tolist()) == {-1, 0, 1}
    assert (noisy != 0).float().mean().item() == pytest.approx(0.07, rel=0.05)


def test_gaussian_blur_equals_scikit_images() -> None:
    images = _smooth(3, 32)
    for image, blurred in zip(images, corrupt(images, "gaussian_blur", 5, _rng()), strict=True):
        expected = 2 * gaussian((image.numpy() + 1) / 2, sigma=1, channel_axis=0) - 1
        torch.testing.assert_close(blurred, torch.from_numpy(expected), rtol=0, atol=1e-5)


def test_contrast_shrinks_deviations_from_each_channels_mean() -> None:
    images = _smooth(3, 32)
    flat = corrupt(images, "contrast", 3, _rng())
    mean = images.mean(dim=(2, 3), keepdim=True)
    torch.testing.assert_close(flat, mean + 0.4 * (images - mean), rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_brightness_adds_to_the_value(channels: int) -> None:
    images = _smooth(channels, 32) / 2
    lighter = corrupt(images, "brightness", 2, _rng())
    expected = images.amax(dim=1) + 2 * 0.10
    torch.testing.assert_close(lighter.amax(dim=1), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("severity", "pixels"), [(1, 19), (4, 15), (5, 13)])
def test_pixelation_leaves_fewer_pixels(severity: int, pixels: int) -> None:
    ramp = torch.linspace(-1, 1, 20).expand(1, 1, 20, 20)
    coarse = corrupt(ramp, "pixelate", severity, _rng())
    assert len(coarse.unique()) == pixels
    torch.testing.assert_close(coarse, ramp, rtol=0, atol=2 / 19)


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_jpeg_is_pillows_own(channels: int, mode: str) -> None:
    images = _smooth(channels, 32)
    levels = ((images + 1) * 127.5).round().byte().numpy().transpose(0, 2, 3, 1)
    stored = io.BytesIO()
    Image.fromarray(levels[0].squeeze()).save(stored, "JPEG", quality=40)
    with Image.open(stored) as read:
        assert read.mode == mode
        expected = np.asarray(read).reshape(levels[0].shape).transpose(2, 0, 1)
    found = ((corrupt(images, "jpeg", 5, _rng())[0] + 1) * 127.5).round().byte()
    assert np.array_equal(found.numpy(), expected)


def test_zoom_blur_keeps_the_centre_and_blurs_the_rim() -> None:
    images = _smooth(1, 33)
    change = (corrupt(images, "zoom_blur", 5, _rng()) - images).abs()
    torch.testing.assert_close(change[..., 16, 16], torch.zeros(8, 1), rtol=0, atol=1e-5)
    assert change[..., 0, :].mean() > 2 * change[..., 14:19, 14:19].mean()


@KINDS
def test_constant_images_stay_finite(kind: str) -> None:
    for value in (-1.0, 0.0, 1.0):
        assert corrupt(torch.full((2, 3, 16, 16), value), kind, 5, _rng()).isfinite().all()


@KINDS
def test_what_is_not_finite_is_refused(kind: str) -> None:
    images = _smooth(1, 16)
    images[0, 0, 0, 0] = torch.nan
    with pytest.raises(FloatingPointError, match="not finite"):
        corrupt(images, kind, 1, _rng())


def test_columns_sum_up_kinds_and_severities(convolutional, images, play, params, stream) -> None:
    entries = probe(play(convolutional, images, images.flip(0) / 2, bounded=True), params, stream)
    curves = {kind: entries[f"corruption_{kind}_auroc"]["curve"] for kind in CORRUPTIONS}
    for kind, curve in curves.items():
        assert (curve["axis"], curve["at"]) == ("severity", [1, 2, 3, 4, 5])
        assert entries[f"corruption_{kind}_auroc"]["value"] == pytest.approx(np.mean(curve["value"]))
    together = np.mean([curve["value"] for curve in curves.values()], axis=0)
    assert entries["corruptions_auroc"]["curve"]["value"] == pytest.approx(together.tolist())
    assert entries["corruptions_accuracy"]["value"] <= 1
