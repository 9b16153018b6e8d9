"""D's update of every method against a derivation that shares nothing with it.

The naive version treats each sample by itself in float64, takes every gradient it needs with a
forward pass of its own, and applies Adam by its formulas.
"""

import copy
import math
from typing import get_args

import pytest
import torch
from torch import nn

from ganmatrix.methods.catalogue import build
from ganmatrix.methods.losses.catalogue import build as build_loss
from ganmatrix.methods.protocol import Update
from ganmatrix.params import methods as params
from ganmatrix.params.losses import Loss, LossName
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.params.techniques import ZeroGp
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player

LR, BETA1, BETA2, EPS = 2e-2, 0.5, 0.999, 1e-8
BATCH, LATENT = 6, 3


def softplus(x):
    return torch.log1p(torch.exp(x))


REAL = {
    "non_saturating": lambda s: softplus(-s),
    "hinge": lambda s: (1 - s).clamp(min=0),
    "wasserstein": lambda s: -s,
}
FAKE = {
    "non_saturating": softplus,
    "hinge": lambda s: (1 + s).clamp(min=0),
    "wasserstein": lambda s: s,
}


def _gan(loss):
    return params.Gan(kind="gan", loss=Loss(kind=loss))


class NaiveAdam:
    """Kingma & Ba's algorithm 1, weight by weight."""

    def __init__(self, weights):
        self.weights, self.count = weights, 0
        self.first = [torch.zeros_like(w) for w in weights]
        self.second = [torch.zeros_like(w) for w in weights]

    def step(self, gradients):
        self.count += 1
        for i, (weight, g) in enumerate(zip(self.weights, gradients, strict=True)):
            self.first[i] = BETA1 * self.first[i] + (1 - BETA1) * g
            self.second[i] = BETA2 * self.second[i] + (1 - BETA2) * g * g
            m = self.first[i] / (1 - BETA1**self.count)
            v = self.second[i] / (1 - BETA2**self.count)
            weight.data -= LR * m / (v.sqrt() + EPS)


class Game:
    """A smooth D on points or small images in float64, its player, and everything it is handed."""

    def __init__(self, modality="points", scale=1.0, accumulate=1):
        torch.manual_seed(3)
        self.shape = (2,) if modality == "points" else (1, 3, 3)
        size = math.prod(self.shape)
        self.D = nn.Sequential(
            nn.Flatten(1), nn.Linear(size, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)
        ).double()
        with torch.no_grad():
            for weight in self.D.parameters():
                weight.mul_(2 * scale)
        self.naive_D = copy.deepcopy(self.D)
        optimiser = torch.optim.Adam(self.D.parameters(), LR, betas=(BETA1, BETA2), eps=EPS)
        self.player = Player("discriminator", self.D, optimiser, _recipe(accumulate), Ledger())
        self.adam = NaiveAdam(list(self.naive_D.parameters()))
        self.real = torch.rand(BATCH, *self.shape, dtype=torch.float64) * 2 - 1
        self.drawn = []
        self.noise = torch.Generator().manual_seed(5)
        self.bounds = None if modality == "points" else (-1.0, 1.0)

    def draw(self, count):
        self.drawn.append(torch.rand(count, *self.shape, dtype=torch.float64) * 2 - 1)
        return self.drawn[-1].clone()

    def update(self, iteration=0, iteration_in_epoch=0, generator=None, progress=0.0):
        """An update whose fakes are drawn here: the latents are the fakes, and G hands them on."""
        return Update(
            real=self.real.clone(),
            size=BATCH,
            generator=generator or (lambda batch: batch),
            discriminator=self.player,
            draw_latents=self.draw,
            bounds=self.bounds,
            iteration=iteration,
            iteration_in_epoch=iteration_in_epoch,
            progress=progress,
            noise=self.noise,
        )

    def play(self, method, **when):
        return build(method).update_discriminator(self.update(**when))

    def gradients(self, loss):
        return torch.autograd.grad(loss, list(self.naive_D.parameters()))

    def score(self, x):
        """The naive D's logit of one sample."""
        return self.naive_D(x[None])[0]

    def input_gradient(self, function, x):
        x = x.clone().requires_grad_()
        return torch.autograd.grad(function(x), x)[0]

    def mean_loss(self, form, samples):
        return sum(form(self.score(x)) for x in samples) / len(samples)

    def assert_same(self):
        weights = list(self.D.parameters())
        state = [self.player.optimiser.state[weight] for weight in weights]
        assert _difference(weights, self.adam.weights) < 1e-9
        assert _difference([s["exp_avg"] for s in state], self.adam.first) < 1e-9
        assert _difference([s["exp_avg_sq"] for s in state], self.adam.second) < 1e-9
        assert {int(s["step"]) for s in state} == {self.adam.count}


def _recipe(accumulate):
    adam = Adam(kind="adam", generator_lr=LR, discriminator_lr=LR)
    return Recipe(
        batch_size=BATCH, generator_steps=1, optimizer=adam, ema_half_life=1.0, accumulate=accumulate
    )


def _difference(ours, naive):
    """Relative, over all weights: single ones may be exactly zero."""
    a, b = (torch.cat([value.detach().flatten() for value in values]) for values in (ours, naive))
    return float((a - b).norm() / b.norm())


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
    logs = game.play(params.AsGan(kind="as_gan", epsilon=epsilon, warm_up=0))
    second = _naive_as_gan(game, "non_saturating", epsilon)
    game.assert_same()
    assert game.adam.count == 2
    assert float(logs["loss_adversarial"]) == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("wrong", ["perturbed by the new D", "second step by the old D"])
