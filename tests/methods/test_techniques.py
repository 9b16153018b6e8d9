"""Every technique against a derivation that shares nothing with it.

The naive version treats each sample by itself in float64, writes each formula out, and takes every
gradient of D with a pass of its own. Random draws are repeated from a generator of the same seed.
"""

import copy
import io
import itertools
import math

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from ganmatrix.methods.method import build
from ganmatrix.methods.protocol import Update
from ganmatrix.methods.techniques.info_max import info_nce
from ganmatrix.methods.techniques.rotation import turn_quarters
from ganmatrix.methods.techniques.technique import build_all
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.kinds import kinds
from ganmatrix.params.methods import Gan
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.params.techniques import Technique
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player

BATCH, LATENT, LR, SEED = 8, 3, 0.05, 5
POINTS, IMAGES = (3,), (1, 4, 4)
SHAPES = pytest.mark.parametrize("shape", [POINTS, IMAGES])


def softplus(x):
    return torch.log1p(torch.exp(x))


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def length(x):
    return (x * x).sum().sqrt()


def mean(values):
    values = list(values)
    return sum(values) / len(values)


REAL = {"non_saturating": lambda s: softplus(-s), "wasserstein": lambda s: -s}
FAKE = {"non_saturating": softplus, "wasserstein": lambda s: s}


def smooth_critic(shape, spectral=False):
    """A critic whose local maps have 3 channels (and 3x3 places of 4x4 images) and whose features are 4."""
    if len(shape) == 1:
        local, pool = [nn.Linear(shape[0], 3)], [nn.Linear(3, 4)]
    else:
        local, pool = [nn.Conv2d(shape[0], 3, 2)], [nn.Flatten(1), nn.Linear(27, 4)]
    return Critic(
        nn.Sequential(*local, nn.Tanh()),
        nn.Sequential(*pool, nn.Tanh()),
        nn.Linear(4, 1),
        channels=3,
        width=4,
        spectral=spectral,
    )


def linear_critic(shape):
    """D(x) = w.x + b."""
    size = math.prod(shape)
    layers = nn.Identity(), nn.Flatten(1), nn.Linear(size, 1)
    return Critic(*layers, channels=size, width=size, spectral=False)


def smooth_generator(shape):
    return nn.Sequential(
        nn.Linear(LATENT, 5), nn.Tanh(), nn.Linear(5, math.prod(shape)), nn.Unflatten(1, shape)
    )


