"""Weight clipping and instance noise, each against its formula written out."""

import copy
import itertools

import pytest
import torch

from helpers.technique_game import (
    IMAGES,
    LR,
    Game,
    flat_gradient,
    mean,
)


def test_weight_clipping():
    game = Game({"kind": "weight_clipping", "bound": 0.5}, loss="wasserstein", scale=2.0)
    game.step_discriminator()
    gradient = flat_gradient(game.contest(), game.naive_D)
    stepped = [
        value - LR * slope
        for value, slope in zip(
            itertools.chain(*(w.flatten().tolist() for w in game.naive_D.parameters())),
            gradient.tolist(),
            strict=True,
        )
    ]
    expected = [min(max(value, -0.5), 0.5) for value in stepped]
    found = list(itertools.chain(*(w.flatten().tolist() for w in game.D.parameters())))
    assert found == pytest.approx(expected, rel=1e-12)
    assert {-0.5, 0.5} <= set(found)
    assert max(map(abs, found)) == 0.5
    assert any(abs(value) < 0.5 for value in found)


def test_weight_clipping_leaves_weights_inside_the_bound_as_they_are():
    clipped, plain = (
        Game(*techniques, loss="wasserstein", scale=1.0)
        for techniques in ([{"kind": "weight_clipping", "bound": 0.3}], [])
    )
    clipped.step_discriminator()
    plain.step_discriminator()
    kept = 0
    for ours, free in zip(clipped.D.parameters(), plain.D.parameters(), strict=True):
        inside = free.abs() <= 0.3
        assert torch.equal(ours[inside], free[inside])
        assert bool((ours[~inside].abs() == 0.3).all())
        kept += int(inside.sum())
    before = [weight.clone() for weight in clipped.D.parameters()]
    clipped.step_generator()
    assert all(torch.equal(a, b) for a, b in zip(before, clipped.D.parameters(), strict=True))
    assert kept > 0


@pytest.mark.parametrize(("progress", "std"), [(0.0, 0.4), (0.5, 0.25), (1.0, 0.1)])
def test_instance_noise(progress, std):
    game = Game({"kind": "instance_noise", "std": 0.4, "last_std": 0.1}, shape=IMAGES, progress=progress)
    game.step_discriminator()
    on_real, on_fake = game.normal(), game.normal()
    fakes = game.fakes()
    noisy_real = [x + std * n for x, n in zip(game.real, on_real, strict=True)]
    noisy_fake = [x + std * n for x, n in zip(fakes, on_fake, strict=True)]
    clean = game.contest()
    game.assert_discriminator(clean, game.contest(noisy_real, noisy_fake) - clean)
    game.naive_D = copy.deepcopy(game.D)
    game.step_generator()
    fakes = game.fakes(attached=True)
    clean = game.persuasion(fakes)
    noisy = game.persuasion(x + std * n for x, n in zip(fakes, game.normal(), strict=True))
    game.assert_generator(clean, noisy - clean)


@pytest.mark.parametrize(("progress", "std"), [(0.0, 0.4), (0.5, 0.25), (1.0, 0.1)])
def test_instance_noises_deviation_falls_linearly(progress, std):
    game = Game({"kind": "instance_noise", "std": 0.4, "last_std": 0.1}, progress=progress)
    (technique,) = game.rule.techniques
    seen = technique.disturb(torch.full((200, 500), 2.0), game.update())
    assert float(seen.std()) == pytest.approx(std, rel=0.02)
    assert float(seen.mean()) == pytest.approx(2.0, abs=0.01)


def test_instance_noise_that_has_fallen_to_zero_is_the_plain_gan():
    noisy, plain = (
        Game(*techniques, progress=1.0)
        for techniques in ([{"kind": "instance_noise", "std": 0.4, "last_std": 0.0}], [])
    )
    for game in (noisy, plain):
        game.step_discriminator()
    for ours, free in zip(noisy.D.parameters(), plain.D.parameters(), strict=True):
        assert torch.equal(ours, free)


def test_penalties_are_taken_where_instance_noise_leads_d():
    game = Game({"kind": "instance_noise", "std": 0.4}, {"kind": "r1", "gamma": 3.0})
    game.step_discriminator()
    noisy = [
        [x + 0.4 * n for x, n in zip(side, game.normal(), strict=True)] for side in (game.real, game.fakes())
    ]
    game.assert_discriminator(game.contest(*noisy), 1.5 * mean(game.squared_slope(x) for x in noisy[0]))
