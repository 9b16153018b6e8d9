"""One iteration of each rule against a derivation that treats every sample by itself.

Players are small tanh networks in float64 whose optimiser has learning rate 0, so that the gradients of
the last step of either player can be read off; the naive side writes each loss out and shares nothing
with the rules.
"""

import math

import pytest
import torch
from pydantic import TypeAdapter
from torch import nn

from ganmatrix.methods.catalogue import build
from ganmatrix.methods.protocol import Update
from ganmatrix.networks.critic import Critic
from ganmatrix.networks.pair import Pair
from ganmatrix.params.methods import Method
from ganmatrix.params.recipes import Adam, Recipe
from ganmatrix.training.ledger import Ledger
from ganmatrix.training.player import Player

BATCH, LATENT = 6, 3
PENALISED = [
    ({"kind": "r1", "gamma": 3.0}, lambda norms, _: 1.5 * mean([n**2 for n in norms])),
    ({"kind": "zero_gp", "weight": 2.0, "at": "fake"}, lambda _, norms: 2 * mean([n**2 for n in norms])),
]


@pytest.fixture(autouse=True)
def _double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def mean(values):
    return sum(values) / len(values)


def softplus(x):
    return torch.log1p(torch.exp(x))


def _pair(shape):
    critic = Critic(
        nn.Sequential(nn.Linear(shape[0], 5), nn.Tanh()),
        nn.Identity(),
        nn.Linear(5, 1),
        channels=5,
        width=5,
        spectral=False,
    )
    generator = nn.Sequential(nn.Linear(LATENT, 4), nn.Tanh(), nn.Linear(4, shape[0]))
    return Pair(generator, critic, LATENT, "g", "d")


class Table:
    """A rule with its players, and everything that it is handed."""

    def __init__(self, params, accumulate=1):
        torch.manual_seed(4)
        self.rule = build(TypeAdapter(Method).validate_python(params))
        self.pair = self.rule.networks(_pair, (2,))
        adam = Adam(kind="adam", generator_lr=1e-3, discriminator_lr=1e-3)
        recipe = Recipe(
            batch_size=BATCH, generator_steps=1, optimizer=adam, ema_half_life=1.0, accumulate=accumulate
        )
        self.G, self.D = (
            Player(name, net, torch.optim.SGD(net.parameters(), 0.0), recipe, Ledger())
            for name, net in (("generator", self.pair.generator), ("discriminator", self.pair.discriminator))
        )
        with torch.no_grad():
            for weight in self.D.network.parameters():
                weight.mul_(2)
        self.real = torch.rand(BATCH, 2) * 2 - 1
        self.latents = []
        self.noise = torch.Generator().manual_seed(5)

    def draw(self, count):
        self.latents.append(torch.randn(count, LATENT))
        return self.latents[-1]

    def update(self):
        return Update(self.real.clone(), BATCH, self.G, self.D, self.draw, None, 0, 0, 0.0, self.noise)

    def play(self, side):
        getattr(self.rule, f"update_{side}")(self.update())
        return self

    def fakes(self, index):
        return self.pair.generator(self.latents[index])

    def check(self, loss, player):
        """The naive loss has the gradients that the player's last step left."""
        weights = list(player.network.parameters())
        expected = torch.autograd.grad(loss, weights, allow_unused=True)
        for weight, naive in zip(weights, expected, strict=True):
            ours = torch.zeros_like(weight) if weight.grad is None else weight.grad
            wanted = torch.zeros_like(weight) if naive is None else naive
            assert float((ours - wanted).norm()) <= 1e-9 * max(float(wanted.norm()), 1e-3)


def real_loss(D, x):
    return mean([softplus(-D(each[None])[0]) for each in x])


def fake_loss(D, x):
    return mean([softplus(D(each[None])[0]) for each in x])


def climb(D, x, epsilon, step, steps):
    """PGD up softplus(-D), sample by sample."""
    moved = []
    for start in x:
        at = start.clone()
        for _ in range(steps):
            at = at.detach().requires_grad_()
            (slope,) = torch.autograd.grad(softplus(-D(at[None])[0]), at)
            at = torch.minimum(torch.maximum(at + step * slope.sign(), start - epsilon), start + epsilon)
        moved.append(at.detach())
    return torch.stack(moved)