class Game:
    """A small G and D in float64 with their players, and copies of both for the naive derivation."""

    def __init__(
        self,
        *techniques,
        shape=POINTS,
        loss="non_saturating",
        scale=2.0,
        progress=0.0,
        size=BATCH,
        critic=smooth_critic,
        generator=smooth_generator,
    ):
        torch.manual_seed(3)
        self.loss, self.progress, self.size, self.bounds = loss, progress, size, None
        self.rule = build(Gan.model_validate({"kind": "gan", "loss": loss, "techniques": list(techniques)}))

        def family(shape):
            return Pair(generator(shape), critic(shape), LATENT, "g", "d")

        pair = self.rule.networks(family, shape)
        self.G, self.D = pair.generator.double(), pair.discriminator.double()
        with torch.no_grad():
            for weight in self.D.parameters():
                weight.mul_(scale)
        self.naive_G, self.naive_D = copy.deepcopy(self.G), copy.deepcopy(self.D)
        ledger = Ledger()
        self.generator, self.discriminator = (
            Player(name, network, torch.optim.SGD(network.parameters(), LR), _recipe(), ledger)
            for name, network in (("generator", self.G), ("discriminator", self.D))
        )
        self.real = torch.rand(BATCH, *shape, dtype=torch.float64) * 2 - 1
        self.latents, self.latent_stream = [], torch.Generator().manual_seed(7)
        self.noise, self.naive_noise = (torch.Generator().manual_seed(SEED) for _ in range(2))

    def draw(self, count):
        self.latents.append(torch.randn(count, LATENT, generator=self.latent_stream).double())
        return self.latents[-1].clone()

    def update(self):
        return Update(
            real=self.real.clone(),
            size=self.size,
            generator=self.generator,
            discriminator=self.discriminator,
            draw_latents=self.draw,
            bounds=self.bounds,
            iteration=0,
            iteration_in_epoch=0,
            progress=self.progress,
            noise=self.noise,
        )

    def step_discriminator(self):
        return self.rule.update_discriminator(self.update())

    def step_generator(self):
        return self.rule.update_generator(self.update())

    def score(self, x):
        """The naive D's logit of one sample."""
        return self.naive_D(x[None])[0]

    def features(self, x):
        return self.naive_D.pool(self.naive_D.local(x[None]))[0]

    def slope(self, x):
        """The gradient of that logit at the sample."""
        x = x.detach().clone().requires_grad_()
        return torch.autograd.grad(self.score(x), x, create_graph=True)[0]

    def squared_slope(self, x):
        return (self.slope(x) ** 2).sum()

    def fakes(self, attached=False):
        """The naive G's samples of the latest latents, one by one."""
        fakes = [self.naive_G(z[None])[0] for z in self.latents[-1]]
        return fakes if attached else [fake.detach() for fake in fakes]

    def contest(self, real=None, fake=None):
        """D's adversarial loss."""
        real, fake = self.real if real is None else real, self.fakes() if fake is None else fake
        return mean(REAL[self.loss](self.score(x)) for x in real) + mean(
            FAKE[self.loss](self.score(x)) for x in fake
        )

    def persuasion(self, fakes):
        """G's non-saturating loss."""
        return mean(softplus(-self.score(x)) for x in fakes)

    def normal(self, count=BATCH):
        """The next Gaussian draws for that many samples."""
        shape = (count, *self.real.shape[1:])
        return torch.randn(shape, generator=self.naive_noise).double()

    def uniform(self, count=BATCH, elementwise=False):
        """The next uniform draws: a number a sample, or one for each of its elements."""
        rest = self.real.shape[1:] if elementwise else [1] * (self.real.ndim - 1)
        return torch.rand((count, *rest), generator=self.naive_noise).double()

    def interpolates(self, ends):
        return [x + share * (y - x) for x, y, share in zip(self.real, ends, self.uniform(), strict=True)]

    def assert_discriminator(self, base, term):
        assert_gradients(self.D, self.naive_D, base, term)

    def assert_generator(self, base, term):
        assert_gradients(self.G, self.naive_G, base, term)


def _recipe():
    adam = Adam(kind="adam", generator_lr=LR, discriminator_lr=LR)
    return Recipe(batch_size=BATCH, generator_steps=1, optimizer=adam, ema_half_life=1.0)


def difference(ours, naive):
    """Relative, over all values: single ones may be exactly zero."""
    return ((ours - naive).norm() / naive.norm()).item()


def flat_gradient(loss, network):
    weights = list(network.parameters())
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return torch.cat(
        [(torch.zeros_like(w) if g is None else g).flatten() for w, g in zip(weights, found, strict=True)]
    )


def assert_gradients(ours, naive, base, term):
    """The gradient of ours is that of base + term, in which the term weighs enough to be missed."""
    weights = list(ours.parameters())
    found = torch.cat([(torch.zeros_like(w) if w.grad is None else w.grad).flatten() for w in weights])
    expected = flat_gradient(base + term, naive)
    assert difference(found, expected) < 1e-9
    if torch.is_tensor(term) and torch.is_tensor(base):
        assert flat_gradient(term, naive).norm() > 1e-2 * expected.norm()


def assert_logged(logs, name, value):
    assert float(logs[name]) == pytest.approx(float(torch.as_tensor(value).detach()), rel=1e-9)


def test_every_kind_of_the_catalogue_is_tested_here():
    assert [kind for kind in kinds(Technique) if f"test_{kind}" not in globals()] == []


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


def steepest(change, start, iterations):
    """Power iterations on a change of D along a direction, from a random start."""
    direction = start / length(start)
    for _ in range(iterations):
        direction = direction.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(change(direction), direction)
        direction = gradient / length(gradient)
    return direction.detach()


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


