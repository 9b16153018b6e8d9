"""The share of data copying against SciPy's Mann-Whitney, a double loop and known generators."""

import numpy as np
import pytest
import scipy.stats

from ganmatrix.evaluation.data_copying import data_copying, nearer_share


def _points(seed: int, n: int = 400) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 2))


TRAIN, HELD_OUT = _points(0), _points(1)


def test_equals_scipys_mann_whitney_with_ties() -> None:
    rng = np.random.default_rng(2)
    fake, held_out = rng.integers(0, 9, 50).astype(float), rng.integers(2, 12, 70).astype(float)
    statistic = scipy.stats.mannwhitneyu(held_out, fake).statistic
    assert nearer_share(fake, held_out) == pytest.approx(statistic / (50 * 70), rel=1e-12)
    pairs = np.mean([(f < h) + (f == h) / 2 for f in fake for h in held_out])
    assert nearer_share(fake, held_out) == pytest.approx(pairs, rel=1e-12)


def test_copies_score_1_and_near_copies_nearly() -> None:
    assert data_copying(TRAIN, HELD_OUT, TRAIN[:100]) == 1
    near = TRAIN + 0.01 * _points(3)
    assert 0.95 < data_copying(TRAIN, HELD_OUT, near) < 1


def test_the_data_themselves_score_one_half() -> None:
    shares = [data_copying(_points(i), _points(i + 100), _points(i + 200)) for i in range(30)]
    # One share of 400 x 400 pairs deviates by sqrt(801 / (12 * 400^2)) = 0.02.
    assert np.std(shares) == pytest.approx(0.02, abs=0.01)
    assert np.mean(shares) == pytest.approx(0.5, abs=4 * 0.02 / np.sqrt(30))


def test_a_bad_generator_scores_below_one_half() -> None:
    assert data_copying(TRAIN, HELD_OUT, _points(4) + 10) == 0


def test_half_of_it_copied_scores_three_quarters() -> None:
    fake = np.concatenate([TRAIN[:200], _points(5, 200)])
    assert data_copying(TRAIN, HELD_OUT, fake) == pytest.approx(0.75, abs=0.06)


def test_features_in_float32_at_an_offset() -> None:
    train, held_out = (np.random.default_rng(i).standard_normal((60, 64)).astype("f4") + 100 for i in (6, 7))
    assert data_copying(train, held_out, train[::-1]) == 1


def test_refuses_what_has_no_share() -> None:
    with pytest.raises(ValueError, match="at least one"):
        nearer_share(np.array([]), np.array([1.0]))
    with pytest.raises(ValueError, match="not finite"):
        nearer_share(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(ValueError, match="different dimensions"):
        data_copying(TRAIN, HELD_OUT, np.ones((3, 3)))
