"""Gaussians on a circle, against their closed forms."""

import numpy as np
import pytest

from ganmatrix.datasets.ring import centres, prepare
from ganmatrix.params.datasets import Ring

RING = Ring(kind="ring", modes=8, radius=0.8, std=0.02, train=40_000, held_out=5_000, seed=0)


@pytest.mark.parametrize("modes", [2, 7, 8])
def test_centres_are_distinct_and_evenly_spaced(modes):
    points = centres(modes, 0.8)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.full(modes, 0.8))
    neighbours = np.linalg.norm(points - np.roll(points, 1, axis=0), axis=1)
    assert neighbours == pytest.approx(np.full(modes, 2 * 0.8 * np.sin(np.pi / modes)))
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert (distances < neighbours[0] - 1e-9).sum() == modes


def test_moments_of_each_mode_and_of_all():
    ring = prepare(RING)
    assert ring.modality == "points"
    assert ring.train.dtype == np.float32
    counts = np.bincount(ring.train_labels, minlength=8)
    # Five standard deviations of a binomial with 40,000 draws at 1/8.
    assert np.abs(counts - 5000).max() < 5 * np.sqrt(40_000 * 7 / 64)
    for mode, centre in enumerate(centres(8, 0.8)):
        offsets = ring.train[ring.train_labels == mode] - centre
        error = 5 * 0.02 / np.sqrt(len(offsets))
        assert np.abs(offsets.mean(axis=0)).max() < error
        assert offsets.std(axis=0) == pytest.approx(0.02, abs=error)
        assert abs(np.corrcoef(offsets.T)[0, 1]) < 5 / np.sqrt(len(offsets))
    # E||x||^2 = radius^2 + 2 std^2
    assert np.square(ring.train).sum(axis=1).mean() == pytest.approx(0.64 + 2 * 0.0004, abs=1e-3)


def test_deterministic_and_split_from_one_draw():
    first, again = prepare(RING), prepare(RING)
    other = prepare(RING.model_copy(update={"seed": 1}))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert len(first.held_out) == len(first.held_out_labels) == 5000
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))
    assert np.array(first.facts["modes"]["centres"]) == pytest.approx(centres(8, 0.8))
