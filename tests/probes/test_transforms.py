"""Rotation, translation and scaling: what they do to images exactly, and to a D."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.transforms import rotate, scale, translate


def _close(found: Tensor, expected: Tensor) -> bool:
    return found.shape == expected.shape and torch.allclose(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("size", [16, 17, 32])
@pytest.mark.parametrize("channels", [1, 3])
def test_neutral_amounts_are_the_identity(size: int, channels: int) -> None:
    images = torch.rand(3, channels, size, size)
    for transformed in (rotate(images, 0), translate(images, 0), scale(images, 1)):
        assert _close(transformed, images)


@pytest.mark.parametrize(("degrees", "quarters"), [(90, 1), (180, 2)])
def test_quarter_turns_are_exact_and_go_both_ways(images, degrees: int, quarters: int) -> None:
    turned = rotate(images, degrees)
    assert _close(turned[::2], images[::2].rot90(quarters, (2, 3)))
    assert _close(turned[1::2], images[1::2].rot90(-quarters, (2, 3)))


def test_whole_pixels_are_moved_exactly_in_four_directions_with_mirrored_edges(images) -> None:
    moved = translate(images, 3 / 16)
    mirrored = F.pad(images, (3, 3, 3, 3), mode="replicate")
    mirrored[:, :, :, :3], mirrored[:, :, :, -3:] = (
        mirrored[:, :, :, 3:6].flip(3),
        mirrored[:, :, :, -6:-3].flip(3),
    )
    mirrored[:, :, :3], mirrored[:, :, -3:] = mirrored[:, :, 3:6].flip(2), mirrored[:, :, -6:-3].flip(2)
    for turn, (top, left) in enumerate([(3, 0), (0, 3), (3, 6), (6, 3)]):
        assert _close(moved[turn::4], mirrored[turn::4, :, top : top + 16, left : left + 16])


def test_doubling_shows_the_middle_and_halving_brings_the_image_back() -> None:
    ramp = torch.linspace(-1, 1, 16).expand(1, 1, 16, 16)
    doubled = scale(ramp, 2)
    assert _close(doubled, ramp / 2)
    assert _close(scale(doubled, 0.5)[..., 4:12], ramp[..., 4:12])


def test_values_stay_within_those_of_the_image(images) -> None:
    for transformed in (rotate(images, 33), translate(images, 0.11), scale(images, 0.75)):
        assert transformed.min() >= images.min() - 1e-6
        assert transformed.max() <= images.max() + 1e-6
        assert transformed.shape == images.shape


class Upright(nn.Module):
    """D that calls an image real where its upper half is lighter than its lower one."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :8].mean(dim=(1, 2, 3)) - x[:, :, 8:].mean(dim=(1, 2, 3))


def test_curves_of_a_discriminator_that_knows_what_is_up(play, params, stream) -> None:
    light_above = torch.linspace(1, -1, 16)[:, None].expand(16, 1, 16, 16).contiguous()
    params = params.model_copy(update={"rotation_degrees": [0, 45, 135, 180]})
    entries = probe(play(Upright().eval(), light_above, -light_above, bounded=True), params, stream)
    for measure in ("accuracy", "auroc"):
        assert entries[f"rotation_{measure}"]["curve"] == {
            "axis": "degrees",
            "at": [0, 45, 135, 180],
            "value": [1, 1, 0, 0],
        }
        assert entries[f"rotation_{measure}"]["value"] == pytest.approx(0.5)
        assert entries[f"translation_{measure}"]["value"] == pytest.approx(1)
        assert entries[f"scaling_{measure}"]["curve"]["at"] == [0.75, 0.875, 1, 1.125, 1.25]
    assert entries["translation_auroc"]["curve"]["axis"] == "side_share"
    assert entries["rotation_auroc"]["protocol"]["padding"] == "reflection"


def test_the_neutral_amount_measures_the_images_themselves(
    convolutional, images, play, params, stream
) -> None:
    entries = probe(play(convolutional, images, -images, bounded=True), params, stream)
    for name, index in (("rotation", 0), ("translation", 0), ("scaling", 2)):
        for measure in ("accuracy", "auroc"):
            value = entries[f"{name}_{measure}"]["curve"]["value"][index]
            assert value == entries[f"clean_{measure}"]["value"]


def test_points_have_none(linear, play, params, stream) -> None:
    points = torch.randn(16, 2)
    entries = probe(play(linear, points, -points), params, stream)
    for name in ("rotation_auroc", "translation_auroc", "scaling_accuracy", "corruption_jpeg_auroc"):
        assert entries[name]["value"] is None
        assert entries[name]["applies"] is False
        assert "points have no" in entries[name]["reason"]


def test_rotation_keeps_a_disc_in_place() -> None:
    axis = torch.arange(32) - 15.5
    disc = (axis[:, None].hypot(axis) < 10).float()[None, None]
    assert (rotate(disc, 30) - disc).abs().mean() < 0.03
    assert math.isclose(rotate(disc, 30).sum(), disc.sum(), rel_tol=0.01)
