"""Training against held-out reals, in closed form."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.overfitting import standardised_gap


def test_gap_is_in_pooled_standard_deviations() -> None:
    random = np.random.default_rng(0)
    one, other = random.normal(3, 2, 20_000), random.normal(2, 2, 20_000)
    assert standardised_gap(one, other) == pytest.approx(0.5, abs=0.03)
    assert standardised_gap(one, other) == pytest.approx(-standardised_gap(other, one))
    assert standardised_gap(np.ones(4), np.ones(4)) is None
    # Unbiased variances 2 and 8.
    assert standardised_gap(np.array([1.0, 3.0]), np.array([0.0, 4.0])) == 0
    assert standardised_gap(np.array([2.0, 4.0]), np.array([0.0, 4.0])) == pytest.approx(1 / np.sqrt(5))


def test_sees_that_d_knows_the_training_set(linear, play, params, stream) -> None:
    held_out, train = torch.randn(16, 2), torch.randn(500, 2)
    # D = 3 x - 4 y rises by 50 with x by 50/3: every training real scores above every held-out one.
    game = dataclasses.replace(play(linear, held_out, held_out), train=train + torch.tensor([50 / 3, 0]))
    entries = probe(game, params, stream)
    assert entries["overfitting_auroc"]["value"] == 1
    assert entries["overfitting_gap"]["value"] == pytest.approx(10, rel=0.5)
    assert entries["overfitting_gap"]["protocol"]["train_samples"] == 16


def test_a_training_set_that_is_sorted_counts_at_even_distances(linear, play, params, stream) -> None:
    train = torch.zeros(31, 2)
    train[:, 0] = torch.arange(31)
    game = dataclasses.replace(play(linear, train[::2], train[::2]), train=train)
    entries = probe(game, params, stream)
    assert entries["overfitting_gap"]["value"] == pytest.approx(0, abs=1e-6)
    assert entries["overfitting_auroc"]["value"] == pytest.approx(0.5)


@pytest.mark.parametrize("train", [16, 1])
def test_there_is_none_on_the_same_samples(linear, play, params, stream, train) -> None:
    held_out = torch.randn(train, 2).expand(16, 2)
    entries = probe(play(linear, held_out, held_out + 1), params, stream)
    assert entries["overfitting_auroc"]["value"] == pytest.approx(0.5)


def test_a_constant_d_has_no_gap(linear, play, params, stream) -> None:
    nn.init.zeros_(linear.weight)
    entries = probe(play(linear, torch.randn(16, 2), torch.randn(16, 2)), params, stream)
    assert entries["overfitting_gap"]["reason"] == "D scores every real the same"
    assert entries["overfitting_auroc"]["value"] == 0.5


def test_batch_statistics_favour_neither_side(play, params, stream) -> None:
    """D normalises over the batch: both sets of reals together, or the shift between them would vanish."""
    critic = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1), nn.Flatten(0)).eval()
    nn.init.ones_(critic[1].weight)
    held_out = torch.randn(400, 2)
    game = dataclasses.replace(play(critic, held_out, held_out), train=held_out + 1)
    gap = probe(game, params, stream)["overfitting_gap"]["value"]
    scores = held_out.sum(1).numpy()
    assert gap == pytest.approx(2 / scores.std(ddof=1), rel=0.05)
