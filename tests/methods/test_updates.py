"""D's update of GAN, AS-GAN and DAT against a derivation that shares nothing with it."""

import pytest
import torch
from torch import nn

from ganmatrix.methods.losses.loss import build as build_loss
from ganmatrix.methods.method import build
from ganmatrix.params.kinds import kinds
from ganmatrix.params.losses import LossByKind
from ganmatrix.params.methods import AsGanParams, DatParams, GanParams
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player
from helpers.update_game import (
    BATCH,
    BETA1,
    BETA2,
    EPS,
    FAKE,
    LATENT,
    LR,
    REAL,
    Game,
    difference,
    small_recipe,
)


def _gan(loss):
    return GanParams(kind="gan", loss=loss)


@pytest.mark.parametrize("loss", REAL)
@pytest.mark.parametrize("accumulate", [1, 6])
def test_gan(loss, accumulate):
    game = Game(accumulate=accumulate)
    logs = game.play(_gan(loss))
    total = game.mean_loss(REAL[loss], game.real) + game.mean_loss(FAKE[loss], game.drawn[0])
    assert float(logs["loss_discriminator"]) == pytest.approx(total.item(), rel=1e-12)
    assert float(logs["score_real"]) == pytest.approx(
        sum(game.score(x).item() for x in game.real) / BATCH, rel=1e-12
    )
    game.adam.step(game.gradients(total))
    game.assert_same()


def _naive_as_gan(game, loss, epsilon):
    adversarial = []
    for x in game.real:
        g = game.input_gradient(lambda v: REAL[loss](game.score(v)) / BATCH, x)
        adversarial.append(x + epsilon * torch.sign(g))
    total = game.mean_loss(REAL[loss], game.real) + game.mean_loss(FAKE[loss], game.drawn[0])
    game.adam.step(game.gradients(total))
    # The perturbation came from the D before this step, the loss comes from the D after it.
    second = game.mean_loss(REAL[loss], adversarial)
    game.adam.step(game.gradients(second))
    return second.item()


@pytest.mark.parametrize("modality", ["points", "images"])
@pytest.mark.parametrize("epsilon", [0.0, 1 / 255, 0.3])
@pytest.mark.parametrize("accumulate", [1, 2, 4])
def test_as_gan(modality, epsilon, accumulate):
    game = Game(modality, accumulate=accumulate)
    logs = game.play(AsGanParams(kind="as_gan", epsilon=epsilon, warm_up=0))
    second = _naive_as_gan(game, "non_saturating", epsilon)
    game.assert_same()
    assert game.adam.count == 2
    assert float(logs["loss_adversarial"]) == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("wrong", ["perturbed by the new D", "second step by the old D"])
def test_as_gan_is_told_from_its_likenesses(wrong):
    game = Game()
    game.play(AsGanParams(kind="as_gan", epsilon=0.3, warm_up=0))
    loss = "non_saturating"
    first = game.mean_loss(REAL[loss], game.real) + game.mean_loss(FAKE[loss], game.drawn[0])

    def adversarial():
        return [
            x + 0.3 * torch.sign(game.input_gradient(lambda v: REAL[loss](game.score(v)), x))
            for x in game.real
        ]

    if wrong == "perturbed by the new D":
        game.adam.step(game.gradients(first))
        game.naive_D[1].weight.data *= -1
        samples = adversarial()
        game.naive_D[1].weight.data *= -1
        game.adam.step(game.gradients(game.mean_loss(REAL[loss], samples)))
    else:
        second = game.gradients(game.mean_loss(REAL[loss], adversarial()))
        game.adam.step(game.gradients(first))
        game.adam.step(second)
    with pytest.raises(AssertionError):
        game.assert_same()


@pytest.mark.parametrize(
    ("recurs", "iteration", "in_epoch", "warm"),
    [
        (True, 0, 0, True),
        (True, 299, 299, True),
        (True, 300, 300, False),
        (True, 1000, 0, True),
        (True, 1299, 299, True),
        (False, 299, 9, True),
        (False, 300, 0, False),
        (False, 1000, 0, False),
    ],
)
def test_as_gans_warm_up(recurs, iteration, in_epoch, warm):
    game = Game()
    method = AsGanParams(kind="as_gan", epsilon=0.3, warm_up=300, warm_up_recurs=recurs)
    game.play(method, iteration=iteration, iteration_in_epoch=in_epoch)
    _naive_as_gan(game, "non_saturating", 0.0 if warm else 0.3)
    game.assert_same()


def _naive_dat(game, loss, threshold, reduction):
    fakes = game.drawn[0]
    mean_real = sum(game.score(x).item() for x in game.real) / BATCH
    mean_fake = sum(game.score(x).item() for x in fakes) / BATCH
    factor = 1 if reduction == "mean" else BATCH
    moved = []
    for batch, other in ((game.real, mean_fake), (fakes, mean_real)):
        side = []
        for i in range(BATCH):

            def distance(v, batch=batch, i=i, other=other):
                scores = [game.score(v if j == i else batch[j]) for j in range(BATCH)]
                return abs(sum(scores) / BATCH - other)

            step = factor * game.input_gradient(distance, batch[i])
            changed = batch[i] - step.clamp(-threshold, threshold)
            side.append(changed if game.bounds is None else changed.clamp(-1, 1))
        moved.append(side)
    total = game.mean_loss(REAL[loss], moved[0]) + game.mean_loss(FAKE[loss], moved[1])
    game.adam.step(game.gradients(total))
    return moved