def turned(x, quarters):
    """One square image (C, S, S) turned anticlockwise, element by element."""
    side = x.shape[-1]
    last = side - 1
    source = {
        0: lambda i, j: (i, j),
        1: lambda i, j: (j, last - i),
        2: lambda i, j: (last - i, last - j),
        3: lambda i, j: (last - j, i),
    }[quarters]
    rows = [torch.stack([x[:, *source(i, j)] for j in range(side)], dim=1) for i in range(side)]
    return torch.stack(rows, dim=1)


def test_rotations_turns_are_quarters_of_the_batch():
    images = torch.arange(8 * 2 * 9, dtype=torch.float64).view(8, 2, 3, 3)
    found, turns = turn_quarters(images)
    assert turns.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for image, turn, original in zip(found, turns.tolist(), images, strict=True):
        assert torch.equal(image, turned(original, turn))
    first, turns = turn_quarters(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).expand(4, 1, 2, 2))
    assert turns.tolist() == [0, 1, 2, 3]
    assert first[:, 0].tolist() == [
        [[1.0, 2.0], [3.0, 4.0]],
        [[2.0, 4.0], [1.0, 3.0]],
        [[4.0, 3.0], [2.0, 1.0]],
        [[3.0, 1.0], [4.0, 2.0]],
    ]


def naive_rotation(game, images):
    losses = []
    for i, image in enumerate(images):
        turn = i // (len(images) // 4)
        head = game.naive_D.heads["rotation"]
        features = game.features(turned(image, turn))
        guesses = [(head.weight[k] * features).sum() + head.bias[k] for k in range(4)]
        losses.append(-torch.log(torch.exp(guesses[turn]) / sum(torch.exp(guess) for guess in guesses)))
    return mean(losses)


def test_rotation():
    technique = {"kind": "rotation", "discriminator_weight": 0.7, "generator_weight": 0.3}
    game = Game(technique, shape=IMAGES, size=2 * BATCH)
    logs = game.step_discriminator()
    task = naive_rotation(game, game.real)
    assert_logged(logs, "rotation_real", task)
    game.assert_discriminator(game.contest(), 0.7 * task)
    game.naive_D = copy.deepcopy(game.D)
    logs = game.step_generator()
    fakes = game.fakes(attached=True)
    assert len(fakes) == 2 * BATCH
    task = naive_rotation(game, fakes)
    assert_logged(logs, "rotation_fake", task)
    game.assert_generator(game.persuasion(fakes), 0.3 * task)


def test_rotation_sees_reals_without_instance_noise():
    game = Game({"kind": "instance_noise", "std": 0.4}, {"kind": "rotation"}, shape=IMAGES)
    game.step_discriminator()
    noisy = [
        [x + 0.4 * n for x, n in zip(side, game.normal(), strict=True)] for side in (game.real, game.fakes())
    ]
    game.assert_discriminator(game.contest(*noisy), naive_rotation(game, game.real))


def projection(head, x):
    """W2 relu(W1 x + b1) + b2 + Ws x + bs of one vector."""
    hidden = [max(value, 0.0 * value) for value in head.first.weight @ x + head.first.bias]
    return (
        head.second.weight @ torch.stack(hidden)
        + head.second.bias
        + head.shortcut.weight @ x
        + head.shortcut.bias
    )


def naive_info_nce(local, whole):
    """The mean over images n and their places; the negatives are all places of other images m."""
    losses = []
    for n in range(len(local)):
        for place in local[n]:
            positive = torch.exp((place * whole[n]).sum())
            negatives = 0
            for m in range(len(local)):
                if m != n:
                    negatives = negatives + sum(torch.exp((other * whole[n]).sum()) for other in local[m])
            losses.append(-torch.log(positive / (positive + negatives)))
    return mean(losses)


def naive_info_max(game, images):
    heads = game.naive_D.heads
    local, whole = [], []
    for image in images:
        maps = game.naive_D.local(image[None])[0]
        places = itertools.product(range(maps.shape[1]), range(maps.shape[2]))
        local.append([projection(heads["info_max_local"], maps[:, i, j]) for i, j in places])
        whole.append(projection(heads["info_max_global"], game.features(image)))
    return naive_info_nce(local, whole)


