"""One iteration of the methods that change the game, against derivations that share nothing with them.

Each naive version takes the samples one by one in float64, writes the losses out, and moves its own copies of
both players by plain gradient descent. Random draws are repeated from a generator of the same seed.
"""

import math

import pytest
import torch

from helpers.rule_game import (
    BATCH,
    LATENT,
    Game,
    assert_plain_generator,
    climb,
    contest,
    fake_loss,
    mean,
    real_loss,
    softplus,
)


@pytest.mark.parametrize("bounds", [None, (-0.3, 0.3)])
def test_rob_gan_sees_the_hardest_reals_within_reach(bounds):
    game = Game("rob_gan", bounds=bounds, epsilon=0.3, step_size=0.2, steps=3)
    game.real = game.real * 0.3
    game.step_discriminator()
    hard = [climb(game, x, 0.3, 0.2, 3) for x in game.real]
    assert real_loss(game.score, hard) > real_loss(game.score, game.real)
    assert max((a - b).abs().max() for a, b in zip(hard, game.real, strict=True)) == pytest.approx(0.3)
    game.assert_discriminator(contest(game.score, hard, game.fixed_fakes()))
    assert_plain_generator(game)


@pytest.mark.parametrize("repeats", [1, 3])
def test_fast_gan_carries_its_shift_from_step_to_step(repeats):
    game = Game("fast_gan", epsilon=0.25, step_size=0.1, repeats=repeats)
    delta = torch.zeros_like(game.real)
    for _ in range(4):
        game.next_batch()
        game.step_discriminator()
        for step in range(repeats):
            shifted = [x + d for x, d in zip(game.real, delta, strict=True)]
            up = [game.slope(lambda v: softplus(-game.score(v)), x) for x in shifted]
            loss = contest(game.score, shifted, game.fixed_fakes(step))
            if step < repeats - 1:
                game.move_discriminator(loss)
            moved = [d + 0.1 * torch.sign(g) for d, g in zip(delta, up, strict=True)]
            delta = torch.stack([d.clamp(-0.25, 0.25) for d in moved])
        game.assert_discriminator(loss)
        assert torch.allclose(game.rule.delta, delta, rtol=0, atol=1e-12)
    assert_plain_generator(game)


@pytest.mark.parametrize(("target", "moves"), [(-0.99, 1), (0.99, -1)])
def test_apa_replaces_reals_with_a_probability_steered_by_the_signs(target, moves):
    game = Game("apa", target=target, interval=2, ramp=40)
    game.rule.probability = torch.tensor(0.5)
    centre = mean(game.score(x).item() for x in game.real)
    for network in (game.D, game.naive_D):
        network.logit.bias.data -= centre
    signs = []
    for _ in range(2):
        game.next_batch()
        game.step_discriminator()
        chances, instead = torch.rand(BATCH, generator=game.naive_noise).tolist(), game.fixed_fakes(0)
        counted = [f if c < 0.5 else x for c, f, x in zip(chances, instead, game.real, strict=True)]
        assert 0 < sum(c < 0.5 for c in chances) < BATCH
        signs += [math.copysign(1, game.score(x).item()) for x in counted]
        game.assert_discriminator(contest(game.score, counted, game.fixed_fakes(1)))
    assert (mean(signs) > target) == (moves > 0)
    assert game.rule.probability.item() == pytest.approx(0.5 + moves * 2 * BATCH / 40)
    assert_plain_generator(game)


def test_pac_gan_judges_packs_of_different_samples():
    game = Game("pac_gan", packing=3)

    def packs(samples):
        return [torch.cat(samples[i : i + 3]) for i in range(0, BATCH, 3)]

    def score(pack):
        return game.naive_D.critic(pack[None])[0]

    game.step_discriminator()
    game.assert_discriminator(contest(score, packs(list(game.real)), packs(game.fixed_fakes())))
    game.step_generator()
    game.assert_generator(real_loss(score, packs(game.fakes())))


