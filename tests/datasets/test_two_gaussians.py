"""Two Gaussians, against their closed forms."""

import numpy as np
import pytest

from ganmatrix.datasets.two_gaussians import centres, prepare
from ganmatrix.params.datasets import TwoGaussians

PAIR = TwoGaussians(kind="two_gaussians", distance=1.2, std=0.1, train=20_000, held_out=1_000, seed=0)


def test_centres_are_as_far_apart_as_asked():
    left, right = centres(1.2)
    assert np.linalg.norm(right - left) == pytest.approx(1.2)
    assert left + right == pytest.approx([0, 0])


def test_moments_of_each_half_and_of_all():
    pair = prepare(PAIR)
    assert (pair.modality, pair.train.dtype, pair.train.shape) == ("points", np.float32, (20_000, 2))
    assert abs(np.bincount(pair.train_labels)[1] - 10_000) < 5 * np.sqrt(20_000 / 4)
    for mode, centre in enumerate(centres(1.2)):
        offsets = pair.train[pair.train_labels == mode] - centre
        error = 5 * 0.1 / np.sqrt(len(offsets))
        assert np.abs(offsets.mean(axis=0)).max() < error
        assert offsets.std(axis=0) == pytest.approx(0.1, abs=error)
    # The variance along the axis is distance^2 / 4 + std^2, across it std^2.
    assert pair.train.var(axis=0) == pytest.approx([0.36 + 0.01, 0.01], rel=0.05)
    assert pair.facts["modes"] == {"centres": centres(1.2).tolist(), "std": 0.1}


def test_deterministic_and_split_from_one_draw():
    first, again, other = (prepare(PAIR.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))