@pytest.mark.parametrize("modality", ["points", "images"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("threshold", "scale"), [(1.0, 1.0), (0.05, 1.0), (1.0, 3.0)])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_dat(modality, reduction, threshold, scale, accumulate):
    game = Game(modality, scale, accumulate)
    game.play(DatParams(kind="dat", loss="hinge", threshold=threshold, reduction=reduction))
    moved = _naive_dat(game, "hinge", threshold, reduction)
    game.assert_same()
    steps = torch.stack(moved[0]) - game.real
    assert steps.abs().max() <= threshold * (1 + 1e-12)
    if modality == "images":
        assert torch.stack(moved[0] + moved[1]).abs().max() <= 1
    assert steps.norm() > 0
    assert game.adam.count == 1


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_dat_by_the_published_passes_is_the_same_step(reduction, accumulate):
    game = Game("images", 1.0, accumulate)
    game.play(DatParams(kind="dat", reduction=reduction, passes="published"))
    _naive_dat(game, "hinge", 1.0, reduction)
    game.assert_same()


def test_dats_published_passes_are_the_authors_sequence():
    """With spectral norm every pass moves D on, so that their number and order show."""
    game = Game("images")
    for network in (game.D, game.naive_D):
        torch.manual_seed(1)
        for layer in (network[1], network[3]):
            nn.utils.parametrizations.spectral_norm(layer)
    optimiser = torch.optim.Adam(game.D.parameters(), LR, betas=(BETA1, BETA2), eps=EPS)
    game.player = Player("discriminator", game.D, optimiser, small_recipe(1), Ledger())
    game.play(DatParams(kind="dat", passes="published"))
    D, real, fake = game.naive_D, game.real, game.drawn[0]
    theirs = torch.optim.Adam(D.parameters(), LR, betas=(BETA1, BETA2), eps=EPS)
    real_value, fake_value = D(real).mean().detach(), D(fake).mean().detach()
    x, y = real.clone().requires_grad_(), fake.clone().requires_grad_()
    (of_fake,) = torch.autograd.grad((D(y).mean() - real_value).abs(), y)
    (of_real,) = torch.autograd.grad((D(x).mean() - fake_value).abs(), x)
    y, x = ((s - g.clamp(-1, 1)).clamp(-1, 1).detach() for s, g in ((y, of_fake), (x, of_real)))
    fake_logits, real_logits = D(y), D(x)
    ((1 - real_logits).clamp(min=0).mean() + (1 + fake_logits).clamp(min=0).mean()).backward()
    theirs.step()
    assert difference(list(game.D.parameters()), list(D.parameters())) < 1e-12
    assert all(torch.equal(a, b) for a, b in zip(game.D.buffers(), D.buffers(), strict=True))


@pytest.mark.parametrize(
    ("method", "separate", "passes"),
    [
        (GanParams(kind="gan"), False, 1),
        (GanParams(kind="gan"), True, 2),
        (AsGanParams(kind="as_gan", epsilon=0.1, warm_up=0), False, 2),
        (AsGanParams(kind="as_gan", epsilon=0.1, warm_up=0), True, 3),
        (DatParams(kind="dat"), False, 2),
        (DatParams(kind="dat"), True, 4),
        (DatParams(kind="dat", passes="published"), False, 6),
    ],
)
def test_forward_passes_of_an_update_of_d(method, separate, passes):
    """The authors' code has 3 for AS-GAN and 6 for DAT; G's update adds one."""
    game = Game()
    recipe = small_recipe(1).model_copy(update={"separate_passes": separate})
    game.player = Player("discriminator", game.D, game.player.optimiser, recipe, Ledger())
    seen = []
    game.D.register_forward_hook(lambda *_: seen.append(1))
    game.play(method)
    assert len(seen) == passes


def test_separate_passes_change_no_step():
    """Without spectral norm or batch statistics, that is."""
    joint, apart = Game(), Game()
    recipe = small_recipe(1).model_copy(update={"separate_passes": True})
    apart.player = Player("discriminator", apart.D, apart.player.optimiser, recipe, Ledger())
    for game in (joint, apart):
        torch.manual_seed(9)
        game.play(DatParams(kind="dat"))
    assert difference(list(joint.D.parameters()), list(apart.D.parameters())) < 1e-12


def test_dats_clip_binds_on_images_and_not_on_points():
    for modality, bound in (("images", True), ("points", False)):
        game = Game(modality, scale=3.0)
        game.real = game.real.sign()
        method = build(DatParams(kind="dat", threshold=1.0, reduction="sum"))
        real, fake = method.perturb(game.real, game.draw(BATCH), game.update())
        assert (max(float(real.abs().max()), float(fake.abs().max())) <= 1) == bound
        assert not real.requires_grad
        assert not fake.requires_grad


@pytest.mark.parametrize("loss", kinds(LossByKind))
def test_the_generator_descends_its_own_term_and_leaves_d_alone(loss):
    game = Game()
    G = nn.Linear(LATENT, 2).double()
    player = Player("generator", G, torch.optim.SGD(G.parameters(), 0.1), small_recipe(1), Ledger())
    z = torch.randn(BATCH, LATENT, dtype=torch.float64)
    before = {name: value.clone() for name, value in game.D.state_dict().items()}
    expected = build_loss(kinds(LossByKind)[loss](kind=loss)).generator(game.D(G(z)), game.D(game.real))
    gradient = torch.autograd.grad(expected, G.weight)[0]
    weight = G.weight.detach().clone()
    game.draw = lambda count: z
    logs = build(_gan(loss)).update_generator(game.update(generator=player))
    assert logs["loss_generator"].item() == expected.item()
    assert difference([G.weight], [weight - 0.1 * gradient]) < 1e-12
    assert all(torch.equal(before[name], value) for name, value in game.D.state_dict().items())
    assert all(w.grad is None for w in game.D.parameters())
