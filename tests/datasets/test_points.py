"""Points that are drawn, against their closed forms, the field's own centres and scikit-learn."""

import itertools

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_swiss_roll

from ganmatrix.datasets.points import (
    FIRST_ANGLE,
    LAST_ANGLE,
    grid_centres,
    prepare_gaussian,
    prepare_grid,
    prepare_ring,
    prepare_swiss_roll,
    prepare_two_gaussians,
    ring_centres,
    swiss_roll,
    two_centres,
)
from ganmatrix.evaluation.modes import mode_coverage
from ganmatrix.evaluation.point_scores import point_reference
from ganmatrix.params.datasets import (
    GaussianGridParams,
    GaussianParams,
    RingParams,
    SwissRollParams,
    TwoGaussiansParams,
)

RING = RingParams(kind="ring", modes=8, radius=0.8, std=0.02, train=40_000, held_out=5_000, seed=0)
GRID = GaussianGridParams(kind="grid", side=5, spacing=2.0, std=0.05, train=100_000, held_out=25_000, seed=0)
PAIR = TwoGaussiansParams(kind="two_gaussians", distance=1.2, std=0.1, train=20_000, held_out=1_000, seed=0)
ONE = GaussianParams(kind="gaussian", std=0.3, train=20_000, held_out=1_000, seed=0)
ROLL = SwissRollParams(kind="swiss_roll", noise=0.0, train=20_000, held_out=2_000, seed=0)
LATTICE = np.array(list(itertools.product(range(-4, 5, 2), repeat=2)), dtype=float)


@pytest.mark.parametrize("modes", [2, 7, 8])
def test_the_ring_s_centres_are_distinct_and_evenly_spaced(modes):
    points = ring_centres(modes, 0.8)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.full(modes, 0.8))
    neighbours = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    assert neighbours == pytest.approx(np.full(modes, 2 * 0.8 * np.sin(np.pi / modes)))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert (distances < neighbours[0] - 1e-9).sum() == modes


def test_moments_of_each_mode_of_the_ring_and_of_all():
    ring = prepare_ring(RING)
    assert ring.modality == "points"
    assert ring.train.dtype == np.float32
    counts = np.bincount(ring.train_labels, minlength=8)
    # Five standard deviations of a binomial with 40,000 draws at 1/8.
    assert np.abs(counts - 5000).max() < 5 * np.sqrt(40_000 * 7 / 64)
    for mode, centre in enumerate(ring_centres(8, 0.8)):
        offsets = ring.train[ring.train_labels == mode] - centre
        error = 5 * 0.02 / np.sqrt(len(offsets))
        assert np.abs(offsets.mean(axis=0)).max() < error
        assert offsets.std(axis=0) == pytest.approx(0.02, abs=error)
        assert abs(np.corrcoef(offsets.T)[0, 1]) < 5 / np.sqrt(len(offsets))
    # E||x||^2 = radius^2 + 2 std^2
    assert np.square(ring.train).sum(axis=1).mean() == pytest.approx(0.64 + 2 * 0.0004, abs=1e-3)


def test_five_by_five_is_the_lattice_of_the_field():
    assert np.array_equal(grid_centres(5, 2.0), LATTICE)


@pytest.mark.parametrize("side", [2, 3, 30])
def test_the_grid_s_centres_are_a_centred_lattice(side):
    points = grid_centres(side, 0.5)
    assert points.shape == (side * side, 2)
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    # Every pair of neighbours is counted from both ends.
    assert np.isclose(distances, 0.5).sum() == 4 * side * (side - 1)
    assert (distances < 0.5 - 1e-9).sum() == len(points)


def test_shares_and_moments_of_each_mode_of_the_grid():
    grid = prepare_grid(GRID)
    assert (grid.modality, grid.train.dtype, grid.train.shape) == ("points", np.float32, (100_000, 2))
    counts = np.bincount(grid.train_labels, minlength=25)
    # Five standard deviations of a binomial with 100,000 draws at 1/25.
    assert len(counts) == len(grid.class_names) == 25
    assert np.abs(counts - 4000).max() < 5 * np.sqrt(100_000 * 24 / 625)
    for mode, centre in enumerate(LATTICE):
        offsets = grid.train[grid.train_labels == mode] - centre
        error = 5 * 0.05 / np.sqrt(len(offsets))
        assert np.abs(offsets.mean(axis=0)).max() < error
        assert offsets.std(axis=0) == pytest.approx(0.05, abs=error)
        assert abs(np.corrcoef(offsets.T)[0, 1]) < 5 / np.sqrt(len(offsets))


def test_held_out_points_cover_the_mixture_on_the_card():
    grid = prepare_grid(GRID)
    card = grid.facts["modes"]
    reference = point_reference(grid.train, grid.held_out, np.array(card["centres"]), card["std"])
    coverage = mode_coverage(grid.held_out, reference["centres"], float(reference["std"]), radius=3)
    assert coverage.modes == 25
    # In two dimensions the radius is Rayleigh distributed: five standard deviations of the share.
    inside = 1 - np.exp(-(3**2) / 2)
    assert coverage.high_quality_share > 0.98
    error = 5 * np.sqrt(inside * (1 - inside) / 25_000)
    assert coverage.high_quality_share == pytest.approx(inside, abs=error)
    # The KL of n draws from their own m modes is (m - 1) / 2n in the mean.
    assert coverage.reverse_kl == pytest.approx(24 / 50_000, rel=1)


