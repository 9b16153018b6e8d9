"""Tasks that D and G are given beside the game, each against its formula written out."""

import copy
import itertools
import math

import pytest
import torch

from ganmatrix.methods.techniques.info_max import info_nce
from ganmatrix.methods.techniques.rotation import turn_quarters
from helpers.technique_game import (
    BATCH,
    IMAGES,
    Game,
    assert_logged,
    mean,
)


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
