"""Members of a D of several, against scipy and in closed form."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.ensemble import disagreement, rank_correlation


class Coordinate(nn.Module):
    """One coordinate as the logit, times a factor, plus a constant."""

    def __init__(self, index: int, factor: float = 1.0, constant: float = 0.0) -> None:
        super().__init__()
        self.index, self.factor, self.constant = index, factor, constant

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x[:, self.index] + self.constant


def test_rank_correlation_equals_scipys() -> None:
    scores = np.random.default_rng(0).normal(size=(3, 40)).round(1)
    pairs = [spearmanr(scores[i], scores[j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    assert rank_correlation(scores) == pytest.approx(np.mean(pairs))
    assert rank_correlation(np.stack([scores[0], np.exp(scores[0])])) == pytest.approx(1)
    assert rank_correlation(np.stack([scores[0], np.ones(40)])) is None


def test_disagreement_of_known_members() -> None:
    x = np.random.default_rng(0).normal(size=100_000)
    assert disagreement(np.stack([x, x + 5])) == pytest.approx(0, abs=1e-12)
    # x and 3x: their spread at x is |x|, their mean 2x.
    assert disagreement(np.stack([x, 3 * x])) == pytest.approx(np.sqrt(2 / np.pi) / 2, rel=0.01)
    assert disagreement(np.stack([np.ones(4), np.ones(4)])) is None


def test_members_are_compared_on_the_same_samples(linear, play, params, stream) -> None:
    fakes = torch.randn(16, 2, generator=torch.Generator().manual_seed(0))
    reals = fakes + torch.tensor([100.0, 0.0])
    game = play(linear, reals, fakes)
    members = (Coordinate(0).eval(), Coordinate(1).eval())
    entries = probe(dataclasses.replace(game, members=members), params, stream)
    assert entries["ensemble_auroc_range"]["value"] == pytest.approx(0.5)
    rho = spearmanr(fakes[:, 0], fakes[:, 1]).statistic
    assert entries["ensemble_rank_correlation"]["value"] == pytest.approx(rho)


def test_constant_members_have_no_order(linear, play, params, stream) -> None:
    game = play(linear, torch.randn(16, 2), torch.randn(16, 2))
    members = (Coordinate(0, factor=0).eval(), Coordinate(1, factor=0).eval())
    entries = probe(dataclasses.replace(game, members=members), params, stream)
    assert entries["ensemble_auroc_range"]["value"] == 0
    for column in ("ensemble_disagreement", "ensemble_rank_correlation"):
        assert entries[column]["reason"] == "D scores every fake the same"
