"""The Inception Score in the cases that have a closed form."""

import numpy as np
import pytest

from ganmatrix.evaluation.inception_score import inception_score


def test_certain_and_evenly_spread_classes_give_the_class_count() -> None:
    assert inception_score(np.tile(np.eye(10, dtype=np.float32), (5, 1)), 1) == (pytest.approx(10), None)


def test_equal_predictions_give_one() -> None:
    assert inception_score(np.full((20, 4), 0.25), 1)[0] == pytest.approx(1, abs=1e-12)
    assert inception_score(np.tile([[1.0, 0, 0]], (20, 1)), 1)[0] == pytest.approx(1, abs=1e-12)


def test_two_noisy_classes() -> None:
    p = 0.8
    probabilities = np.tile([[p, 1 - p], [1 - p, p]], (10, 1))
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    assert inception_score(probabilities, 1)[0] == pytest.approx(np.exp(np.log(2) - entropy), rel=1e-12)


def test_splits_are_consecutive() -> None:
    probabilities = np.concatenate([np.tile(np.eye(2), (5, 1)), np.tile([[1.0, 0.0]], (10, 1))])
    mean, std = inception_score(probabilities, 2)
    assert (mean, std) == (pytest.approx(1.5), pytest.approx(0.5))


@pytest.mark.parametrize("row", [[np.nan, 1.0], [0.7, 0.7], [1.5, -0.5]])
def test_refuses_what_is_no_distribution(row: list[float]) -> None:
    with pytest.raises(ValueError, match="class probabilities"):
        inception_score(np.array([row, [0.5, 0.5]]), 1)


def test_refuses_more_splits_than_samples() -> None:
    with pytest.raises(ValueError, match="3 splits"):
        inception_score(np.full((2, 2), 0.5), 3)
