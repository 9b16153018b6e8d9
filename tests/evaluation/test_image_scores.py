"""Whole scores of image generators whose quality is known."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.evaluation import image_scores
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.image_scores import IMAGE_METRICS, ImageScorer, image_reference, score_images
from ganmatrix.evaluation.scoring import batches, generate, quantise, spread
from ganmatrix.params.evaluation import ImageEvaluation

IMAGES = ImageEvaluation(
    samples=100, kid_subsets=4, kid_subset_size=50, inception_score_splits=2, neighbours=3
)
CPU = torch.device("cpu")

UNCOMPARED = {"inception_score", "vendi"}
"""They never look at real images."""


class Decoder(nn.Module):
    """Latents (n, 64) as 8x8 images."""

    def forward(self, z: Tensor) -> Tensor:
        return z.view(-1, 1, 8, 8)


class Constant(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, z: Tensor) -> Tensor:
        return torch.full((len(z), 1, 8, 8), self.value)


def draw(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 1, 8, 8), dtype=np.uint8)


@pytest.fixture
def reals() -> np.ndarray:
    return draw(100, 0)


def measure(reals: np.ndarray, extractor: Extractor):
    return image_reference(reals, draw(60, 1), extractor, IMAGES.neighbours, CPU)


def as_latents(images: np.ndarray) -> Tensor:
    return torch.tensor(images).flatten(start_dim=1) / 127.5 - 1


def score(generator: nn.Module, latents: Tensor, reals: np.ndarray, extractor: Extractor):
    found = score_images(generator, latents, [(extractor, measure(reals, extractor))], IMAGES, seed=0)
    assert set(found) == {Column(metric, "toy") for metric in IMAGE_METRICS}
    return {name.key: entry for name, entry in found.items()}


def test_names_of_columns() -> None:
    assert Column("fid", "efficientnet_lite0").at("init").name == "fid_efficientnet_lite0_init"
    assert Column("modes").at("ema").name == "modes_ema"


def test_quantising_inverts_the_scaling_of_the_data() -> None:
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(quantise(pixels / 127.5 - 1), pixels)
    assert quantise(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_generation_keeps_the_order_of_the_latents() -> None:
    latents = torch.arange(600.0).view(300, 2)
    assert torch.equal(generate(nn.Identity(), latents), latents)
    assert max(len(batch) for batch in batches(nn.Identity(), latents)) < 300


def test_a_generator_of_the_real_images_is_perfect_and_copies(reals, toy_extractor) -> None:
    entries = score(Decoder(), as_latents(reals), reals, toy_extractor)
    assert entries["fid"]["value"] == pytest.approx(0, abs=1e-8)
    assert entries["kid"]["value"] == pytest.approx(0, abs=1e-2)
    assert entries["mind"]["value"] == pytest.approx(0, abs=1e-12)
    assert 1 < entries["inception_score"]["value"] < 2
    assert 1 < entries["vendi"]["value"] < 64
    for metric in ("precision", "recall", "density", "coverage", "data_copying"):
        assert entries[metric]["value"] == 1
    for metric, entry in entries.items():
        assert entry["protocol"]["fake_samples"] == 100
        assert entry["protocol"]["extractor"] == "toy"
        assert ("real_samples" in entry["protocol"]) == (metric not in UNCOMPARED)
    assert entries["kid"]["protocol"]["subset_size"] == 50
    assert entries["kid"]["std"] >= 0
    assert entries["data_copying"]["protocol"]["held_out_samples"] == 60
    json.dumps(entries, allow_nan=False)


def test_fresh_images_of_the_same_kind_do_not_copy(toy_extractor) -> None:
    entries = score(Decoder(), as_latents(draw(400, 3)), draw(400, 2), toy_extractor)
    assert entries["data_copying"]["value"] == pytest.approx(0.5, abs=0.08)
    assert entries["recall"]["value"] == pytest.approx(entries["precision"]["value"], abs=0.1)
    # With more than 64 images in 64 dimensions FID is positive by chance alone; its extrapolation is not.
    assert abs(entries["fid_infinity"]["value"]) < entries["fid"]["value"] / 4
    assert entries["fid_infinity"]["std"] > 0


def test_a_constant_generator_scores_badly_but_scores(reals, toy_extractor) -> None:
    entries = score(Constant(0.0), torch.zeros(60, 3), reals, toy_extractor)
    features = measure(reals, toy_extractor)["features"].astype(np.float64)
    expected = np.square(features.mean(axis=0) - 128 / 255).sum() + features.var(axis=0, ddof=1).sum()
    assert entries["fid"]["value"] == pytest.approx(expected, rel=1e-6)
    # 3 |m|^2 + 3 E|X - m'|^2, on average over all directions.
    mind = 3 * (np.square(features.mean(axis=0) - 128 / 255).sum() + features.var(axis=0).sum())
    assert entries["mind"]["value"] == pytest.approx(mind, abs=4 * entries["mind"]["std"])
    assert entries["inception_score"]["value"] == pytest.approx(1, abs=1e-6)
    assert entries["vendi"]["value"] == pytest.approx(1, abs=1e-6)
    assert entries["recall"]["value"] == 0


def test_a_score_that_does_not_exist_is_null_and_says_why(toy_extractor) -> None:
    same = np.full((100, 1, 8, 8), 7, np.uint8)
    entries = score(Decoder(), as_latents(draw(100, 0)), same, toy_extractor)
    for metric in ("precision", "recall", "density", "coverage"):
        assert entries[metric]["value"] is None
        assert "duplicates" in entries[metric]["reason"]
    assert entries["fid"]["value"] > 0


@pytest.mark.parametrize(("most", "read"), [(1000, 7), (100, 100), (10, 3), (2, 5)])
def test_of_many_real_images_some_at_even_distances_count(most, read, reals, toy_extractor, monkeypatch):
    every = toy_extractor(torch.from_numpy(reals))[0].numpy()
    monkeypatch.setattr(image_scores, "MOST_IMAGES", most)
    monkeypatch.setattr(image_scores, "READ", read)
    found = image_reference(reals, draw(60, 1), toy_extractor, 1, CPU)
    steps = {1000: 1, 100: 1, 10: 11, 2: 99}
    np.testing.assert_array_equal(found["features"], every[:: steps[most]])
    np.testing.assert_array_equal(found["indices"], np.arange(100)[:: steps[most]])
    np.testing.assert_allclose(found["mean"], every[:: steps[most]].mean(axis=0), rtol=1e-6)
    assert found["count"] == min(most, 100)


@pytest.mark.parametrize("read", [7, 100])
def test_of_those_that_count_some_are_compared(read, reals, toy_extractor, monkeypatch) -> None:
    every = toy_extractor(torch.from_numpy(reals))[0].numpy()
    monkeypatch.setattr(image_scores, "MOST_COMPARED", 12)
    monkeypatch.setattr(image_scores, "READ", read)
    found = measure(reals, toy_extractor)
    np.testing.assert_array_equal(found["indices"], np.arange(100)[::9])
    np.testing.assert_array_equal(found["features"], every[::9])
    assert found["count"] == 100
    assert len(found["radii"]) == len(found["held_out_distances"]) == 12
    entries = score(Decoder(), as_latents(reals), reals, toy_extractor)
    assert entries["fid"]["value"] == pytest.approx(0, abs=1e-8)
    for metric in ("kid", "mind", "recall", "data_copying"):
        protocol = entries[metric]["protocol"]
        assert (protocol["fake_samples"], protocol["real_samples"]) == (12, 12)


def test_an_even_spread_has_both_ends_and_no_repetition() -> None:
    for count, most in ((5, 10), (100, 7), (50_001, 50_000)):
        chosen = spread(count, most)
        assert len(set(chosen.tolist())) == min(count, most)
        assert (chosen[0], chosen[-1]) == (0, count - 1)


def test_non_finite_images_are_a_result(reals, toy_extractor) -> None:
    entries = score(Constant(float("nan")), torch.zeros(60, 3), reals, toy_extractor)
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in entries.values())


def test_features_that_are_not_finite_are_a_result(reals, toy_extractor) -> None:
    known = measure(reals, toy_extractor)

    def broken(pixels: Tensor) -> tuple[Tensor, Tensor]:
        features, probabilities = type(toy_extractor.network)()(pixels)
        return features / 0, probabilities

    toy_extractor.network.forward = broken
    found = score_images(Decoder(), as_latents(reals), [(toy_extractor, known)], IMAGES, seed=0)
    assert all(entry["value"] is None and "not finite" in entry["reason"] for entry in found.values())


def test_protocols_say_which_count_is_whose(reals, toy_extractor) -> None:
    entries = score(Decoder(), as_latents(reals[:60]), reals, toy_extractor)
    for metric in set(IMAGE_METRICS) - UNCOMPARED:
        protocol = entries[metric]["protocol"]
        assert (protocol["fake_samples"], protocol["real_samples"]) == (60, 100)


class Undefined(nn.Module):
    """Features and probabilities that are not numbers."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return torch.full((len(pixels), 64), torch.nan), torch.full((len(pixels), 2), torch.nan)


def test_a_network_that_answers_nothing_gives_no_score(reals, toy_extractor) -> None:
    known = measure(reals, toy_extractor)
    broken = replace(toy_extractor, network=Undefined())
    latents = as_latents(reals)
    scorer = ImageScorer(
        [(broken, known)], IMAGES, latents, latents, seed=0, classifier=broken, class_latents=latents
    )
    found = scorer.scores(Decoder())
    assert set(found) == set(scorer.names())
    assert all(entry["value"] is None and "reason" in entry for entry in found.values())
    assert scorer.values(Decoder()) == {Column("fid", "toy"): None}


def test_what_is_followed_over_training_is_the_same_distance(reals, toy_extractor) -> None:
    latents = as_latents(draw(100, 5))
    scorer = ImageScorer([(toy_extractor, measure(reals, toy_extractor))], IMAGES, latents, latents, seed=0)
    whole = scorer.scores(Decoder())
    assert set(whole) == set(scorer.names())
    (name, value), *others = scorer.values(Decoder()).items()
    assert not others
    assert list(scorer.followed()) == [name]
    assert value == pytest.approx(whole[name]["value"], rel=1e-9)
    assert scorer.values(Constant(float("nan"))) == {name: None}
