"""Gaussians on a lattice, against the field's own 25 centres and closed forms."""

import itertools

import numpy as np
import pytest

from ganmatrix.datasets.grid import centres, prepare
from ganmatrix.evaluation.modes import mode_coverage
from ganmatrix.evaluation.reference import point_reference
from ganmatrix.params.datasets import GaussianGrid

GRID = GaussianGrid(kind="grid", side=5, spacing=2.0, std=0.05, train=100_000, held_out=25_000, seed=0)
LATTICE = np.array(list(itertools.product(range(-4, 5, 2), repeat=2)), dtype=float)


def test_five_by_five_is_the_lattice_of_the_field():
    assert np.array_equal(centres(5, 2.0), LATTICE)


@pytest.mark.parametrize("side", [2, 3, 30])
def test_centres_are_a_centred_lattice(side):
    points = centres(side, 0.5)
    assert points.shape == (side * side, 2)
    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    # Every pair of neighbours is counted from both ends.
    assert np.isclose(distances, 0.5).sum() == 4 * side * (side - 1)
    assert (distances < 0.5 - 1e-9).sum() == len(points)


def test_shares_and_moments_of_each_mode():
    grid = prepare(GRID)
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


def test_deterministic_and_split_from_one_draw():
    first, again = prepare(GRID), prepare(GRID)
    other = prepare(GRID.model_copy(update={"seed": 1}))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert len(first.held_out) == len(first.held_out_labels) == 25_000
    # On so few floats a coordinate recurs by chance; a pair of them does not.
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))


def test_held_out_points_cover_the_mixture_on_the_card():
    grid = prepare(GRID)
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
    published, unit = prepare(GRID), prepare(GRID.model_copy(update={"spacing": 0.5, "std": 0.0125}))
    assert unit.held_out == pytest.approx(published.held_out / 4, abs=1e-6)
    scores = [
        mode_coverage(grid.held_out, np.array(modes["centres"]), modes["std"], radius=3)
        for grid in (published, unit)
        for modes in [grid.facts["modes"]]
    ]
    assert scores[0].modes == scores[1].modes
    assert scores[0].high_quality_share == pytest.approx(scores[1].high_quality_share, abs=2e-4)
    assert scores[0].reverse_kl == pytest.approx(scores[1].reverse_kl, abs=1e-5)
