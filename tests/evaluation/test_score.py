"""Whole scores of generators whose quality is known."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganmatrix.entry import null_entries
from ganmatrix.evaluation import reference, score
from ganmatrix.evaluation.energy_distance import energy_distance
from ganmatrix.evaluation.naming import column
from ganmatrix.evaluation.reference import image_reference, point_reference
from ganmatrix.evaluation.score import NO_MODES, NON_FINITE, generate, quantise, score_images, score_points
from ganmatrix.params.evaluation import ImageEvaluation, PointEvaluation

IMAGES = ImageEvaluation(samples=100, kid_subsets=4, kid_subset_size=50, inception_score_splits=2)
POINTS = PointEvaluation(samples=100)
CENTRES = np.array([[0.5, 0.0], [-0.5, 0.0]])
REFERENCE = point_reference(CENTRES.repeat(50, axis=0), CENTRES, 0.02)


class Decoder(nn.Module):
    """Latents (n, 64) as 8x8 images."""

    def forward(self, z: Tensor) -> Tensor:
        return z.view(-1, 1, 8, 8)


class Constant(nn.Module):
    def __init__(self, value: float, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.value, self.shape = value, shape

    def forward(self, z: Tensor) -> Tensor:
        return torch.full((len(z), *self.shape), self.value)


@pytest.fixture
def reals() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (100, 1, 8, 8), dtype=np.uint8)


def _score(generator: nn.Module, latents: Tensor, reals: np.ndarray, extractor):
    measured = image_reference(reals, extractor, torch.device("cpu"))
    rng = np.random.default_rng(0)
    return score_images(generator, latents, measured, extractor, IMAGES, "ema", rng)


def test_names_of_columns() -> None:
    assert column("fid", "init", "efficientnet_lite0") == "fid_efficientnet_lite0_init"
    assert column("modes", "ema") == "modes_ema"
    assert null_entries(["a"], "diverged") == {"a": {"value": None, "protocol": {}, "reason": "diverged"}}


def test_quantising_inverts_the_scaling_of_the_data() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(quantise(pixels / 127.5 - 1), pixels)
    assert quantise(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_a_generator_of_the_real_images_is_perfect(reals: np.ndarray, toy_extractor) -> None:
    latents = torch.tensor(reals).flatten(start_dim=1) / 127.5 - 1
    entries = _score(Decoder(), latents, reals, toy_extractor)
    assert entries["fid_toy_ema"]["value"] == pytest.approx(0, abs=1e-8)
    assert entries["kid_toy_ema"]["value"] == pytest.approx(0, abs=1e-2)
    assert 1 < entries["inception_score_toy_ema"]["value"] < 2
    for entry in entries.values():
        assert entry["protocol"]["real_samples"] == entry["protocol"]["fake_samples"] == 100
        assert entry["protocol"]["checkpoint"] == "ema"
    assert entries["kid_toy_ema"]["protocol"]["subset_size"] == 50
    assert entries["kid_toy_ema"]["std"] >= 0
    json.dumps(entries, allow_nan=False)


def test_a_constant_generator_scores_badly_but_scores(reals: np.ndarray, toy_extractor) -> None:
    entries = _score(Constant(0.0, (1, 8, 8)), torch.zeros(60, 3), reals, toy_extractor)
    features = image_reference(reals, toy_extractor, torch.device("cpu"))["features"].astype(np.float64)
    expected = np.square(features.mean(axis=0) - 128 / 255).sum() + features.var(axis=0, ddof=1).sum()
    assert entries["fid_toy_ema"]["value"] == pytest.approx(expected, rel=1e-6)
    assert entries["inception_score_toy_ema"]["value"] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("most", "read"), [(1000, 7), (100, 100), (10, 3), (2, 5)])
def test_of_many_real_images_some_at_even_distances_count(most, read, reals, toy_extractor, monkeypatch):
    every = reference.image_reference(reals, toy_extractor, torch.device("cpu"))["features"]
    monkeypatch.setattr(reference, "MOST_IMAGES", most)
    monkeypatch.setattr(reference, "READ", read)
    found = reference.image_reference(reals, toy_extractor, torch.device("cpu"))["features"]
    assert len(found) == min(most, 100)
    steps = {1000: 1, 100: 1, 10: 11, 2: 99}
    np.testing.assert_array_equal(found, every[:: steps[most]])


def test_non_finite_images_are_a_result(reals: np.ndarray, toy_extractor) -> None:
    entries = _score(Constant(float("nan"), (1, 8, 8)), torch.zeros(60, 3), reals, toy_extractor)
    assert set(entries) == {"fid_toy_ema", "kid_toy_ema", "inception_score_toy_ema"}
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in entries.values())


def test_points_on_both_modes() -> None:
    latents = torch.tensor(CENTRES, dtype=torch.float32).repeat(300, 1)
    entries = score_points(nn.Identity(), latents, REFERENCE, POINTS, "last")
    values = {name: entry["value"] for name, entry in entries.items()}
    assert values == {
        "modes_last": 2,
        "high_quality_share_last": 1,
        "reverse_kl_last": pytest.approx(0),
        "energy_distance_last": pytest.approx(0, abs=1e-12),
    }
    assert entries["modes_last"]["protocol"]["fake_samples"] == 600


def test_points_without_modes_have_an_energy_distance_alone() -> None:
    rng = np.random.default_rng(0)
    reals, fakes = rng.standard_normal((300, 2)), torch.from_numpy(rng.standard_normal((200, 2)) + 1)
    entries = score_points(nn.Identity(), fakes, point_reference(reals), POINTS, "ema")
    distance = entries.pop("energy_distance_ema")
    expected = energy_distance(fakes.numpy(), reals.astype(np.float32))
    assert distance["value"] == pytest.approx(expected, rel=1e-12)
    assert distance["protocol"] == {
        "fake_samples": 200,
        "real_samples": 300,
        "real_split": "train",
        "estimator": "V statistic",
        "checkpoint": "ema",
        "dtype": "float64",
    }
    assert set(entries) == {"modes_ema", "high_quality_share_ema", "reverse_kl_ema"}
    absent = {"value": None, "protocol": {}, "reason": NO_MODES, "applies": False}
    assert all(entry == absent for entry in entries.values())
    broken = score_points(Constant(float("nan"), (2,)), fakes, point_reference(reals), POINTS, "ema")
    assert broken.pop("energy_distance_ema")["reason"] == NON_FINITE
    assert broken == entries


def test_many_points_are_compared_with_the_first_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reference, score):
        monkeypatch.setattr(module, "MOST_POINTS", 20)
    points = np.random.default_rng(0).standard_normal((50, 2)).astype(np.float32)
    known = point_reference(points[::-1])
    assert np.array_equal(known["points"], points[::-1][:20])
    entry = score_points(nn.Identity(), torch.from_numpy(points), known, POINTS, "ema")["energy_distance_ema"]
    assert entry["value"] == pytest.approx(energy_distance(points[:20], points[:-21:-1]), rel=1e-12)
    assert (entry["protocol"]["fake_samples"], entry["protocol"]["real_samples"]) == (20, 20)


def test_points_on_no_mode_have_no_divergence() -> None:
    entries = score_points(Constant(9.0, (2,)), torch.zeros(10, 2), REFERENCE, POINTS, "ema")
    assert entries["modes_ema"]["value"] == 0
    assert entries["reverse_kl_ema"]["value"] is None
    assert entries["reverse_kl_ema"]["reason"] == "no sample is of high quality"


def test_non_finite_points_are_a_result() -> None:
    entries = score_points(Constant(float("inf"), (2,)), torch.zeros(10, 2), REFERENCE, POINTS, "ema")
    assert len(entries) == 4
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in entries.values())


def test_generation_keeps_the_order_of_the_latents() -> None:
    latents = torch.arange(600.0).view(300, 2)
    assert torch.equal(generate(nn.Identity(), latents), latents)