def test_a_scaled_mixture_scores_alike():
    published, unit = (
        prepare_grid(GRID),
        prepare_grid(GRID.model_copy(update={"spacing": 0.5, "std": 0.0125})),
    )
    assert unit.held_out == pytest.approx(published.held_out / 4, abs=1e-6)
    scores = [
        mode_coverage(grid.held_out, np.array(modes["centres"]), modes["std"], radius=3)
        for grid in (published, unit)
        for modes in [grid.facts["modes"]]
    ]
    assert scores[0].modes == scores[1].modes
    assert scores[0].high_quality_share == pytest.approx(scores[1].high_quality_share, abs=2e-4)
    assert scores[0].reverse_kl == pytest.approx(scores[1].reverse_kl, abs=1e-5)


def test_two_centres_are_as_far_apart_as_asked():
    left, right = two_centres(1.2)
    assert np.linalg.norm(right - left) == pytest.approx(1.2)
    assert left + right == pytest.approx([0, 0])


def test_moments_of_each_half_and_of_all():
    pair = prepare_two_gaussians(PAIR)
    assert (pair.modality, pair.train.dtype, pair.train.shape) == ("points", np.float32, (20_000, 2))
    assert abs(np.bincount(pair.train_labels)[1] - 10_000) < 5 * np.sqrt(20_000 / 4)
    for mode, centre in enumerate(two_centres(1.2)):
        offsets = pair.train[pair.train_labels == mode] - centre
        error = 5 * 0.1 / np.sqrt(len(offsets))
        assert np.abs(offsets.mean(axis=0)).max() < error
        assert offsets.std(axis=0) == pytest.approx(0.1, abs=error)
    # The variance along the axis is distance^2 / 4 + std^2, across it std^2.
    assert pair.train.var(axis=0) == pytest.approx([0.36 + 0.01, 0.01], rel=0.05)
    assert pair.facts["modes"] == {"centres": two_centres(1.2).tolist(), "std": 0.1}


def test_moments_and_the_law_of_the_radius_of_one_gaussian():
    one = prepare_gaussian(ONE)
    assert (one.modality, one.train.dtype, one.train.shape) == ("points", np.float32, (20_000, 2))
    assert one.held_out.shape == (1_000, 2)
    error = 5 * 0.3 / np.sqrt(20_000)
    assert np.abs(one.train.mean(axis=0)).max() < error
    assert one.train.std(axis=0) == pytest.approx(0.3, abs=error)
    assert abs(np.corrcoef(one.train.T)[0, 1]) < 5 / np.sqrt(20_000)
    # |x| / std follows Rayleigh's law.
    assert stats.kstest(np.linalg.norm(one.train, axis=1) / 0.3, stats.rayleigh.cdf).pvalue > 0.001


def test_the_roll_is_scikit_learn_s_without_its_height():
    points, angles = make_swiss_roll(500, random_state=0)
    assert swiss_roll(angles) == pytest.approx(points[:, [0, 2]] / LAST_ANGLE, abs=1e-12)


def test_neighbouring_turns_are_four_ninths_apart():
    inner = swiss_roll(np.linspace(FIRST_ANGLE, FIRST_ANGLE + np.pi, 50))
    outer = swiss_roll(np.linspace(FIRST_ANGLE, FIRST_ANGLE + np.pi, 50) + 2 * np.pi)
    assert np.linalg.norm(outer - inner, axis=1) == pytest.approx(np.full(50, 4 / 9))


def test_without_noise_every_point_lies_on_the_curve_evenly_in_the_angle():
    roll = prepare_swiss_roll(ROLL)
    assert (roll.modality, roll.train.dtype, roll.train.shape) == ("points", np.float32, (20_000, 2))
    radii = np.linalg.norm(roll.train.astype(np.float64), axis=1)
    assert roll.train == pytest.approx(swiss_roll(radii * LAST_ANGLE), abs=1e-5)
    assert (radii.min(), radii.max()) == (pytest.approx(1 / 3, abs=1e-3), pytest.approx(1, abs=1e-3))
    # The radius is uniform on [1/3, 1]: five standard deviations of each twentieth's count.
    counts, _ = np.histogram(radii, bins=20, range=(1 / 3, 1 + 1e-6))
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_noise_adds_its_variance():
    roll = prepare_swiss_roll(ROLL.model_copy(update={"noise": 0.1}))
    # E r^2 of a radius uniform on [1/3, 1] is 13/27.
    assert np.square(roll.train).sum(axis=1).mean() == pytest.approx(13 / 27 + 2 * 0.01, abs=0.01)


@pytest.mark.parametrize(("points", "name"), [(ONE, "gaussian"), (ROLL, "roll")])
def test_what_has_no_modes_says_so(points, name):
    found = points.load()(points)
    assert found.facts["modes"] is None
    assert found.class_names == (name,)
    assert not found.train_labels.any()
    assert len(found.held_out) == len(found.held_out_labels) == points.held_out
    assert not found.held_out_labels.any()


@pytest.mark.parametrize("points", [RING, GRID, PAIR, ONE, ROLL], ids=lambda points: points.kind)
def test_deterministic_and_split_from_one_draw(points):
    first, again, other = (points.load()(points.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert len(first.held_out) == len(first.held_out_labels) == points.held_out
    # On so few floats a coordinate recurs by chance; a pair of them does not.
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))
