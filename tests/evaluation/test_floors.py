"""Real samples and noise scored as a generated set is, and extractors that cannot tell one from the other."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from ganmatrix.errors import UserError
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import frechet_distance_of_moments
from ganmatrix.evaluation.floors import check_sight, floors, halves, indices
from ganmatrix.evaluation.image_scores import ImageScorer, image_reference
from ganmatrix.evaluation.point_scores import PointScorer, point_reference
from ganmatrix.params.evaluation import ImageEvaluation, PointEvaluation

IMAGES = ImageEvaluation(samples=100, kid_subsets=2, kid_subset_size=50, neighbours=3)
CPU = torch.device("cpu")


class Stirred(nn.Module):
    """Features that ignore the picture, in part or wholly: its pixels, and a stream of random numbers."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share, self.stream = share, torch.Generator().manual_seed(3)

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        seen = pixels[:, 0].flatten(start_dim=1) / 255
        chance = torch.randn(seen.shape, generator=self.stream)
        features = self.share * seen + (1 - self.share) * chance
        return features, torch.full((len(pixels), 2), 0.5)


class Equal(nn.Module):
    """The same features for every picture."""

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        return torch.ones(len(pixels), 64), torch.full((len(pixels), 2), 0.5)


def smooth(count: int, seed: int) -> np.ndarray:
    """Images (n, 1, 8, 8) of a brightness and a slope: nothing like noise."""
    rng = np.random.default_rng(seed)
    level, slope = rng.uniform(80, 150, (count, 1, 1, 1)), rng.uniform(-8, 8, (count, 1, 1, 1))
    ramp = np.broadcast_to(np.arange(8) - 3.5, (1, 1, 8, 8))
    return (level + slope * ramp).round().astype(np.uint8)


TRAIN, HELD_OUT = smooth(200, 0), smooth(60, 1)


def scored(extractor: Extractor, held_out: np.ndarray = HELD_OUT):
    reference = image_reference(TRAIN, held_out, extractor, IMAGES.neighbours, CPU)
    latents = indices(held_out, IMAGES.samples, CPU)
    found = floors(ImageScorer([(extractor, reference)], IMAGES, latents, latents, seed=0), held_out)
    return found | {"halves": {f"fid_{extractor.name}": halves(extractor, reference)}}


def fid(a: np.ndarray, b: np.ndarray, extractor: Extractor) -> float:
    one, other = Moments(), Moments()
    for side, images in ((one, a), (other, b)):
        side.update(extractor(torch.from_numpy(images))[0].numpy())
    return frechet_distance_of_moments(one, other)


def test_real_images_and_noise_are_scored_as_generated_ones_are(toy_extractor) -> None:
    found = scored(toy_extractor)
    floor, noise = found["held_out"], found["noise"]
    assert floor["fid_toy"]["value"] == pytest.approx(fid(HELD_OUT, TRAIN, toy_extractor), rel=1e-6)
    # Nearest to the training set as often as they are themselves.
    assert floor["data_copying_toy"]["value"] == 0.5
    # Uniform pixels: variance 1/12 in each of 64 features, none of the real ones'.
    reals = toy_extractor(torch.from_numpy(TRAIN))[0].numpy()
    root = np.sqrt(np.linalg.eigvalsh(np.cov(reals.T)).clip(0))
    expected = np.square(reals.mean(axis=0) - 0.5).sum() + np.square(root - np.sqrt(1 / 12)).sum()
    assert noise["fid_toy"]["value"] == pytest.approx(expected, rel=0.1)
    assert noise["precision_toy"]["value"] == 0
    assert noise == scored(toy_extractor)["noise"]
    for entries, said in ((floor, "held-out reals"), (noise, "noise, uniform in [-1, 1], seed 0")):
        assert {entry["protocol"]["scored"] for entry in entries.values()} == {said}
        assert {entry["protocol"]["fake_samples"] for entry in entries.values()} == {60}


