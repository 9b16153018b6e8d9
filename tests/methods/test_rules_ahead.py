"""Unrolled GAN, CoGAN and the variants of AS-GAN against derivations that share nothing with them.

As in `test_rules.py`. The gradient through D's imagined steps is held against one more: central
differences of the naive loss, which need no second derivative.
"""

import copy

import pytest
import torch
from torch.func import functional_call

from helpers.rule_game import (
    BATCH,
    Game,
    assert_plain_generator,
    climb,
    contest,
    difference,
    flat,
    gradients,
    mean,
    real_loss,
    softplus,
    taken,
)

STEP = 0.4


def relative(scores, others):
    """The relativistic loss of one side against the other, pair by pair."""
    return mean(softplus(other - score) for score, other in zip(scores, others, strict=True))


def as_d(loss, score, real, fake):
    if loss == "relativistic":
        return relative([score(x) for x in real], [score(x) for x in fake])
    return contest(score, real, fake)


def as_g(loss, score, real, fake):
    if loss == "relativistic":
        return relative([score(x) for x in fake], [score(x) for x in real])
    return real_loss(score, fake)


def looked_ahead(game, loss, fakes, steps, through, reals=None):
    """G's loss after D's imagined steps; `through` them for its gradient, or for its value alone."""
    reals = game.real if reals is None else reals
    weights = dict(game.naive_D.named_parameters())
    for _ in range(steps):

        def score(x, weights=weights):
            return functional_call(game.naive_D, weights, (x[None],))[0]

        value = as_d(loss, score, reals, fakes)
        found = torch.autograd.grad(value, list(weights.values()), create_graph=through)
        weights = {name: w - STEP * g for (name, w), g in zip(weights.items(), found, strict=True)}
    return as_g(loss, lambda x: functional_call(game.naive_D, weights, (x[None],))[0], reals, fakes)


def central_differences(game, loss, steps, h=1e-5):
    found = []
    for weight in game.naive_G.parameters():
        for i in range(weight.numel()):
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    weight.view(-1)[i] += sign * h
                values.append(looked_ahead(game, loss, game.fixed_fakes(), steps, through=False).item())
                with torch.no_grad():
                    weight.view(-1)[i] -= sign * h
            found.append((values[0] - values[1]) / (2 * h))
    return torch.tensor(found, dtype=torch.float64)


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
@pytest.mark.parametrize("steps", [1, 2])
def test_unrolled_g_descends_its_loss_after_ds_imagined_steps(loss, steps):
    game = Game("unrolled", loss=loss, steps=steps, step_size=STEP)
    game.step_discriminator()
    game.assert_discriminator(as_d(loss, game.score, game.real, game.fixed_fakes()))
    before = copy.deepcopy(game.D.state_dict())
    game.step_generator()
    assert all(torch.equal(before[name], value) for name, value in game.D.state_dict().items())
    ahead = taken(game.G)
    assert difference(ahead, central_differences(game, loss, steps)) < 1e-6
    myopic = flat(gradients(game.naive_G, as_g(loss, game.score, game.real, game.fakes())))
    assert difference(ahead, myopic) > 1e-2
    game.assert_generator(looked_ahead(game, loss, game.fakes(), steps, through=True))


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
def test_co_gan_plays_in_both_domains(loss):
    game = Game("co_gan", loss=loss)

    def other_score(x):
        return game.naive_D.shared(game.naive_D.second(x[None]))[0]

    def other_fakes():
        return [game.naive_G.second(game.naive_G.shared(z[None]))[0] for z in game.latents[-1]]

    halves = [x / 2 for x in game.real]
    game.step_discriminator()
    others = [x.detach() for x in other_fakes()]
    game.assert_discriminator(
        as_d(loss, game.score, game.real, game.fixed_fakes()) + as_d(loss, other_score, halves, others)
    )
    game.step_generator()
    game.assert_generator(
        as_g(loss, game.score, game.real, game.fakes()) + as_g(loss, other_score, halves, other_fakes())
    )


