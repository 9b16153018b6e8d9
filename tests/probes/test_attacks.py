"""Attacks in L-infinity and L2 against torchattacks and in closed form; noise as their control."""

import math

import pytest
import torch
import torchattacks
from torch import Tensor, nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.discrimination import robustness_curves
from ganmatrix.probes.fgsm import fast_gradient
from ganmatrix.probes.noise import noisy
from ganmatrix.probes.perturbation import L2, LINF, Ball, Push
from ganmatrix.probes.pgd import pgd
from ganmatrix.probes.subject import Subject

BALLS = pytest.mark.parametrize("ball", [LINF, L2], ids=["linf", "l2"])
DIRECTIONS = pytest.mark.parametrize(("push", "label"), [(Push.DOWN, 1), (Push.UP, 0)], ids=["real", "fake"])
ROOT_D = 16  # of 16x16 grey images


class TwoClasses(nn.Module):
    """A logit D as the classes fake (0) and real (1), on images in [0, 1] as torchattacks has them."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.discriminator = discriminator

    def forward(self, images: Tensor) -> Tensor:
        logits = self.discriminator(2 * images - 1)
        return torch.stack([torch.zeros_like(logits), logits], dim=1)


def _theirs(attack: torchattacks.attack.Attack, images: Tensor, label: int) -> Tensor:
    return 2 * attack((images + 1) / 2, torch.full((len(images),), label)) - 1


def _rms(samples: Tensor) -> Tensor:
    return samples.flatten(1).square().mean(dim=1).sqrt()


@DIRECTIONS
def test_fgsm_equals_torchattacks(convolutional, images, push: Push, label: int) -> None:
    theirs = torchattacks.FGSM(TwoClasses(convolutional).eval(), eps=4 / 255)
    attacked = fast_gradient(convolutional, images, 8 / 255, push, LINF, bounded=True)
    torch.testing.assert_close(attacked, _theirs(theirs, images, label), atol=1e-6, rtol=0)


@DIRECTIONS
def test_fgsm_in_l2_equals_one_full_step_of_torchattacks(convolutional, images, push, label) -> None:
    radius = 4 / 255 * ROOT_D
    theirs = torchattacks.PGDL2(
        TwoClasses(convolutional).eval(), eps=radius, alpha=radius, steps=1, random_start=False
    )
    attacked = fast_gradient(convolutional, images, 8 / 255, push, L2, bounded=True)
    torch.testing.assert_close(attacked, _theirs(theirs, images, label), atol=1e-6, rtol=0)


@DIRECTIONS
def test_pgd_equals_torchattacks(convolutional, images, push: Push, label: int) -> None:
    theirs = torchattacks.PGD(
        TwoClasses(convolutional).eval(), eps=8 / 255, alpha=2 / 255, steps=7, random_start=False
    )
    attacked = pgd(convolutional, images, 16 / 255, push, LINF, 7, 0.25, bounded=True, generator=None)
    torch.testing.assert_close(attacked, _theirs(theirs, images, label), atol=1e-6, rtol=0)


@DIRECTIONS
def test_pgd_in_l2_equals_torchattacks(convolutional, images, push: Push, label: int) -> None:
    radius = 8 / 255 * ROOT_D
    theirs = torchattacks.PGDL2(
        TwoClasses(convolutional).eval(), eps=radius, alpha=radius / 4, steps=7, random_start=False
    )
    attacked = pgd(convolutional, images, 16 / 255, push, L2, 7, 0.25, bounded=True, generator=None)
    torch.testing.assert_close(attacked, _theirs(theirs, images, label), atol=1e-6, rtol=0)


@pytest.mark.parametrize("push", Push)
@pytest.mark.parametrize(("ball", "dual_norm"), [(LINF, 3 + 4), (L2, math.sqrt(2) * 5)], ids=["linf", "l2"])
def test_attacks_shift_a_linear_logit_by_the_dual_norm(linear, stream, push, ball, dual_norm) -> None:
    points = torch.randn(6, 2)
    expected = torch.full((6,), push * 0.3 * dual_norm)
    for attacked in (
        fast_gradient(linear, points, 0.3, push, ball, bounded=False),
        pgd(linear, points, 0.3, push, ball, 40, 0.25, bounded=False, generator=stream),
    ):
        torch.testing.assert_close(linear(attacked) - linear(points), expected, rtol=1e-4, atol=1e-5)


@BALLS
def test_pgd_is_at_least_as_strong_as_fgsm(convolutional, images, stream, ball: Ball) -> None:
    with torch.no_grad():
        one_step = convolutional(fast_gradient(convolutional, images, 0.2, Push.UP, ball, bounded=True))
        many = pgd(convolutional, images, 0.2, Push.UP, ball, 10, 0.25, bounded=True, generator=stream)
        assert convolutional(many).mean() > one_step.mean()


@BALLS
def test_perturbations_stay_in_the_ball_and_in_bounds(convolutional, images, stream, ball: Ball) -> None:
    for perturbed in (
        fast_gradient(convolutional, images, 0.2, Push.DOWN, ball, bounded=True),
        pgd(convolutional, images, 0.2, Push.DOWN, ball, 10, 0.25, bounded=True, generator=stream),
        noisy(images, 0.2, ball, bounded=True, generator=stream),
    ):
        assert 0.1 < _rms(perturbed - images).max() <= 0.2 + 1e-6
        assert perturbed.abs().max() <= 1
        if ball is LINF:
            assert (perturbed - images).abs().max().item() == pytest.approx(0.2, abs=1e-6)


@BALLS
def test_strength_zero_changes_nothing(convolutional, images, stream, ball: Ball) -> None:
    for unchanged in (
        fast_gradient(convolutional, images, 0.0, Push.UP, ball, bounded=True),
        pgd(convolutional, images, 0.0, Push.UP, ball, 3, 0.25, bounded=True, generator=stream),
        noisy(images, 0.0, ball, bounded=True, generator=stream),
    ):
        assert torch.equal(unchanged, images)


@pytest.mark.parametrize("size", [0.0, 1e-42, 1e-30, 1.0, 1e30])
def test_steepest_directions_have_rms_one_at_any_size_of_the_gradient(size: float) -> None:
    gradient = size * torch.tensor([[[3.0, -4.0]], [[0.0, 1.0]]])
    expected = math.sqrt(2) * torch.tensor([[[0.6, -0.8]], [[0.0, 1.0]]]) * (size > 0)
    torch.testing.assert_close(L2.steepest(gradient), expected, rtol=2e-3, atol=1e-6)
    assert torch.equal(LINF.steepest(gradient), expected.sign())


def test_projection_keeps_what_is_inside_and_shortens_what_is_not() -> None:
    inside, outside = torch.tensor([[0.1, -0.1]]), torch.tensor([[3.0, -4.0]])
    for ball, nearest in ((LINF, [[0.5, -0.5]]), (L2, [[0.3 * math.sqrt(2), -0.4 * math.sqrt(2)]])):
        assert torch.equal(ball.project(inside, 0.5), inside)
        torch.testing.assert_close(ball.project(outside, 0.5), torch.tensor(nearest))
        assert torch.equal(ball.project(torch.zeros(1, 2), 0.0), torch.zeros(1, 2))
        just_outside = torch.tensor([[0.51, 0.51]])
        torch.testing.assert_close(ball.project(just_outside, 0.5), torch.tensor([[0.5, 0.5]]))


@BALLS
def test_noise_has_the_stated_norm_in_a_balanced_direction(stream, ball: Ball) -> None:
    noise = noisy(torch.zeros(100, 2, 10, 10), 0.5, ball, bounded=False, generator=stream)
    torch.testing.assert_close(_rms(noise), torch.full((100,), 0.5))
    assert abs(noise.mean().item()) < 4 * 0.5 / 20000**0.5
    if ball is LINF:
        assert set(noise.unique().tolist()) == {-0.5, 0.5}


@BALLS
def test_starts_lie_in_the_ball(stream, ball: Ball) -> None:
    starts = ball.random_start(torch.zeros(1000, 3), stream)
    assert _rms(starts).max() <= 1 + 1e-6
    assert starts.abs().max() > 0.9
    assert (starts.mean(dim=0).abs() < 0.1).all()


class Fragile(nn.Module):
    """D(x) = 5 x_1 + x_2 + ... + x_100: reals lie at x_1 = 1, fakes at -1, and all else is a weakness."""

    def forward(self, x: Tensor) -> Tensor:
        return 5 * x[:, 0] + x[:, 1:].sum(dim=1)


def test_a_planted_weakness_is_told_from_sensitivity(play, params, stream) -> None:
    """At strength 0.3 attacks move logits of +-5 by 31 and 33, noise by a standard deviation of 3.3."""
    reals, fakes = torch.zeros(200, 100), torch.zeros(200, 100)
    reals[:, 0], fakes[:, 0] = 1, -1
    params = params.model_copy(update={"point_strengths": [0, 0.1, 0.3]})
    entries = probe(play(Fragile().eval(), reals, fakes), params, stream)
    last = {name: entry["curve"]["value"][-1] for name, entry in entries.items() if "curve" in entry}
    for attack in ("fgsm", "fgsm_l2", "pgd", "pgd_l2", "universal"):
        assert last[f"{attack}_accuracy"] == last[f"{attack}_auroc"] == 0
    for control in ("noise", "noise_l2"):
        assert last[f"{control}_accuracy"] == pytest.approx(0.933, abs=0.04)


def test_each_side_alone(linear, play, params, stream) -> None:
    """Reals at logit 0.5, fakes at -0.2: an attack that moves logits by 0.3 flips the fakes alone."""
    reals, fakes = torch.tensor([[0.5 / 3, 0.0]] * 20), torch.tensor([[-0.2 / 3, 0.0]] * 20)
    params = params.model_copy(update={"point_strengths": [0, 0.3 / 7, 1 / 7]})
    entries = probe(play(linear, reals, fakes), params, stream)
    for attack in ("fgsm", "pgd", "universal"):
        curves = {
            name.removeprefix(f"{attack}_"): entry["curve"]["value"]
            for name, entry in entries.items()
            if name.startswith(f"{attack}_") and "l2" not in name
        }
        assert curves == {
            "accuracy": [1, 0.5, 0],
            "auroc": [1, 1, 0],
            "real_accuracy": [1, 1, 0],
            "real_auroc": [1, 1, 0],
            "fake_accuracy": [1, 0, 0],
            "fake_auroc": [1, 1, 0],
        }


def test_alone_a_side_is_compared_with_the_other_as_it_is(play, params, stream) -> None:
    """Logits 1 of reals, 0 of fakes; at strength 0.6 an attack makes them 0.4 and 0.6."""

    class First(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, 0]

    reals, fakes = torch.tensor([[1.0, 0.0]] * 16), torch.zeros(16, 2)
    params = params.model_copy(update={"point_strengths": [0, 0.6]})
    entries = probe(play(First().eval(), reals, fakes), params, stream)
    aurocs = {side: entries[f"fgsm{side}_auroc"]["curve"]["value"] for side in ("", "_real", "_fake")}
    assert aurocs == {"": [1, 0], "_real": [1, 1], "_fake": [1, 1]}


def test_both_sides_are_perturbed_once_a_strength(linear, play, params, stream) -> None:
    calls = []

    def perturb(discriminator: nn.Module, inputs: Tensor, strength: float, push: Push) -> Tensor:
        calls.append((strength, push))
        return inputs

    game = play(linear, torch.randn(16, 2), torch.randn(16, 2))
    robustness_curves("none", Subject(linear, linear, game, params, stream), perturb, {})
    assert calls == [(0.1, Push.DOWN), (0.1, Push.UP)]
