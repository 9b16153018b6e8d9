"""A small G and D in float64 with their players, and copies of both for a derivation that shares no code.

The naive version treats each sample by itself in float64, writes each formula out, and takes every
gradient of D with a pass of its own. Random draws are repeated from a generator of the same seed.
"""

import copy
import math

import pytest
import torch
from torch import nn

from ganmatrix.methods.method import build
from ganmatrix.methods.protocol import Update
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import GanParams
from ganmatrix.params.recipes import Adam, Recipe
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
        self.rule = build(
            GanParams.model_validate({"kind": "gan", "loss": loss, "techniques": list(techniques)})
        )

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


def steepest(change, start, iterations):
    """Power iterations on a change of D along a direction, from a random start."""
    direction = start / length(start)
    for _ in range(iterations):
        direction = direction.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(change(direction), direction)
        direction = gradient / length(gradient)
    return direction.detach()
