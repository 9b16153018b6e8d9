"""What Salimans et al. 2016 add to G and D, each against its formula written out."""

import copy
import io

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from helpers.technique_game import (
    BATCH,
    IMAGES,
    LATENT,
    LR,
    SHAPES,
    Game,
    assert_logged,
    difference,
    flat_gradient,
    mean,
    smooth_critic,
    softplus,
)


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
    for ours, naive in ((game.D, game.naive_D), (game.G, game.naive_G)):
        for a, b in zip(ours.parameters(), naive.parameters(), strict=True):
            assert difference(a.detach(), b.detach()) < 1e-9


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
