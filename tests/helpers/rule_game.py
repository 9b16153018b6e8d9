"""A small game of a method in float64, with copies of both players for a naive derivation.

Samples are taken one by one, losses are written out, and the copies move by plain gradient descent.
Random draws are repeated from a generator of the same seed.
"""

import copy
import math

import torch
from torch import nn

from ganmatrix.methods.method import build
from ganmatrix.methods.protocol import Update
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.kinds import adapter
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player

BATCH, LATENT, LR, SEED = 6, 3, 0.1, 5


def softplus(x):
    return torch.log1p(torch.exp(x))


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def real_loss(score, samples):
    return mean(softplus(-score(x)) for x in samples)


def fake_loss(score, samples):
    return mean(softplus(score(x)) for x in samples)


def contest(score, real, fake):
    return real_loss(score, real) + fake_loss(score, fake)


def family(shape):
    local = nn.Sequential(nn.Linear(shape[0], 3), nn.Tanh())
    pool = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    critic = Critic(local, pool, nn.Linear(4, 1), channels=3, width=4, spectral=False)
    generator = nn.Sequential(nn.Linear(LATENT, 5), nn.Tanh(), nn.Linear(5, shape[0]))
    return Pair(generator, critic, LATENT, "g", "d")


class Game:
    """Both players of a method on points of the plane, and copies of them for the naive derivation."""

    def __init__(self, kind, accumulate=1, size=BATCH, bounds=None, **settings):
        torch.manual_seed(3)
        self.rule = build(adapter(Method).validate_python({"kind": kind} | settings))
        pair = self.rule.networks(family, (2,))
        self.G, self.D = pair.generator.double(), pair.discriminator.double()
        with torch.no_grad():
            for weight in self.D.parameters():
                weight.mul_(2)
        self.naive_G, self.naive_D = copy.deepcopy(self.G), copy.deepcopy(self.D)
        adam = Adam(kind="adam", generator_lr=LR, discriminator_lr=LR)
        recipe = Recipe(
            batch_size=BATCH, generator_steps=1, optimizer=adam, ema_half_life=1.0, accumulate=accumulate
        )
        self.generator, self.discriminator = (
            Player(name, network, torch.optim.SGD(network.parameters(), LR), recipe, Ledger())
            for name, network in (("generator", self.G), ("discriminator", self.D))
        )
        self.size, self.bounds = size, bounds
        self.latents, self.stream = [], torch.Generator().manual_seed(7)
        self.noise, self.naive_noise = (torch.Generator().manual_seed(SEED) for _ in range(2))
        self.next_batch()

    def next_batch(self):
        self.real = torch.rand(BATCH, 2, generator=self.stream).double() * 2 - 1
        self.latents.clear()

    def draw(self, count):
        self.latents.append(torch.randn(count, LATENT, generator=self.stream).double())
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
            progress=0.0,
            noise=self.noise,
        )

    def step_discriminator(self):
        self.latents.clear()
        return self.rule.update_discriminator(self.update())

    def step_generator(self):
        self.latents.clear()
        return self.rule.update_generator(self.update())

    def score(self, x):
        """The naive D's logit of one sample."""
        return self.naive_D(x[None])[0]

    def fakes(self, draw=-1):
        """The naive G's samples of a draw of latents, one by one."""
        return [self.naive_G(z[None])[0] for z in self.latents[draw]]

    def fixed_fakes(self, draw=-1):
        return [fake.detach() for fake in self.fakes(draw)]

    def slope(self, function, x):
        """The gradient of a function of one sample at it."""
        x = x.detach().clone().requires_grad_()
        return torch.autograd.grad(function(x), x)[0]

    def move_discriminator(self, loss):
        descend(self.naive_D, loss)

    def assert_discriminator(self, loss):
        """D's last step was down that loss, and so were all before it."""
        assert_same(self.D, self.naive_D, loss)

    def assert_generator(self, loss):
        assert_same(self.G, self.naive_G, loss)


def gradients(network, loss):
    weights = list(network.parameters())
    found = torch.autograd.grad(loss, weights, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True)]


def descend(network, loss):
    found = gradients(network, loss)
    with torch.no_grad():
        for weight, gradient in zip(network.parameters(), found, strict=True):
            weight.sub_(LR * gradient)


def flat(tensors):
    return torch.cat([tensor.detach().flatten() for tensor in tensors])


def taken(network):
    """The gradient of the player's latest step."""
    return flat(torch.zeros_like(w) if w.grad is None else w.grad for w in network.parameters())


def difference(ours, naive):
    return ((ours - naive).norm() / naive.norm()).item()


def assert_same(ours, naive, loss):
    expected = flat(gradients(naive, loss))
    assert expected.norm() > 1e-6
    assert difference(taken(ours), expected) < 1e-9
    descend(naive, loss)
    assert difference(flat(ours.parameters()), flat(naive.parameters())) < 1e-9


def assert_plain_generator(game):
    game.step_generator()
    game.assert_generator(real_loss(game.score, game.fakes()))


def climb(game, x, epsilon, step, steps):
    """Signed steps up softplus(-D), coordinate by coordinate, each back within epsilon and the bounds."""
    moved = x.tolist()
    for _ in range(steps):
        up = game.slope(lambda v: softplus(-game.score(v)), torch.tensor(moved, dtype=x.dtype)).tolist()
        for i, start in enumerate(x.tolist()):
            value = moved[i] + step * math.copysign(1, up[i])
            value = min(max(value, start - epsilon), start + epsilon)
            moved[i] = value if game.bounds is None else min(max(value, game.bounds[0]), game.bounds[1])
    return torch.tensor(moved, dtype=x.dtype)