def test_as_many_as_generators_are_scored_on_where_the_data_have_them() -> None:
    assert indices(HELD_OUT, 100, CPU).tolist() == list(range(60))
    assert len(indices(HELD_OUT[:57], 100, CPU)) == 50
    chosen = indices(HELD_OUT, 30, CPU)
    assert (len(chosen), chosen[0], chosen[-1]) == (30, 0, 59)


def test_too_few_reals_have_no_floor_and_say_why(toy_extractor) -> None:
    found = scored(toy_extractor, HELD_OUT[:19])
    assert {entry["value"] for entry in found["held_out"].values()} == {None}
    assert "10 samples cannot be cut" in found["noise"]["fid_toy"]["reason"]
    assert "digits has too few images" in check_sight("digits", toy_extractor, found)


def test_points_have_a_floor_too() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.5, 0.0], [-0.5, 0.0]])
    train, held_out = (
        (centres[rng.integers(2, size=n)] + 0.02 * rng.standard_normal((n, 2))).astype(np.float32)
        for n in (1000, 400)
    )
    latents = indices(held_out, 400, CPU)
    reference = point_reference(train, held_out, centres, 0.02)
    found = floors(PointScorer(reference, PointEvaluation(samples=400), latents), held_out)
    floor, noise = (
        {name: entry["value"] for name, entry in found[key].items()} for key in ("held_out", "noise")
    )
    assert floor["modes"] == 2
    assert floor["high_quality_share"] == pytest.approx(1 - np.exp(-4.5), abs=0.02)
    # Two discs of radius 0.06 in a square of side 2.
    assert noise["high_quality_share"] == pytest.approx(2 * np.pi * 0.06**2 / 4, abs=0.01)
    assert floor["energy_distance"] < 0.01 < noise["energy_distance"]


def test_the_halves_of_the_training_images_are_far_apart_by_chance_alone(toy_extractor) -> None:
    found = scored(toy_extractor)["halves"]["fid_toy"]
    assert (found["protocol"]["real_samples"], found["protocol"]["fake_samples"]) == (100, 100)
    assert 0 < found["value"] < fid(TRAIN, 255 - TRAIN // 2, toy_extractor) / 20


def test_an_extractor_that_sees_is_passed_without_a_word(toy_extractor) -> None:
    assert check_sight("digits", toy_extractor, scored(toy_extractor)) is None


@pytest.mark.parametrize("network", [Stirred(0.0), Equal()])
def test_an_extractor_that_ignores_the_picture_is_refused(network, toy_extractor) -> None:
    blind = replace(toy_extractor, network=network, other_input_size=64)
    found = scored(blind)
    with pytest.raises(UserError) as error:
        check_sight("digits", blind, found)
    line = str(error.value)
    assert line.startswith("evaluation.extractors: toy at 8 pixels cannot tell noise from digits: ")
    assert f"FID is {found['noise']['fid_toy']['value']:.3g} for noise" in line
    assert "; set input_size to 64; " in line
    with pytest.raises(UserError, match="name another extractor"):
        check_sight("digits", replace(blind, other_input_size=None), found)


@pytest.mark.parametrize(
    ("noise", "precision", "reals", "outcome"),
    [
        (4.1, 0.09, 1000, "passed"),
        (4.0, 0.0, 1000, "warned"),
        (99.0, 0.1, 1000, "warned"),
        (99.0, 0.49, 1000, "warned"),
        (99.0, 0.5, 999, "warned"),
        (2.0, 0.0, 999, "refused"),
        (99.0, 0.5, 1000, "refused"),
    ],
)
def test_where_the_lines_are_drawn(noise, precision, reals, outcome, toy_extractor) -> None:
    among = {"value": precision, "protocol": {"real_samples": reals}}
    found = {
        "noise": {"fid_toy": {"value": noise}, "precision_toy": among},
        "halves": {"fid_toy": {"value": 1.0}},
    }
    if outcome == "refused":
        with pytest.raises(UserError, match=r"evaluation\.extractors: toy"):
            check_sight("digits", toy_extractor, found)
    else:
        said = check_sight("digits", toy_extractor, found)
        assert (said is None) == (outcome == "passed")
        assert said is None or "hardly tells noise from digits" in said
