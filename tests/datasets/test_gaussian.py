"""One Gaussian, against its closed forms."""

import numpy as np
import pytest
from scipy import stats

from ganmatrix.datasets.gaussian import prepare
from ganmatrix.params.datasets import Gaussian

ONE = Gaussian(kind="gaussian", std=0.3, train=20_000, held_out=1_000, seed=0)


def test_moments_and_the_law_of_the_radius():
    one = prepare(ONE)
    assert (one.modality, one.train.dtype, one.train.shape) == ("points", np.float32, (20_000, 2))
    assert one.held_out.shape == (1_000, 2)
    error = 5 * 0.3 / np.sqrt(20_000)
    assert np.abs(one.train.mean(axis=0)).max() < error
    assert one.train.std(axis=0) == pytest.approx(0.3, abs=error)
    assert abs(np.corrcoef(one.train.T)[0, 1]) < 5 / np.sqrt(20_000)
    # |x| / std follows Rayleigh's law.
    assert stats.kstest(np.linalg.norm(one.train, axis=1) / 0.3, stats.rayleigh.cdf).pvalue > 0.001


def test_it_says_that_it_has_no_modes():
    one = prepare(ONE)
    assert one.facts == {"modes": None}
    assert one.class_names == ("gaussian",)
    assert not one.train_labels.any()
    assert not one.held_out_labels.any()


def test_deterministic_and_split_from_one_draw():
    first, again, other = (prepare(ONE.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))
