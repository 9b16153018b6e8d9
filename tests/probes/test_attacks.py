"""FGSM and PGD against torchattacks and in closed form; noise as their control."""

import pytest
import torch
import torchattacks
from torch import Tensor, nn

from ganmatrix.probes.fgsm import fgsm
from ganmatrix.probes.noise import sign_noise
from ganmatrix.probes.perturbation import Push
from ganmatrix.probes.pgd import pgd


class TwoClasses(nn.Module):
    """A logit D as the classes fake (0) and real (1), on images in [0, 1] as torchattacks has them."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, images: Tensor) -> Tensor:
        logits = self.discriminator(2 * images - 1)
        return torch.stack([torch.zeros_like(logits), logits], dim=1)


@pytest.mark.parametrize(("push", "label"), [(Push.DOWN, 1), (Push.UP, 0)])
def test_fgsm_equals_torchattacks(convolutional, images, push: Push, label: int) -> None:
    theirs = torchattacks.FGSM(TwoClasses(convolutional).eval(), eps=4 / 255)
    expected = 2 * theirs((images + 1) / 2, torch.full((len(images),), label)) - 1
    attacked = fgsm(convolutional, images, 8 / 255, push, bounded=True)
    torch.testing.assert_close(attacked, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("push", "label"), [(Push.DOWN, 1), (Push.UP, 0)])
def test_pgd_equals_torchattacks(convolutional, images, push: Push, label: int) -> None:
    theirs = torchattacks.PGD(
        TwoClasses(convolutional).eval(), eps=8 / 255, alpha=2 / 255, steps=7, random_start=False
    )
    expected = 2 * theirs((images + 1) / 2, torch.full((len(images),), label)) - 1
    attacked = pgd(convolutional, images, 16 / 255, push, 7, 0.25, bounded=True, generator=None)
    torch.testing.assert_close(attacked, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("push", Push)
def test_fgsm_shifts_a_linear_logit_by_the_l1_norm(linear, push: Push) -> None:
    points = torch.randn(6, 2)
    attacked = fgsm(linear, points, 0.3, push, bounded=False)
    torch.testing.assert_close(linear(attacked) - linear(points), torch.full((6,), push * 0.3 * 7))


def test_pgd_reaches_the_corner_of_the_ball_on_a_linear_logit(linear, stream) -> None:
    points = torch.randn(6, 2)
    attacked = pgd(linear, points, 0.3, Push.UP, 10, 0.25, bounded=False, generator=stream)
    torch.testing.assert_close(attacked, fgsm(linear, points, 0.3, Push.UP, bounded=False))


def test_pgd_is_at_least_as_strong_as_fgsm(convolutional, images, stream) -> None:
    with torch.no_grad():
        one_step = convolutional(fgsm(convolutional, images, 0.2, Push.UP, bounded=True)).mean()
        many = pgd(convolutional, images, 0.2, Push.UP, 10, 0.25, bounded=True, generator=stream)
        assert convolutional(many).mean() > one_step


def test_perturbations_stay_in_the_ball_and_in_bounds(convolutional, images, stream) -> None:
    for perturbed in (
        fgsm(convolutional, images, 0.2, Push.DOWN, bounded=True),
        pgd(convolutional, images, 0.2, Push.DOWN, 10, 0.25, bounded=True, generator=stream),
        sign_noise(images, 0.2, bounded=True, generator=stream),
    ):
        assert (perturbed - images).abs().max().item() == pytest.approx(0.2, abs=1e-6)
        assert perturbed.abs().max() <= 1


def test_noise_is_balanced_and_of_full_strength(stream) -> None:
    noise = sign_noise(torch.zeros(100, 2, 10, 10), 0.5, bounded=False, generator=stream)
    assert set(noise.unique().tolist()) == {-0.5, 0.5}
    assert abs(noise.mean().item()) < 4 * 0.5 / 20000**0.5


def test_strength_zero_changes_nothing(convolutional, images, stream) -> None:
    for unchanged in (
        fgsm(convolutional, images, 0.0, Push.UP, bounded=True),
        pgd(convolutional, images, 0.0, Push.UP, 3, 0.25, bounded=True, generator=stream),
        sign_noise(images, 0.0, bounded=True, generator=stream),
    ):
        assert torch.equal(unchanged, images)
