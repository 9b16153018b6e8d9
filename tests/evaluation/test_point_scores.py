"""Energy distance against closed forms, and whole scores of point generators whose quality is known."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor, nn

from ganmatrix.evaluation import point_scores
from ganmatrix.evaluation.point_scores import (
    PointScorer,
    energy_distance,
    mean_distance,
    point_reference,
    score_points,
)
from ganmatrix.params.evaluation import PointEvaluation

RNG = np.random.default_rng(0)

POINTS = PointEvaluation(samples=100)

CENTRES = np.array([[0.5, 0.0], [-0.5, 0.0]])

HELD_OUT = CENTRES + 0.01

REFERENCE = point_reference(CENTRES.repeat(50, axis=0), HELD_OUT, CENTRES, 0.02)


A, B = RNG.standard_normal((60, 2)), RNG.standard_normal((41, 2)) * 2 + 1


def test_energy_distance_is_the_mean_over_all_pairs():
    def naive(x, y):
        return np.mean([math.dist(p, q) for p, q in itertools.product(x, y)])

    assert mean_distance(A, B) == pytest.approx(naive(A, B), rel=1e-12)
    assert energy_distance(A, B) == pytest.approx(2 * naive(A, B) - naive(A, A) - naive(B, B), rel=1e-10)
    assert energy_distance(A, B, within_b=naive(B, B)) == pytest.approx(energy_distance(A, B), rel=1e-10)


def test_in_one_dimension_energy_distance_is_the_square_of_scipy_s():
    expected = scipy.stats.energy_distance(A[:, 0], B[:, 0]) ** 2
    assert energy_distance(A[:, :1], B[:, :1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0])
def test_two_gaussians_in_one_dimension(shift):
    x, y = RNG.standard_normal((3000, 1)), RNG.standard_normal((3000, 1)) + shift
    # X - Y is N(shift, 2), whose absolute value is a folded normal; E|X - X'| = 2 / sqrt(pi).
    normal, scale = scipy.stats.norm, math.sqrt(2)
    across = 2 * scale * normal.pdf(shift / scale) + shift * (1 - 2 * normal.cdf(-shift / scale))
    # 3,000 points on each side: five standard errors of a mean of |X - Y| are below 0.13.
    assert energy_distance(x, y) == pytest.approx(2 * across - 4 / math.sqrt(math.pi), abs=0.13)


def test_two_points_are_twice_their_distance_apart():
    assert energy_distance(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])) == pytest.approx(10)


def test_invariants_of_energy_distance():
    assert energy_distance(A, A) == 0
    assert energy_distance(A, RNG.permutation(A)) == pytest.approx(0, abs=1e-12)
    assert energy_distance(A, B) == pytest.approx(energy_distance(B, A), rel=1e-12)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert energy_distance(A @ turn + 5, B @ turn + 5) == pytest.approx(energy_distance(A, B), rel=1e-10)
    assert energy_distance(3 * A, 3 * B) == pytest.approx(3 * energy_distance(A, B), rel=1e-10)


def test_blocks_change_nothing_but_the_memory(monkeypatch):
    whole = energy_distance(A, B)
    for block in (1, 100, 2460):
        monkeypatch.setattr(point_scores, "BLOCK", block)
        assert energy_distance(A, B) == pytest.approx(whole, rel=1e-12)


def test_its_expectation_for_equal_distributions_is_what_is_documented():
    values = [energy_distance(RNG.standard_normal((5, 1)), RNG.standard_normal((8, 1))) for _ in range(2000)]
    error = 5 * np.std(values) / math.sqrt(len(values))
    assert np.mean(values) == pytest.approx((1 / 5 + 1 / 8) * 2 / math.sqrt(math.pi), abs=error)


@pytest.mark.parametrize("bad", [np.empty((0, 2)), np.array([[np.nan, 0.0]]), np.array([[np.inf, 0.0]])])
def test_refuses_what_has_no_distance(bad):
    for pair in ((A, bad), (bad, A)):
        with pytest.raises(ValueError, match="at least one point on each side, and finite"):
            energy_distance(*pair)


class Constant(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, z: Tensor) -> Tensor:
        return torch.full((len(z), 2), self.value)


def score(generator: nn.Module, latents: Tensor, known=REFERENCE):
    return {name.key: entry for name, entry in score_points(generator, latents, known, POINTS).items()}


def test_points_on_both_modes() -> None:
    entries = score(nn.Identity(), torch.tensor(CENTRES, dtype=torch.float32).repeat(300, 1))
    assert {name: entry["value"] for name, entry in entries.items()} == {
        "modes": 2,
        "high_quality_share": 1,
        "reverse_kl": pytest.approx(0),
        "energy_distance": pytest.approx(0, abs=1e-12),
        "data_copying": 1,
    }
    assert entries["modes"]["protocol"]["fake_samples"] == 600


def test_points_without_modes_have_distances_alone() -> None:
    rng = np.random.default_rng(0)
    reals, held_out = rng.standard_normal((2, 300, 2))
    fakes = torch.from_numpy(rng.standard_normal((200, 2)))
    entries = score(nn.Identity(), fakes, point_reference(reals, held_out))
    assert set(entries) == {"energy_distance", "data_copying"}
    expected = energy_distance(fakes.numpy(), reals.astype(np.float32))
    assert entries["energy_distance"]["value"] == pytest.approx(expected, rel=1e-12)
    assert entries["energy_distance"]["protocol"] == {
        "fake_samples": 200,
        "real_samples": 300,
        "real_split": "train",
        "estimator": "V statistic",
        "dtype": "float64",
    }
    assert entries["data_copying"]["value"] == pytest.approx(0.5, abs=0.1)
    broken = score(Constant(float("nan")), fakes, point_reference(reals, held_out))
    assert set(broken) == set(entries)


def test_many_points_are_compared_with_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(point_scores, "MOST_COMPARED", 20)
    points = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    known = point_reference(points[::-1], points)
    assert np.array_equal(known["points"], points[::-1][:20])
    assert len(known["held_out_distances"]) == 20
    entry = score(nn.Identity(), torch.from_numpy(points), known)["energy_distance"]
    assert entry["value"] == pytest.approx(energy_distance(points[:20], points[:-21:-1]), rel=1e-12)
    assert (entry["protocol"]["fake_samples"], entry["protocol"]["real_samples"]) == (20, 20)


def test_points_on_no_mode_have_no_divergence() -> None:
    entries = score(Constant(9.0), torch.zeros(10, 2))
    assert entries["modes"]["value"] == 0
    assert entries["reverse_kl"]["value"] is None
    assert entries["reverse_kl"]["reason"] == "no sample is of high quality"


def test_non_finite_points_are_a_result() -> None:
    entries = score(Constant(float("inf")), torch.zeros(10, 2))
    assert len(entries) == 5
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in entries.values())


def test_what_is_followed_over_training_is_the_same_distance() -> None:
    latents = torch.from_numpy(np.random.default_rng(0).standard_normal((100, 2)))
    scorer = PointScorer(REFERENCE, POINTS, latents)
    whole = scorer.scores(nn.Identity())
    assert set(whole) == set(scorer.names())
    ((name, value),) = scorer.values(nn.Identity()).items()
    assert value == whole[name]["value"]
    assert scorer.values(Constant(float("nan"))) == {name: None}