def test_as_gan_is_told_from_its_likenesses(wrong):
    game = Game()
    game.play(params.AsGan(kind="as_gan", epsilon=0.3, warm_up=0))
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
    method = params.AsGan(kind="as_gan", epsilon=0.3, warm_up=300, warm_up_recurs=recurs)
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
    game.play(params.Dat(kind="dat", loss="hinge", threshold=threshold, reduction=reduction))
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
    game.play(params.Dat(kind="dat", reduction=reduction, passes="published"))
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
    game.player = Player("discriminator", game.D, optimiser, _recipe(1), Ledger())
    game.play(params.Dat(kind="dat", passes="published"))
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
    assert _difference(list(game.D.parameters()), list(D.parameters())) < 1e-12
    assert all(torch.equal(a, b) for a, b in zip(game.D.buffers(), D.buffers(), strict=True))


@pytest.mark.parametrize(
    ("method", "separate", "passes"),
    [
        (params.Gan(kind="gan"), False, 1),
        (params.Gan(kind="gan"), True, 2),
        (params.AsGan(kind="as_gan", epsilon=0.1, warm_up=0), False, 2),
        (params.AsGan(kind="as_gan", epsilon=0.1, warm_up=0), True, 3),
        (params.Dat(kind="dat"), False, 2),
        (params.Dat(kind="dat"), True, 4),
        (params.Dat(kind="dat", passes="published"), False, 6),
    ],
)
def test_forward_passes_of_an_update_of_d(method, separate, passes):
    """The authors' code has 3 for AS-GAN and 6 for DAT; G's update adds one."""
    game = Game()
    recipe = _recipe(1).model_copy(update={"separate_passes": separate})
    game.player = Player("discriminator", game.D, game.player.optimiser, recipe, Ledger())
    seen = []
    game.D.register_forward_hook(lambda *_: seen.append(1))
    game.play(method)
    assert len(seen) == passes


def test_separate_passes_change_no_step():
    """Without spectral norm or batch statistics, that is."""
    joint, apart = Game(), Game()
    recipe = _recipe(1).model_copy(update={"separate_passes": True})
    apart.player = Player("discriminator", apart.D, apart.player.optimiser, recipe, Ledger())
    for game in (joint, apart):
        torch.manual_seed(9)
        game.play(params.Dat(kind="dat"))
    assert _difference(list(joint.D.parameters()), list(apart.D.parameters())) < 1e-12


def test_dats_clip_binds_on_images_and_not_on_points():
    for modality, bound in (("images", True), ("points", False)):
        game = Game(modality, scale=3.0)
        game.real = game.real.sign()
        method = build(params.Dat(kind="dat", threshold=1.0, reduction="sum"))
        real, fake = method.perturb(game.real, game.draw(BATCH), game.update())
        assert (max(float(real.abs().max()), float(fake.abs().max())) <= 1) == bound
        assert not real.requires_grad
        assert not fake.requires_grad


def penalty(weight):
    return [ZeroGp(kind="zero_gp", weight=weight, at="real")]


def _fargan(weight, **settings):
    return params.Fargan(
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
    game.play(params.Fargan(kind="fargan", oversampling=1, techniques=penalty(10.0)))
    fakes, drawn = game.drawn
    assert len(drawn) == 3
    _naive_fargan(game, list(drawn), fakes, 3, 10.0)
    game.assert_same()


def test_fargan_random_selection_takes_distinct_fakes_by_its_own_noise():
    method = params.Fargan(
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
    game.play(params.Fargan(kind="fargan", fake_as_real_share=0, techniques=penalty(10.0)))
    assert len(game.drawn) == 1
    _naive_fargan(game, [], game.drawn[0], 0, 10.0)
    game.assert_same()


@pytest.mark.parametrize("techniques", [[], penalty(10.0)], ids=["GAN", "NSGAN-0GP"])
def test_fargan_without_fakes_as_real_is_its_baseline(techniques):
    far, gan = Game(), Game()
    torch.manual_seed(9)
    far.play(params.Fargan(kind="fargan", fake_as_real_share=0, techniques=techniques))
    torch.manual_seed(9)
    gan.play(params.Gan(kind="gan", techniques=techniques))
    assert all(torch.equal(a, b) for a, b in zip(far.D.parameters(), gan.D.parameters(), strict=True))


@pytest.mark.parametrize("loss", get_args(LossName))
def test_the_generator_descends_its_own_term_and_leaves_d_alone(loss):
    game = Game()
    G = nn.Linear(LATENT, 2).double()
    player = Player("generator", G, torch.optim.SGD(G.parameters(), 0.1), _recipe(1), Ledger())
    z = torch.randn(BATCH, LATENT, dtype=torch.float64)
    before = {name: value.clone() for name, value in game.D.state_dict().items()}
    expected = build_loss(Loss(kind=loss)).generator(game.D(G(z)), game.D(game.real))
    gradient = torch.autograd.grad(expected, G.weight)[0]
    weight = G.weight.detach().clone()
    game.draw = lambda count: z
    logs = build(_gan(loss)).update_generator(game.update(generator=player))
    assert logs["loss_generator"].item() == expected.item()
    assert _difference([G.weight], [weight - 0.1 * gradient]) < 1e-12
    assert all(torch.equal(before[name], value) for name, value in game.D.state_dict().items())
    assert all(w.grad is None for w in game.D.parameters())
