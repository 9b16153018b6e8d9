"""Penalties along the direction that moves D most, each against its formula written out."""

import math

import pytest
import torch

from helpers.technique_game import (
    BATCH,
    FAKE,
    REAL,
    SHAPES,
    Game,
    assert_logged,
    length,
    linear_critic,
    mean,
    sigmoid,
    softplus,
    steepest,
)


@SHAPES
@pytest.mark.parametrize("iterations", [1, 3])
@pytest.mark.parametrize("bounds", [None, (-0.8, 0.8)])
def test_alp(shape, iterations, bounds):
    """Points that leave the bounds are clipped, and the distance is that of the clipped point."""
    settings = {"smallest_radius": 0.2, "largest_radius": 3.0, "xi": 0.7, "power_iterations": iterations}
    game = Game({"kind": "alp", "weight": 7.0} | settings, shape=shape, loss="wasserstein", scale=4.0)
    game.bounds = bounds
    low, high = bounds or (-math.inf, math.inf)
    logs = game.step_discriminator()
    points = [*game.real, *game.fakes()]
    starts, shares = game.normal(2 * BATCH), game.uniform(2 * BATCH)
    quotients = []
    for x, start, share in zip(points, starts, shares, strict=True):
        d = steepest(
            lambda d, x=x: abs(game.score(x) - game.score((x + 0.7 * d).clamp(low, high))), start, iterations
        )
        moved = (x + (0.2 + (3.0 - 0.2) * share) * d).clamp(low, high)
        quotients.append(abs(game.score(x) - game.score(moved)) / length(x - moved))
    assert min(quotients) < 1 < max(quotients)
    penalty = mean((q - 1) ** 2 if q > 1 else 0.0 * q for q in quotients)
    assert_logged(logs, "alp", penalty)
    game.assert_discriminator(game.contest(), 7.0 * penalty)


def dual_norm(perturbation, g):
    if perturbation == "l1":
        return max(abs(value) for value in g.flatten())
    if perturbation == "l2":
        return length(g)
    return sum(abs(value) for value in g.flatten())


def worst(perturbation, g, radius):
    """The r of that norm along which a loss with gradient g grows most."""
    if perturbation == "l2":
        return radius * g / length(g)
    if perturbation == "linf":
        return radius * torch.sign(g)
    largest = g.abs().argmax()
    r = torch.zeros_like(g)
    r.view(-1)[largest] = radius * torch.sign(g.flatten()[largest])
    return r


@SHAPES
@pytest.mark.parametrize("perturbation", ["l1", "l2", "linf"])
def test_unified_gradient(shape, perturbation):
    technique = {"kind": "unified_gradient", "epsilon": 0.3, "perturbation": perturbation}
    game = Game(technique, shape=shape)
    logs = game.step_discriminator()

    def term(form, samples):
        norms = []
        for sample in samples:
            x = sample.clone().requires_grad_()
            (g,) = torch.autograd.grad(form(game.score(x)), x, create_graph=True)
            norms.append(dual_norm(perturbation, g))
        return mean(norms)

    penalty = term(REAL[game.loss], game.real) + term(FAKE[game.loss], game.fakes())
    assert_logged(logs, "unified_gradient", penalty)
    game.assert_discriminator(game.contest(), 0.3 * penalty)


@pytest.mark.parametrize("perturbation", ["l1", "l2", "linf"])
def test_unified_gradient_is_training_on_the_worst_perturbation_to_first_order(perturbation):
    radius = 1e-6
    game = Game({"kind": "unified_gradient", "perturbation": perturbation})
    logs = game.step_discriminator()

    def shifted(form, samples):
        moved = []
        for sample in samples:
            x = sample.clone().requires_grad_()
            (g,) = torch.autograd.grad(form(game.score(x)), x)
            moved.append(sample + worst(perturbation, g, radius))
        return moved

    fakes = game.fakes()
    attacked = game.contest(shifted(REAL[game.loss], game.real), shifted(FAKE[game.loss], fakes))
    growth = (attacked - game.contest(game.real, fakes)).item() / radius
    assert growth == pytest.approx(float(logs["unified_gradient"]), rel=1e-4)


