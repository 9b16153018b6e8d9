"""FARGAN's step against the paper's objective, sample by sample in float64."""

import pytest
import torch

from ganmatrix.params.methods import FarganParams, GanParams
from ganmatrix.params.techniques import ZeroGpParams
from helpers.update_game import BATCH, FAKE, REAL, Game


def penalty(weight):
    return [ZeroGpParams(kind="zero_gp", weight=weight, at="real")]


def _fargan(weight, **settings):
    return FarganParams(
        kind="fargan", fake_as_real_share=0.5, oversampling=4, techniques=penalty(weight), **settings
    )


def _naive_fargan(game, chosen, fakes, count, weight, penalise_fakes=True):
    """The paper's objective, sample by sample, descended: minus log s(D0) is softplus(-D0)."""
    counted = [*game.real[: BATCH - count], *chosen]
    total = game.mean_loss(REAL["non_saturating"], counted) + game.mean_loss(FAKE["non_saturating"], fakes)
    penalty = 0
    for sample in counted if penalise_fakes else counted[: BATCH - count]:
        x = sample.clone().requires_grad_()
        (g,) = torch.autograd.grad(game.score(x), x, create_graph=True)
        penalty = penalty + (g**2).sum() / len(counted)
    if weight:
        total = total + weight * penalty
    game.adam.step(game.gradients(total))


@pytest.mark.parametrize("modality", ["points", "images"])
@pytest.mark.parametrize("weight", [0.0, 1.0, 10.0])
@pytest.mark.parametrize("accumulate", [1, 4])
def test_fargan_counts_the_fakes_of_lowest_d_as_real(modality, weight, accumulate):
    """Equation 10 of the paper takes the top N0 of -D0(y)."""
    game = Game(modality, accumulate=accumulate)
    game.play(_fargan(weight))
    fakes, drawn = game.drawn
    assert (len(fakes), len(drawn)) == (BATCH, 12)
    ranked = sorted(range(12), key=lambda i: game.score(drawn[i]).item())
    _naive_fargan(game, [drawn[i] for i in ranked[:3]], fakes, 3, weight)
    game.assert_same()


def test_fargan_turned_round_is_the_control_largest():
    game = Game()
    game.play(_fargan(10.0, selection="largest"))
    fakes, drawn = game.drawn
    ranked = sorted(range(12), key=lambda i: -game.score(drawn[i]).item())
    _naive_fargan(game, [drawn[i] for i in ranked[:3]], fakes, 3, 10.0)
    game.assert_same()


@pytest.mark.parametrize("wrong", ["other end", "at random", "D's fakes", "no penalty on fakes"])
def test_fargan_is_told_from_its_likenesses(wrong):
    """The parity test fails if the naive side is changed in any of these ways."""
    game = Game()
    game.play(_fargan(10.0))
    fakes, drawn = game.drawn
    ranked = sorted(range(12), key=lambda i: game.score(drawn[i]).item())
    chosen = {
        "other end": [drawn[i] for i in ranked[-3:]],
        "at random": [drawn[i] for i in range(3)],
        "D's fakes": sorted(fakes, key=lambda x: game.score(x).item())[:3],
        "no penalty on fakes": [drawn[i] for i in ranked[:3]],
    }[wrong]
    _naive_fargan(game, chosen, fakes, 3, 10.0, penalise_fakes=wrong != "no penalty on fakes")
    with pytest.raises(AssertionError):
        game.assert_same()


def test_fargan_with_one_fake_for_each_place_takes_them_all():
    """f = 1 is what the paper calls a random choice."""
    game = Game()
    game.play(FarganParams(kind="fargan", oversampling=1, techniques=penalty(10.0)))
    fakes, drawn = game.drawn
    assert len(drawn) == 3
    _naive_fargan(game, list(drawn), fakes, 3, 10.0)
    game.assert_same()


def test_fargan_random_selection_takes_distinct_fakes_by_its_own_noise():
    method = FarganParams(
        kind="fargan",
        fake_as_real_share=0.5,
        oversampling=4,
        selection="random",
        techniques=penalty(10.0),
    )
    game = Game()
    game.play(method)
    fakes, drawn = game.drawn
    order = torch.randperm(12, generator=torch.Generator().manual_seed(5))[:3]
    assert len(set(order.tolist())) == 3
    _naive_fargan(game, [drawn[i] for i in order], fakes, 3, 10.0)
    game.assert_same()


def test_fargan_without_fakes_as_real_is_the_penalty_alone():
    game = Game()
    game.play(FarganParams(kind="fargan", fake_as_real_share=0, techniques=penalty(10.0)))
    assert len(game.drawn) == 1
    _naive_fargan(game, [], game.drawn[0], 0, 10.0)
    game.assert_same()


@pytest.mark.parametrize("techniques", [[], penalty(10.0)], ids=["GAN", "NSGAN-0GP"])
def test_fargan_without_fakes_as_real_is_its_baseline(techniques):
    far, gan = Game(), Game()
    torch.manual_seed(9)
    far.play(FarganParams(kind="fargan", fake_as_real_share=0, techniques=techniques))
    torch.manual_seed(9)
    gan.play(GanParams(kind="gan", techniques=techniques))
    assert all(torch.equal(a, b) for a, b in zip(far.D.parameters(), gan.D.parameters(), strict=True))