def as_gan(**settings):
    return Game("as_gan", epsilon=0.3, warm_up=0, **settings)


PERTURBATIONS = {
    "fgsm": {},
    "pgd": {"steps": 3, "relative_step": 0.6},
    "random": {"direction": "random"},
}


def adversarial(game, name):
    """The perturbed reals by the naive D as it is."""
    if name == "random":
        coins = torch.randint(0, 2, (BATCH, 2), generator=game.naive_noise)
        return [x + 0.3 * torch.where(c == 1, 1.0, -1.0) for x, c in zip(game.real, coins, strict=True)]
    step, steps = (0.3, 1) if name == "fgsm" else (0.18, 3)
    return [climb(game, x, 0.3, step, steps) for x in game.real]


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_as_gan_steps_on_perturbed_reals_by_the_new_d(name):
    game = as_gan(**PERTURBATIONS[name])
    game.step_discriminator()
    moved = adversarial(game, name)
    game.move_discriminator(contest(game.score, game.real, game.fixed_fakes()))
    game.assert_discriminator(real_loss(game.score, moved))
    assert_plain_generator(game)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_as_gans_joint_step_adds_the_perturbed_reals(name):
    game = as_gan(update="joint", **PERTURBATIONS[name])
    game.step_discriminator()
    moved = adversarial(game, name)
    loss = contest(game.score, game.real, game.fixed_fakes()) + real_loss(game.score, moved)
    game.assert_discriminator(loss)
    assert_plain_generator(game)


def squared_slope(game, x):
    x = x.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(game.score(x), x, create_graph=True)
    return sum(value**2 for value in slope)


def penalty(game, kind, reals, fakes):
    if kind == "r1":
        return 3.0 / 2 * mean(squared_slope(game, x) for x in reals)
    shares = torch.rand(BATCH, 1, generator=game.naive_noise).double()
    points = [x + share * (y - x) for x, y, share in zip(reals, fakes, shares, strict=True)]
    return 7.0 * mean((squared_slope(game, x).sqrt() - 1) ** 2 for x in points)


TECHNIQUES = {"r1": {"kind": "r1", "gamma": 3.0}, "wgan_gp": {"kind": "wgan_gp", "weight": 7.0}}


@pytest.mark.parametrize("kind", TECHNIQUES)
def test_as_gan_penalises_d_in_both_of_its_steps(kind):
    game = as_gan(techniques=[TECHNIQUES[kind]])
    game.step_discriminator()
    moved, fakes = adversarial(game, "fgsm"), game.fixed_fakes()
    first = penalty(game, kind, game.real, fakes)
    game.move_discriminator(contest(game.score, game.real, fakes) + first)
    game.assert_discriminator(real_loss(game.score, moved) + penalty(game, kind, moved, fakes))


@pytest.mark.parametrize(("kind", "loss"), [("gan", "relativistic"), ("co_gan", "relativistic")])
@pytest.mark.parametrize("size", [BATCH, 2 * BATCH])
def test_gs_gradient_does_not_depend_on_how_it_is_accumulated(kind, loss, size):
    found = []
    for accumulate in (1, 2):
        game = Game(kind, loss=loss, accumulate=accumulate, size=size)
        game.step_generator()
        found.append(taken(game.G))
    assert difference(found[1], found[0]) < 1e-9


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic"])
@pytest.mark.parametrize("steps", [1, 2])
def test_unrolled_looks_ahead_in_each_micro_batch_by_itself(loss, steps):
    game = Game("unrolled", loss=loss, steps=steps, step_size=STEP, accumulate=2)
    game.step_generator()
    fakes, half = game.fakes(), BATCH // 2
    halves = (slice(0, half), slice(half, BATCH))
    game.assert_generator(
        mean(looked_ahead(game, loss, fakes[i], steps, through=True, reals=game.real[i]) for i in halves)
    )
