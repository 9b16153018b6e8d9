"""Whole scores of point generators whose quality is known."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganmatrix.evaluation import point_scores, reference
from ganmatrix.evaluation.energy_distance import energy_distance
from ganmatrix.evaluation.judge import PointJudge
from ganmatrix.evaluation.point_scores import score_points
from ganmatrix.evaluation.reference import point_reference
from ganmatrix.params.evaluation import PointEvaluation

POINTS = PointEvaluation(samples=100)
CENTRES = np.array([[0.5, 0.0], [-0.5, 0.0]])
HELD_OUT = CENTRES + 0.01
REFERENCE = point_reference(CENTRES.repeat(50, axis=0), HELD_OUT, CENTRES, 0.02)


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
    for module in (reference, point_scores):
        monkeypatch.setattr(module, "MOST_COMPARED", 20)
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
    judge = PointJudge(REFERENCE, POINTS, latents)
    whole = judge.scores(nn.Identity())
    assert set(whole) == set(judge.names())
    ((name, value),) = judge.values(nn.Identity()).items()
    assert value == whole[name]["value"]
    assert judge.values(Constant(float("nan"))) == {name: None}
