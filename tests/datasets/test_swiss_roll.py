"""The Swiss roll, against its formula and scikit-learn's."""

import numpy as np
import pytest
from sklearn.datasets import make_swiss_roll

from ganmatrix.datasets.swiss_roll import FIRST, LAST, curve, prepare
from ganmatrix.params.datasets import SwissRoll

ROLL = SwissRoll(kind="swiss_roll", noise=0.0, train=20_000, held_out=2_000, seed=0)


def test_the_curve_is_scikit_learn_s_without_its_height():
    points, angles = make_swiss_roll(500, random_state=0)
    assert curve(angles) == pytest.approx(points[:, [0, 2]] / LAST, abs=1e-12)


def test_neighbouring_turns_are_four_ninths_apart():
    inner = curve(np.linspace(FIRST, FIRST + np.pi, 50))
    outer = curve(np.linspace(FIRST, FIRST + np.pi, 50) + 2 * np.pi)
    assert np.linalg.norm(outer - inner, axis=1) == pytest.approx(np.full(50, 4 / 9))


def test_without_noise_every_point_lies_on_the_curve_evenly_in_the_angle():
    roll = prepare(ROLL)
    assert (roll.modality, roll.train.dtype, roll.train.shape) == ("points", np.float32, (20_000, 2))
    radii = np.linalg.norm(roll.train.astype(np.float64), axis=1)
    assert roll.train == pytest.approx(curve(radii * LAST), abs=1e-5)
    assert (radii.min(), radii.max()) == (pytest.approx(1 / 3, abs=1e-3), pytest.approx(1, abs=1e-3))
    # The radius is uniform on [1/3, 1]: five standard deviations of each twentieth's count.
    counts, _ = np.histogram(radii, bins=20, range=(1 / 3, 1 + 1e-6))
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_noise_adds_its_variance():
    roll = prepare(ROLL.model_copy(update={"noise": 0.1}))
    # E r^2 of a radius uniform on [1/3, 1] is 13/27.
    assert np.square(roll.train).sum(axis=1).mean() == pytest.approx(13 / 27 + 2 * 0.01, abs=0.01)


def test_it_says_that_it_has_no_modes():
    roll = prepare(ROLL)
    assert roll.facts["modes"] is None
    assert roll.class_names == ("roll",)
    assert not roll.train_labels.any()
    assert len(roll.held_out) == len(roll.held_out_labels) == 2_000


def test_deterministic_and_split_from_one_draw():
    first, again, other = (prepare(ROLL.model_copy(update={"seed": seed})) for seed in (0, 0, 1))
    assert first.train.tobytes() == again.train.tobytes()
    assert first.held_out.tobytes() == again.held_out.tobytes()
    assert first.train.tobytes() != other.train.tobytes()
    assert not set(map(tuple, first.train)) & set(map(tuple, first.held_out))