def test_info_max():
    settings = {"discriminator_weight": 0.7, "generator_weight": 0.3, "dimension": 3}
    game = Game({"kind": "info_max"} | settings, shape=IMAGES)
    logs = game.step_discriminator()
    task = naive_info_max(game, game.real)
    assert_logged(logs, "info_max_real", task)
    game.assert_discriminator(game.contest(), 0.7 * task)
    game.naive_D = copy.deepcopy(game.D)
    logs = game.step_generator()
    fakes = game.fakes(attached=True)
    task = naive_info_max(game, fakes)
    assert_logged(logs, "info_max_fake", task)
    game.assert_generator(game.persuasion(fakes), 0.3 * task)


def test_info_maxs_task_on_vectors():
    torch.manual_seed(4)
    local, whole = torch.randn(4, 3, 2, dtype=torch.float64), torch.randn(4, 2, dtype=torch.float64)
    assert float(info_nce(local, whole)) == pytest.approx(float(naive_info_nce(local, whole)), rel=1e-12)
    # Without preference, an image's own place stands against the 3 * 3 of the others.
    assert float(info_nce(torch.zeros(4, 3, 2), whole.float())) == pytest.approx(math.log(10))


@pytest.mark.parametrize("kind", ["rotation", "info_max"])
def test_a_generator_weight_of_zero_leaves_g_the_plain_loss(kind):
    game = Game({"kind": kind, "generator_weight": 0.0}, shape=IMAGES)
    logs = game.step_generator()
    game.assert_generator(game.persuasion(game.fakes(attached=True)), 0)
    assert set(logs) == {"loss_generator"}


@SHAPES
def test_feature_matching(shape):
    game = Game({"kind": "feature_matching", "weight": 3.0}, shape=shape, size=2 * BATCH)
    logs = game.step_generator()
    fakes = game.fakes(attached=True)
    assert len(fakes) == 2 * BATCH
    wanted, found = mean(game.features(x) for x in game.real), mean(game.features(x) for x in fakes)
    distance = sum((a - b) ** 2 for a, b in zip(wanted, found, strict=True))
    assert_logged(logs, "feature_distance", distance)
    assert_logged(logs, "loss_generator", 3.0 * distance)
    game.assert_generator(0, 3.0 * distance)
    assert flat_gradient(game.persuasion(fakes), game.naive_G).norm() > 1e-3


def test_feature_matching_adds_nothing_to_d():
    game = Game({"kind": "feature_matching"})
    game.step_discriminator()
    game.assert_discriminator(game.contest(), 0)


def test_feature_matching_leaves_d_alone_in_gs_step():
    game = Game({"kind": "feature_matching"})
    game.step_generator()
    assert all(weight.grad is None for weight in game.D.parameters())


KERNELS, DIMENSION = 3, 2


def naive_nearness_logits(game, batch):
    """The logits of a batch: w.f + b + sum_b v_b o_b, with o_b by loops over its samples."""
    layer = game.naive_D.logit
    features = [game.features(x) for x in batch]
    rows = [
        [[(layer.map.weight[b * DIMENSION + c] * f).sum() for c in range(DIMENSION)] for b in range(KERNELS)]
        for f in features
    ]
    logits = []
    for i, f in enumerate(features):
        logit = (layer.logit.weight[0] * f).sum() + layer.logit.bias[0]
        for b in range(KERNELS):
            o = 0
            for j in range(len(batch)):
                if j != i:
                    o = o + torch.exp(-sum(abs(rows[i][b][c] - rows[j][b][c]) for c in range(DIMENSION)))
            logit = logit + layer.nearness_logit.weight[0, b] * o
        logits.append(logit)
    return logits


