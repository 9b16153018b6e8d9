"""Divergence is a value: what was not finite, in which step; the run ends and nothing is raised."""

import math

import pytest
import torch

from ganmatrix.training.ledger import Ledger
from ganmatrix.training.outcome import Divergence, Reason
from ganmatrix.training.trainer import READ_EVERY
from helpers.trainers import finish, trainer

INF, NAN = math.inf, math.nan


LOSS, GRADIENT = Reason.LOSS, Reason.GRADIENT


@pytest.mark.parametrize(
    ("noted", "expected"),
    [
        ([], None),
        ([(1, 0.5, LOSS), (1, 2.0, GRADIENT)], None),
        ([(1, NAN, LOSS), (1, 2.0, GRADIENT)], Divergence(LOSS, 1)),
        ([(1, -INF, LOSS)], Divergence(LOSS, 1)),
        ([(1, 0.5, LOSS), (1, INF, GRADIENT)], Divergence(GRADIENT, 1)),
        ([(2, NAN, LOSS), (2, NAN, GRADIENT)], Divergence(LOSS, 2)),
        ([(2, 1.0, LOSS), (2, NAN, GRADIENT), (3, NAN, LOSS)], Divergence(GRADIENT, 2)),
        ([(1, NAN, None), (2, 1.0, LOSS)], None),
    ],
)
@pytest.mark.parametrize("read_at_once", [True, False])
def test_the_first_value_that_is_not_finite(noted, expected, read_at_once):
    ledger = Ledger()
    for step, value, reason in noted:
        ledger.step = step
        ledger.note(torch.tensor(value), reason=reason)
        if read_at_once:
            ledger.read()
    ledger.read()
    assert ledger.divergence == expected


def test_means_do_not_depend_on_when_the_ledger_is_read_or_saved():
    values = torch.rand(50, generator=torch.Generator().manual_seed(0))
    rows = []
    for every in (1, 7, 50):
        ledger = Ledger()
        for i, value in enumerate(values, 1):
            ledger.note(value, "all")
            if i % 10 == 0:
                ledger.note(value, "some")
            if i % every == 0:
                state, ledger = ledger.state_dict(), Ledger()
                ledger.load_state_dict(state)
        ledger.read()
        rows.append(ledger.row())
    assert rows[0] == rows[1] == rows[2]
    assert rows[0] == pytest.approx({"all": values.mean().item(), "some": values[9::10].mean().item()})


def test_weights_too_large_for_their_norm_are_still_finite():
    made = trainer(generator_steps=1)
    with torch.no_grad():
        next(iter(made.discriminator.network.parameters())).fill_(1e30)
    assert made.discriminator.weights_are_finite()


def test_a_gradient_too_large_for_its_norm_is_still_finite():
    made = trainer(generator_steps=4, log_every=4)
    weight = next(iter(made.discriminator.network.parameters()))
    weight.register_hook(lambda gradient: torch.full_like(gradient, 1e30))
    finish(made)
    assert made.divergence is None
    assert made.history[-1]["gradient_norm_discriminator"] == INF


def test_a_run_without_rows_still_ends_soon_after_it_diverged():
    made = _planted(
        trainer(generator_steps=10**6, log_every=10**6), 3, lambda m: _nan_weight(m.discriminator)
    )
    assert made.divergence == Divergence(LOSS, 3)
    assert made.step == READ_EVERY
    assert [row["step"] for row in made.history] == [READ_EVERY]


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
        set_rate = chosen.set_rate
        chosen.set_rate = lambda rate: set_rate(INF if m.step == 8 else rate)

    _planted(made, 1, plant)
    # D's step comes first: G's loss in the same generator step already meets its broken weights.
    expected = Reason.WEIGHT if player == "generator" else Reason.LOSS
    assert made.divergence == Divergence(expected, 8)
    assert made.step == 8


def test_a_sound_run_has_no_divergence():
    made = finish(trainer(generator_steps=5))
    assert made.divergence is None
    assert made.step == 5
