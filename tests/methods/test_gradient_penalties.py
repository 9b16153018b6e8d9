"""Penalties on D's gradient, each against its formula written out."""

import math

import pytest
import torch

from helpers.technique_game import (
    SHAPES,
    Game,
    assert_logged,
    difference,
    length,
    linear_critic,
    mean,
    sigmoid,
)


@SHAPES
def test_r1(shape):
    game = Game({"kind": "r1", "gamma": 3.0}, shape=shape)
    logs = game.step_discriminator()
    squared = mean(game.squared_slope(x) for x in game.real)
    assert_logged(logs, "r1", squared)
    game.assert_discriminator(game.contest(), 3.0 / 2 * squared)


@SHAPES
def test_r2(shape):
    game = Game({"kind": "r2", "gamma": 3.0}, shape=shape)
    logs = game.step_discriminator()
    squared = mean(game.squared_slope(x) for x in game.fakes())
    assert_logged(logs, "r2", squared)
    game.assert_discriminator(game.contest(), 3.0 / 2 * squared)


@SHAPES
def test_r1_and_r2_together(shape):
    game = Game({"kind": "r1", "gamma": 3.0}, {"kind": "r2", "gamma": 0.8}, shape=shape)
    game.step_discriminator()
    on_real = mean(game.squared_slope(x) for x in game.real)
    on_fake = mean(game.squared_slope(x) for x in game.fakes())
    game.assert_discriminator(game.contest(), 1.5 * on_real + 0.4 * on_fake)


@SHAPES
@pytest.mark.parametrize(("progress", "factor"), [(0.0, 1.0), (0.5, 0.1), (1.0, 0.01)])
def test_roth(shape, progress, factor):
    game = Game({"kind": "roth", "gamma": 40.0, "last_factor": 0.01}, shape=shape, progress=progress)
    logs = game.step_discriminator()
    on_real = mean((1 - sigmoid(game.score(x))) ** 2 * game.squared_slope(x) for x in game.real)
    on_fake = mean(sigmoid(game.score(x)) ** 2 * game.squared_slope(x) for x in game.fakes())
    assert_logged(logs, "roth", on_real + on_fake)
    game.assert_discriminator(game.contest(), 40.0 * factor / 2 * (on_real + on_fake))


@SHAPES
def test_wgan_gp(shape):
    game = Game({"kind": "wgan_gp", "weight": 7.0}, shape=shape, loss="wasserstein")
    logs = game.step_discriminator()
    points = game.interpolates(game.fakes())
    penalty = mean((length(game.slope(x)) - 1) ** 2 for x in points)
    assert_logged(logs, "wgan_gp", penalty)
    game.assert_discriminator(game.contest(), 7.0 * penalty)


@SHAPES
def test_wgan_lp(shape):
    game = Game({"kind": "wgan_lp", "weight": 7.0}, shape=shape, loss="wasserstein", scale=2.5)
    logs = game.step_discriminator()
    slopes = [length(game.slope(x)) for x in game.interpolates(game.fakes())]
    assert min(slopes) < 1 < max(slopes)
    penalty = mean((slope - 1) ** 2 if slope > 1 else 0.0 * slope for slope in slopes)
    assert_logged(logs, "wgan_lp", penalty)
    game.assert_discriminator(game.contest(), 7.0 * penalty)


@SHAPES
def test_dragan(shape):
    game = Game({"kind": "dragan", "weight": 7.0, "spread": 0.9}, shape=shape)
    logs = game.step_discriminator()
    values = game.real.flatten().tolist()
    centre = sum(values) / len(values)
    std = math.sqrt(sum((value - centre) ** 2 for value in values) / len(values))
    noise = game.uniform(elementwise=True)
    points = game.interpolates([x + 0.9 * std * u for x, u in zip(game.real, noise, strict=True)])
    penalty = mean((length(game.slope(x)) - 1) ** 2 for x in points)
    assert_logged(logs, "dragan", penalty)
    game.assert_discriminator(game.contest(), 7.0 * penalty)


