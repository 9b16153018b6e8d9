"""A small D in float64 with its player, and a copy of it for a derivation that shares nothing with ours.

The naive version treats each sample by itself, takes every gradient it needs with a forward pass of its own,
and applies Adam by its formulas.
"""

import copy
import math

import torch
from torch import nn

from ganmatrix.methods.method import build
from ganmatrix.methods.protocol import Update
from ganmatrix.params.recipes import Adam, Recipe
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
        self.player = Player("discriminator", self.D, optimiser, small_recipe(accumulate), Ledger())
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
        assert difference(weights, self.adam.weights) < 1e-9
        assert difference([s["exp_avg"] for s in state], self.adam.first) < 1e-9
        assert difference([s["exp_avg_sq"] for s in state], self.adam.second) < 1e-9
        assert {int(s["step"]) for s in state} == {self.adam.count}


def small_recipe(accumulate):
    adam = Adam(kind="adam", generator_lr=LR, discriminator_lr=LR)
    return Recipe(
        batch_size=BATCH, generator_steps=1, optimizer=adam, ema_half_life=1.0, accumulate=accumulate
    )


def difference(ours, naive):
    """Relative, over all weights: single ones may be exactly zero."""
    a, b = (torch.cat([value.detach().flatten() for value in values]) for values in (ours, naive))
    return float((a - b).norm() / b.norm())