def test_rob_gan():
    table = Table({"kind": "rob_gan", "epsilon": 0.1, "step_size": 0.06, "steps": 3}).play("discriminator")
    D, fake = table.pair.discriminator, table.fakes(0).detach()
    hard = climb(D, table.real, 0.1, 0.06, 3)
    assert float((hard - table.real).abs().max()) == pytest.approx(0.1)
    table.check(real_loss(D, hard) + fake_loss(D, fake), table.D)


def test_fast_gan():
    table = Table({"kind": "fast_gan", "epsilon": 0.05, "step_size": 0.03}).play("discriminator")
    D = table.pair.discriminator
    delta = climb(D, table.real, 0.05, 0.03, 1) - table.real
    table.check(real_loss(D, table.real + delta) + fake_loss(D, table.fakes(1).detach()), table.D)
    further = climb(D, table.real + delta, 1.0, 0.03, 1) - table.real
    torch.testing.assert_close(table.rule.delta, further.clamp(-0.05, 0.05), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("bias", "target", "expected"), [(50.0, 0.6, 0.6), (-50.0, 0.6, 0.4)])
def test_apa_moves_towards_its_target(bias, target, expected):
    table = Table({"kind": "apa", "interval": 1, "ramp": 10 * BATCH, "target": target})
    with torch.no_grad():
        table.pair.discriminator.logit.bias.fill_(bias)
    table.rule.probability = torch.tensor(0.5)
    table.play("discriminator")
    assert float(table.rule.probability) == pytest.approx(expected)


def test_pac_gan():
    table = Table({"kind": "pac_gan", "packing": 2}).play("discriminator")
    D, fake = table.pair.discriminator.critic, table.fakes(0).detach()
    packs = [[torch.cat([x[i], x[i + 1]]) for i in range(0, BATCH, 2)] for x in (table.real, fake)]
    table.check(real_loss(D, packs[0]) + fake_loss(D, packs[1]), table.D)


def test_unrolled_generator_sees_two_steps_ahead():
    table = Table({"kind": "unrolled", "steps": 2, "step_size": 0.4}).play("generator")
    D, fake = table.pair.discriminator, table.fakes(0)
    weights = [D.local[0].weight, D.local[0].bias, D.logit.weight, D.logit.bias]

    def score(w, x):
        return (w[2] @ torch.tanh(w[0] @ x + w[1]) + w[3])[0]

    for _ in range(2):
        loss = mean([softplus(-score(weights, x)) for x in table.real])
        loss = loss + mean([softplus(score(weights, x)) for x in fake])
        slopes = torch.autograd.grad(loss, weights, create_graph=True)
        weights = [w - 0.4 * slope for w, slope in zip(weights, slopes, strict=True)]
    table.check(mean([softplus(-score(weights, x)) for x in fake]), table.G)


@pytest.mark.parametrize("hardness", [0.0, 2.0])
def test_gman(hardness):
    params = {"kind": "gman", "discriminators": 3, "hardness": hardness}
    table = Table(params).play("discriminator")
    fake = table.fakes(0).detach()
    members = table.pair.discriminator.members
    table.check(sum(real_loss(D, table.real) + fake_loss(D, fake) for D in members), table.D)
    table = Table(params).play("generator")
    losses = [real_loss(D, table.fakes(0)) for D in table.pair.discriminator.members]
    shares = [torch.exp(hardness * each) for each in losses]
    table.check(sum(a * b for a, b in zip(losses, shares, strict=True)) / sum(shares), table.G)


def energy(D, x):
    return (D.decoder(D.encoder(x[None]))[0] - x).square().mean()


def test_ebgan():
    params = {"kind": "ebgan", "pull_away": 0.7, "loss": {"kind": "energy_margin", "margin": 2.0}}
    table = Table(params).play("discriminator")
    D, fake = table.pair.discriminator, table.fakes(0).detach()
    margins = [torch.clamp(2.0 - energy(D, x), min=0) for x in fake]
    table.check(mean([energy(D, x) for x in table.real]) + mean(margins), table.D)
    table = Table(params).play("generator")
    D, fake = table.pair.discriminator, table.fakes(0)
    codes = [D.encoder(x[None])[0] for x in fake]
    cosines = [
        (a @ b / (a.norm() * b.norm())) ** 2
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
        if i != j
    ]
    table.check(mean([energy(D, x) for x in fake]) + 0.7 * mean(cosines), table.G)