def test_unified_gradient_of_a_loss_of_pairs():
    game = Game({"kind": "unified_gradient", "epsilon": 0.3}, loss="relativistic")
    logs = game.step_discriminator()
    fakes = game.fakes()
    norms = []
    for real, fake in zip(game.real, fakes, strict=True):
        x, y = real.clone().requires_grad_(), fake.clone().requires_grad_()
        pair = softplus(game.score(y) - game.score(x))
        norms.append(sum(length(g) for g in torch.autograd.grad(pair, (x, y), create_graph=True)))
    assert_logged(logs, "unified_gradient", mean(norms))
    base = mean(softplus(game.score(y) - game.score(x)) for x, y in zip(game.real, fakes, strict=True))
    game.assert_discriminator(base, 0.3 * mean(norms))


def bernoulli_divergence(p, q):
    return p * torch.log(p / q) + (1 - p) * torch.log((1 - p) / (1 - q))


@SHAPES
@pytest.mark.parametrize("iterations", [1, 3])
def test_vat(shape, iterations):
    settings = {"weight": 3.0, "epsilon": 0.8, "xi": 0.4, "power_iterations": iterations}
    game = Game({"kind": "vat"} | settings, shape=shape)
    logs = game.step_discriminator()
    divergences = []
    for x, start in zip([*game.real, *game.fakes()], game.normal(2 * BATCH), strict=True):
        p = sigmoid(game.score(x)).detach()

        def change(r, x=x, p=p):
            return bernoulli_divergence(p, sigmoid(game.score(x + r)))

        d = steepest(lambda d, change=change: change(0.4 * d), start, iterations)
        divergences.append(change(0.8 * d))
    assert min(divergences) >= 0
    assert_logged(logs, "vat", mean(divergences))
    game.assert_discriminator(game.contest(), 3.0 * mean(divergences))


def test_vats_penalty_of_a_linear_d():
    game = Game({"kind": "vat", "weight": 3.0, "epsilon": 0.8, "xi": 0.1}, critic=linear_critic)
    weight, bias = game.naive_D.logit.weight[0], game.naive_D.logit.bias[0]
    logs = game.step_discriminator()
    divergences = []
    for x, start in zip([*game.real, *game.fakes()], game.normal(2 * BATCH), strict=True):
        logit = (weight * x).sum() + bias
        side = 1 if (weight * start).sum().item() > 0 else -1
        r = 0.8 * side * weight.detach() / length(weight.detach())
        divergences.append(bernoulli_divergence(sigmoid(logit).detach(), sigmoid(logit + (weight * r).sum())))
    assert_logged(logs, "vat", mean(divergences))
    game.assert_discriminator(game.contest(), 3.0 * mean(divergences))


def test_several_techniques_add_up_and_draw_in_their_order():
    first, second = {"kind": "vat", "weight": 3.0}, {"kind": "wgan_gp", "weight": 7.0}
    together = Game(first, second)
    together.step_discriminator()
    points, starts = [*together.real, *together.fakes()], together.normal(2 * BATCH)
    divergences = []
    for x, start in zip(points, starts, strict=True):
        p = sigmoid(together.score(x)).detach()

        def change(r, x=x, p=p):
            return bernoulli_divergence(p, sigmoid(together.score(x + r)))

        divergences.append(change(steepest(lambda d, change=change: change(0.1 * d), start, 1)))
    slopes = [length(together.slope(x)) for x in together.interpolates(together.fakes())]
    terms = 3.0 * mean(divergences) + 7.0 * mean((slope - 1) ** 2 for slope in slopes)
    together.assert_discriminator(together.contest(), terms)