def test_minibatch_discrimination():
    technique = {"kind": "minibatch_discrimination", "kernels": KERNELS, "dimension": DIMENSION}
    game = Game(technique, scale=1.5)
    seen = []
    game.D.register_forward_hook(lambda module, inputs, output: seen.append(len(inputs[0])))
    game.step_discriminator()
    assert not game.discriminator.joint
    assert seen == [BATCH, BATCH]
    real, fake = naive_nearness_logits(game, game.real), naive_nearness_logits(game, game.fakes())
    game.assert_discriminator(0, mean(softplus(-s) for s in real) + mean(softplus(s) for s in fake))
    game.naive_D = copy.deepcopy(game.D)
    game.step_generator()
    fake = naive_nearness_logits(game, game.fakes(attached=True))
    game.assert_generator(0, mean(softplus(-s) for s in fake))


def test_minibatch_discrimination_parts_sides_that_a_plain_d_sees_in_one_pass():
    technique = {"kind": "minibatch_discrimination", "kernels": KERNELS, "dimension": DIMENSION}
    game, plain = Game(technique, scale=1.5), Game()
    assert plain.discriminator.joint
    near, far = game.real[:1].expand(4, -1), game.real[:4]
    logits, alone = game.D(torch.cat([near, far])), game.D(near)
    assert not torch.allclose(logits[:4], alone)
    assert torch.allclose(alone, torch.stack(naive_nearness_logits(game, near)))


@pytest.mark.parametrize(
    ("technique", "names"),
    [
        ({"kind": "rotation"}, ["heads.rotation"]),
        (
            {"kind": "info_max", "dimension": 3},
            [
                f"heads.info_max_{side}.{layer}"
                for side in ("local", "global")
                for layer in ("first", "second", "shortcut")
            ],
        ),
        ({"kind": "minibatch_discrimination"}, ["logit.map", "logit.nearness_logit"]),
    ],
)
@pytest.mark.parametrize("spectral", [False, True])
def test_added_layers_are_normalised_where_ds_own_are(technique, names, spectral):
    game = Game(technique, shape=IMAGES, critic=lambda shape: smooth_critic(shape, spectral))
    for name in names:
        assert parametrize.is_parametrized(game.D.get_submodule(name), "weight") == spectral


def historical_term(network, past):
    """||theta - mean of past theta||^2, weight by weight."""
    total = torch.zeros((), dtype=torch.float64)
    if past:
        for i, weight in enumerate(network.parameters()):
            total = total + ((weight - sum(each[i] for each in past) / len(past)) ** 2).sum()
    return total


def naive_sgd(network, loss, past):
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    with torch.no_grad():
        for weight, gradient in zip(network.parameters(), gradients, strict=True):
            weight.sub_(LR * gradient)
    past.append([weight.detach().clone() for weight in network.parameters()])


def play_with_history(game, past_D, past_G, term_weighs):
    """One step of both players, ours and by hand."""
    logs = game.step_discriminator()
    distance = historical_term(game.naive_D, past_D)
    assert_logged(logs, "history_distance_discriminator", distance)
    base = game.contest()
    game.assert_discriminator(base, 5.0 * distance if term_weighs else 0)
    naive_sgd(game.naive_D, base + 5.0 * distance, past_D)
    logs = game.step_generator()
    distance = historical_term(game.naive_G, past_G)
    assert_logged(logs, "history_distance_generator", distance)
    base = game.persuasion(game.fakes(attached=True))
    game.assert_generator(base, 5.0 * distance if term_weighs else 0)
    naive_sgd(game.naive_G, base + 5.0 * distance, past_G)


def test_historical_averaging():
    game = Game({"kind": "historical_averaging", "weight": 5.0})
    past_D, past_G = [], []
    # The past begins after the first step, and for one more step the present is all of it.
    for step in range(5):
        play_with_history(game, past_D, past_G, term_weighs=step >= 2)
    for ours, naive in ((game.D, game.naive_D), (game.G, game.naive_G)):
        for a, b in zip(ours.parameters(), naive.parameters(), strict=True):
            assert difference(a.detach(), b.detach()) < 1e-9


def test_historical_averaging_continues_from_its_state():
    technique = {"kind": "historical_averaging", "weight": 5.0}
    game = Game(technique)
    past_D, past_G = [], []
    for step in range(3):
        play_with_history(game, past_D, past_G, term_weighs=step >= 2)
    stored = io.BytesIO()
    torch.save(game.rule.state_dict(), stored)
    stored.seek(0)
    game.rule = Game(technique).rule
    game.rule.load_state_dict(torch.load(stored, weights_only=True))
    for _ in range(2):
        play_with_history(game, past_D, past_G, term_weighs=True)