def test_cegan_rewards_entropy():
    table = Table({"kind": "cegan", "entropy_weight": 0.3}).play("generator")
    pair, z = table.pair, table.latents[0]
    fake = pair.generator(z)
    likelihood = []
    for x, latent in zip(fake, z, strict=True):
        centre, log_std = pair.generator.infer(x[None])
        normal = torch.distributions.Normal(centre[0], log_std[0].exp())
        likelihood.append(normal.log_prob(latent).sum())
    table.check(mean([energy(pair.discriminator, x) for x in fake]) - 0.3 * mean(likelihood), table.G)


def test_bigan_is_a_game_of_pairs():
    table = Table({"kind": "ali", "stochastic": False}).play("discriminator")
    G, D = table.pair.generator, table.pair.discriminator
    z = table.latents[0]
    inferred, fake = G.infer(table.real).mean.detach(), G(z).detach()
    given = mean([softplus(-D(x[None], c[None])[0]) for x, c in zip(table.real, inferred, strict=True)])
    made = mean([softplus(D(x[None], c[None])[0]) for x, c in zip(fake, z, strict=True)])
    table.check(given + made, table.D)
    table = Table({"kind": "ali", "stochastic": False}).play("generator")
    G, D = table.pair.generator, table.pair.discriminator
    z = table.latents[0]
    made = mean([softplus(-D(G(c[None]), c[None])[0]) for c in z])
    given = mean([softplus(D(x[None], G.infer(x[None]).mean)[0]) for x in table.real])
    table.check(made + given, table.G)


def test_co_gan_plays_in_both_domains():
    table = Table({"kind": "co_gan"}).play("discriminator")
    D, fakes = table.pair.discriminator, table.pair.generator.both(table.latents[0])
    first, second = (each.detach() for each in fakes)
    loss = real_loss(D, table.real) + fake_loss(D, first)
    table.check(loss + real_loss(D.other, table.real / 2) + fake_loss(D.other, second), table.D)
    table = Table({"kind": "co_gan"}).play("generator")
    D, fakes = table.pair.discriminator, table.pair.generator.both(table.latents[0])
    table.check(real_loss(D, fakes.first) + real_loss(D.other, fakes.second), table.G)


AS_GAN = {"kind": "as_gan", "epsilon": 0.1, "warm_up": 0}


def test_as_gans_joint_update_adds_the_adversarial_loss():
    table = Table(AS_GAN | {"update": "joint"}).play("discriminator")
    D, fake = table.pair.discriminator, table.fakes(0).detach()
    hard = climb(D, table.real, 0.1, 0.1, 1)
    table.check(real_loss(D, table.real) + fake_loss(D, fake) + real_loss(D, hard), table.D)


def test_as_gan_with_pgd():
    table = Table(AS_GAN | {"steps": 4, "relative_step": 0.4}).play("discriminator")
    D = table.pair.discriminator
    table.check(real_loss(D, climb(D, table.real, 0.1, 0.04, 4)), table.D)


def test_as_gans_random_signs_have_the_same_norm():
    table = Table(AS_GAN | {"direction": "random"})
    moved = table.rule.perturb(table.update())
    torch.testing.assert_close((moved - table.real).abs(), torch.full((BATCH, 2), 0.1))
    assert len({tuple(row) for row in (moved - table.real).sign().tolist()}) > 1


@pytest.mark.parametrize(("technique", "penalty"), PENALISED)
def test_as_gans_second_step_keeps_the_penalty(technique, penalty):
    table = Table(AS_GAN | {"techniques": [technique]}).play("discriminator")
    D, fake = table.pair.discriminator, table.fakes(0).detach()
    hard = climb(D, table.real, 0.1, 0.1, 1)

    def slopes(points):
        found = []
        for point in points:
            at = point.clone().requires_grad_()
            found.append(torch.autograd.grad(D(at[None])[0], at, create_graph=True)[0].norm())
        return found

    table.check(real_loss(D, hard) + penalty(slopes(hard), slopes(fake)), table.D)


@pytest.mark.parametrize(
    "params",
    [
        {"kind": "gan", "loss": "relativistic"},
        {"kind": "co_gan", "loss": "relativistic"},
        {"kind": "gan"},
    ],
)
def test_accumulated_gradients_of_g_pair_fakes_with_their_own_reals(params):
    whole, halves = (Table(params, accumulate).play("generator") for accumulate in (1, 2))
    for a, b in zip(whole.G.network.parameters(), halves.G.network.parameters(), strict=True):
        assert float((a.grad - b.grad).norm()) <= 1e-9 * math.sqrt(1 + float(a.grad.square().sum()))
