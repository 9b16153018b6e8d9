"""Divergence is a value: what was not finite, in which step; the run ends and nothing is raised."""

import math

import pytest
import torch
from trainers import finish, trainer

from ganmatrix.training.outcome import Descent, Divergence, Reason, first_divergence

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("descents", "expected"),
    [
        ([], None),
        ([Descent(1, 0.5, 2.0)], None),
        ([Descent(1, NAN, 2.0)], Divergence(Reason.LOSS, 1)),
        ([Descent(1, -INF, 2.0)], Divergence(Reason.LOSS, 1)),
        ([Descent(1, 0.5, INF)], Divergence(Reason.GRADIENT, 1)),
        ([Descent(2, NAN, NAN)], Divergence(Reason.LOSS, 2)),
        ([Descent(3, NAN, 1.0), Descent(2, 1.0, NAN)], Divergence(Reason.GRADIENT, 2)),
        ([Descent(1, 1.0, 1.0), Descent(2, 1.0, 1.0), Descent(2, 1.0, INF)], Divergence(Reason.GRADIENT, 2)),
    ],
)
def test_the_first_value_that_is_not_finite(descents, expected):
    assert first_divergence(descents) == expected


def _planted(made, at, plant):
    """Before step `at` (from 1), plant something."""
    while not made.finished:
        if made.step + 1 == at:
            plant(made)
        made.take_step()
    return made


def _nan_weight(player):
    with torch.no_grad():
        next(iter(player.network.parameters())).fill_(NAN)


@pytest.mark.parametrize("kind", ["gan", "as_gan", "dat", "fargan"])
@pytest.mark.parametrize("at", [1, 4, 5, 9])
def test_a_loss_that_is_not_a_number_is_dated_exactly(kind, at):
    method = {"kind": kind} | ({"epsilon": 0.1, "warm_up": 0} if kind == "as_gan" else {})
    made = _planted(
        trainer(method, generator_steps=12, log_every=4), at, lambda m: _nan_weight(m.discriminator)
    )
    assert made.divergence == Divergence(Reason.LOSS, at)
    # The interval in which it happened is finished, no step beyond.
    assert made.step == math.ceil(at / 4) * 4
    assert made.history[-1]["step"] == made.step
    assert math.isnan(made.history[-1]["loss_discriminator"])


def test_a_gradient_that_is_not_finite(monkeypatch):
    made = trainer(generator_steps=12, log_every=4)

    def plant(m):
        weight = next(iter(m.generator.network.parameters()))
        weight.register_hook(lambda gradient: gradient * INF)

    _planted(made, 6, plant)
    assert made.divergence == Divergence(Reason.GRADIENT, 6)
    assert made.step == 8


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_an_infinite_learning_rate_shows_in_the_weights(player):
    made = trainer(generator_steps=12, log_every=4)

    def plant(m):
        chosen = getattr(m, player)
        begin = chosen.begin
        chosen.begin = lambda step, rate: begin(step, INF if step == 8 else rate)

    _planted(made, 1, plant)
    # D's step comes first: G's loss in the same generator step already meets its broken weights.
    expected = Reason.WEIGHT if player == "generator" else Reason.LOSS
    assert made.divergence == Divergence(expected, 8)
    assert made.step == 8


def test_a_sound_run_has_no_divergence():
    made = finish(trainer(generator_steps=5))
    assert made.divergence is None
    assert made.step == 5