REFERENCES = 5


def normalising_generator(shape):
    """Two batch normalisations, with scales and shifts of their own."""
    layers = nn.Sequential(
        nn.Linear(LATENT, 32, bias=False),
        nn.Unflatten(1, (2, 4, 4)),
        nn.BatchNorm2d(2, eps=1e-3),
        nn.Tanh(),
        nn.Conv2d(2, 3, 3, padding=1, bias=False),
        nn.BatchNorm2d(3, eps=1e-2),
        nn.Tanh(),
        nn.Conv2d(3, 1, 1),
    )
    with torch.no_grad():
        for layer in (layers[2], layers[5]):
            layer.weight.uniform_(0.5, 1.5)
            layer.bias.uniform_(-0.5, 0.5)
    return layers


def referenced_norm(maps, references, scale, shift, eps):
    """Each of maps (C, h, w) normalised by the references' moments, mixed with 1/(R + 1) of its own."""
    normal = []
    for x in maps:
        channels = []
        for c in range(len(x)):
            others = [value for y in references for value in y[c].flatten()]
            own = list(x[c].flatten())
            share = 1 / (len(references) + 1)
            first = share * mean(own) + (1 - share) * mean(others)
            second = share * mean(v * v for v in own) + (1 - share) * mean(v * v for v in others)
            channels.append(scale[c] * (x[c] - first) / (second - first * first + eps).sqrt() + shift[c])
        normal.append(torch.stack(channels))
    return normal


def naive_referenced(network, latents):
    """The output for each latent by itself."""
    layers = network.generator

    def forward(z, references):
        maps = [layers[1](layers[0](each[None]))[0] for each in (*references, *z)]
        for norm, eps, convolution in ((layers[2], 1e-3, layers[4]), (layers[5], 1e-2, layers[7])):
            maps = referenced_norm(maps, maps[: len(references)], norm.weight, norm.bias, eps)
            maps = [convolution(torch.tanh(x)[None])[0] for x in maps]
        return maps[len(references) :]

    return [forward(z[None], network.reference)[0] for z in latents]


def test_virtual_batch_norm():
    technique = {"kind": "virtual_batch_norm", "reference": REFERENCES}
    game = Game(technique, shape=IMAGES, generator=normalising_generator)
    assert game.G.reference.shape == (REFERENCES, LATENT)
    game.step_generator()
    fakes = naive_referenced(game.naive_G, game.latents[0])
    with torch.no_grad():
        ours = game.naive_G(game.latents[0])
    assert difference(ours, torch.stack(fakes)) < 1e-9
    game.assert_generator(0, game.persuasion(fakes))


@pytest.mark.parametrize("training", [True, False])
def test_virtual_batch_norms_samples_do_not_know_each_other(training):
    technique = {"kind": "virtual_batch_norm", "reference": REFERENCES}
    game = Game(technique, shape=IMAGES, generator=normalising_generator)
    latents = game.draw(BATCH)
    expected = torch.stack(naive_referenced(game.naive_G, latents))
    game.G.train(training)
    before = copy.deepcopy(game.G.state_dict())
    with torch.no_grad():
        together = game.G(latents)
        apart = torch.cat([game.G(z[None]) for z in latents])
        extreme = game.G(torch.cat([latents[:1], 100 * latents[1:]]))[:1]
    assert difference(together, expected) < 1e-9
    assert difference(apart, expected) < 1e-9
    assert difference(extreme, expected[:1]) < 1e-9
    assert all(torch.equal(before[name], value) for name, value in game.G.state_dict().items())
    assert game.generator.joint


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


def test_techniques_come_in_the_order_of_the_params():
    names = ["wgan_gp", "r1", "vat"]
    section = Gan.model_validate({"kind": "gan", "techniques": [{"kind": name} for name in names]})
    found = [type(each) for each in build_all(section.techniques)]
    assert found == [kinds(Technique)[name].load() for name in names]