@pytest.mark.parametrize("hardness", [0.0, 3.0])
def test_gman_weighs_each_d_by_what_g_loses_to_it(hardness):
    game = Game("gman", discriminators=3, hardness=hardness)

    def member(i):
        return lambda x: game.naive_D.members[i](x[None])[0]

    game.step_discriminator()
    game.assert_discriminator(sum(contest(member(i), game.real, game.fixed_fakes()) for i in range(3)))
    game.step_generator()
    losses = [real_loss(member(i), game.fakes()) for i in range(3)]
    parts = [torch.exp(hardness * loss) for loss in losses]
    game.assert_generator(sum(p * loss for p, loss in zip(parts, losses, strict=True)) / sum(parts))


def energy(game, x):
    rebuilt = game.naive_D.decoder(game.naive_D.encoder(x[None]))[0]
    return mean((a - b) ** 2 for a, b in zip(rebuilt, x, strict=True))


def assert_margin(game, margin):
    fakes = [energy(game, x) for x in game.fixed_fakes()]
    assert min(fakes) < margin < max(fakes)
    above = mean(margin - e if e < margin else 0 * e for e in fakes)
    game.assert_discriminator(mean(energy(game, x) for x in game.real) + above)


def cosine(a, b):
    return (a * b).sum() / ((a * a).sum().sqrt() * (b * b).sum().sqrt())


@pytest.mark.parametrize("pull_away", [0.0, 0.7])
def test_ebgan_lifts_fakes_to_the_margin_and_pulls_codes_apart(pull_away):
    game = Game("ebgan", loss={"kind": "energy_margin", "margin": 0.04}, pull_away=pull_away)
    game.step_discriminator()
    assert_margin(game, 0.04)
    game.step_generator()
    fakes = game.fakes()
    codes = [game.naive_D.encoder(x[None])[0] for x in fakes]
    pairs = [(i, j) for i in range(BATCH) for j in range(BATCH) if i != j]
    pulled = mean(cosine(codes[i], codes[j]) ** 2 for i, j in pairs)
    game.assert_generator(mean(energy(game, x) for x in fakes) + pull_away * pulled)


def posterior(game, x):
    """The mean and the standard deviation of q(z | x)."""
    values = game.naive_G.encoder(x[None])[0]
    return values[:LATENT], torch.exp(values[LATENT:])


def test_cegan_rewards_entropy():
    game = Game("cegan", loss={"kind": "energy_margin", "margin": 0.8}, entropy_weight=0.3)
    game.step_discriminator()
    assert_margin(game, 0.8)
    game.step_generator()
    fakes, densities = game.fakes(), []
    for z, x in zip(game.latents[-1], fakes, strict=True):
        centre, std = posterior(game, x)
        density = torch.exp(-((z - centre) ** 2) / (2 * std**2)) / (std * math.sqrt(2 * math.pi))
        densities.append(torch.log(density).sum())
    game.assert_generator(mean(energy(game, x) for x in fakes) - 0.3 * mean(densities))


@pytest.mark.parametrize("stochastic", [True, False])
def test_ali_plays_g_and_the_encoder_against_d(stochastic):
    game = Game("ali", stochastic=stochastic)

    def inferred():
        noise = torch.randn(BATCH, LATENT, generator=game.naive_noise).double()
        found = []
        for x, n in zip(game.real, noise, strict=True):
            centre, std = posterior(game, x)
            found.append(centre + std * n if stochastic else centre)
        return list(zip(game.real, found, strict=True))

    def score(pair):
        return game.naive_D(pair[0][None], pair[1][None])[0]

    game.step_discriminator()
    real = [(x, z.detach()) for x, z in inferred()]
    game.assert_discriminator(
        contest(score, real, list(zip(game.fixed_fakes(), game.latents[0], strict=True)))
    )
    game.step_generator()
    fake = list(zip(game.fakes(), game.latents[0], strict=True))
    game.assert_generator(real_loss(score, fake) + fake_loss(score, inferred()))