@SHAPES
@pytest.mark.parametrize("at", ["interpolates", "real", "fake"])
def test_zero_gp(shape, at):
    game = Game({"kind": "zero_gp", "weight": 3.0, "at": at}, shape=shape)
    logs = game.step_discriminator()
    fakes = game.fakes()
    points = {"real": game.real, "fake": fakes, "interpolates": game.interpolates(fakes)}[at]
    penalty = mean(game.squared_slope(x) for x in points)
    assert_logged(logs, "gradient_penalty", penalty)
    game.assert_discriminator(game.contest(), 3.0 * penalty)


GRADIENTS_OF_LINEAR_D = {
    "r1": ({"gamma": 3.0}, lambda w, n: n**2, lambda w, n: 3.0 * w),
    "r2": ({"gamma": 3.0}, lambda w, n: n**2, lambda w, n: 3.0 * w),
    "zero_gp": ({"weight": 3.0}, lambda w, n: n**2, lambda w, n: 6.0 * w),
    "wgan_gp": ({"weight": 3.0}, lambda w, n: (n - 1) ** 2, lambda w, n: 6.0 * (n - 1) * w / n),
    "dragan": ({"weight": 3.0}, lambda w, n: (n - 1) ** 2, lambda w, n: 6.0 * (n - 1) * w / n),
    "wgan_lp": (
        {"weight": 3.0},
        lambda w, n: max(0.0, n - 1) ** 2,
        lambda w, n: 6.0 * max(0.0, n - 1) * w / n,
    ),
    "alp": (
        {"weight": 3.0},
        lambda w, n: max(0.0, n - 1) ** 2,
        lambda w, n: 6.0 * max(0.0, n - 1) * w / n,
    ),
    "l1": ({"epsilon": 0.3}, lambda w, n: 2 * max(map(abs, w)), lambda w, n: 0.6 * only_largest(w)),
    "l2": ({"epsilon": 0.3}, lambda w, n: 2 * n, lambda w, n: 0.6 * w / n),
    "linf": ({"epsilon": 0.3}, lambda w, n: 2 * sum(map(abs, w)), lambda w, n: 0.6 * torch.sign(w)),
}
"""On D(x) = w.x + b with n = |w| and the Wasserstein loss: what is logged, and the term's gradient at w."""
LOGGED = {"zero_gp": "gradient_penalty"}


def only_largest(w):
    place = w.abs().argmax()
    return torch.tensor([torch.sign(v) if i == place else 0.0 for i, v in enumerate(w)], dtype=torch.float64)


@pytest.mark.parametrize("slope", [0.5, 1.0, 2.5])
@pytest.mark.parametrize("name", GRADIENTS_OF_LINEAR_D)
def test_penalties_of_a_linear_d(name, slope):
    settings, value, gradient = GRADIENTS_OF_LINEAR_D[name]
    norm = name if name in ("l1", "l2", "linf") else None
    technique = {"kind": name} if norm is None else {"kind": "unified_gradient", "perturbation": norm}
    game = Game(technique | settings, loss="wasserstein", critic=linear_critic)
    layer = game.D.logit
    with torch.no_grad():
        layer.weight.mul_(slope / layer.weight.norm())
    w = layer.weight.detach()[0].clone()
    logs = game.step_discriminator()
    key = "unified_gradient" if norm else LOGGED.get(name, name)
    assert float(logs[key]) == pytest.approx(float(value(w, slope)), rel=1e-9, abs=1e-15)
    expected = mean(game.fakes()) - mean(game.real) + gradient(w, slope)
    assert difference(layer.weight.grad[0], expected) < 1e-9
    assert float(layer.bias.grad.abs()) < 1e-12


def test_roths_penalty_of_a_linear_d():
    game = Game({"kind": "roth", "gamma": 3.0}, critic=linear_critic)
    weight, bias = game.naive_D.logit.weight[0], game.naive_D.logit.bias[0]
    logs = game.step_discriminator()

    def verdict(x):
        return sigmoid((weight * x).sum() + bias)

    shares = mean((1 - verdict(x)) ** 2 for x in game.real) + mean(verdict(x) ** 2 for x in game.fakes())
    penalty = (weight**2).sum() * shares
    assert_logged(logs, "roth", penalty)
    game.assert_discriminator(game.contest(), 1.5 * penalty)
