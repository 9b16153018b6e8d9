"""The Inception Score against torch-fidelity, its definition, and closed forms."""

import numpy as np
import pytest
import torch
from scipy.special import rel_entr

from ganmatrix.evaluation.inception_score import InceptionScore, inception_score

LOGITS = torch.from_numpy(3 * np.random.default_rng(0).standard_normal((1000, 12)))


def _streamed(probabilities: np.ndarray, splits: int, batch: int) -> tuple[float, float | None]:
    score = InceptionScore(splits, len(probabilities))
    for start in range(0, len(probabilities), batch):
        score.update(probabilities[start : start + batch])
    return score.score()


@pytest.mark.parametrize("splits", [1, 10])
@pytest.mark.parametrize("shuffle", [False, True])
def test_equals_torch_fidelity(torch_fidelity, splits: int, shuffle: bool) -> None:
    expected = torch_fidelity.metric_isc.isc_features_to_metric(LOGITS, splits, shuffle, rng_seed=3)
    order = np.random.RandomState(3).permutation(len(LOGITS)) if shuffle else slice(None)
    mean, std = inception_score(LOGITS.softmax(dim=1).numpy()[order], splits)
    assert mean == pytest.approx(expected["inception_score_mean"], rel=1e-12)
    assert (std or 0) == pytest.approx(expected["inception_score_std"], abs=1e-12)


@pytest.mark.parametrize("splits", [1, 7])
@pytest.mark.parametrize("batch", [1, 64, 1000])
def test_a_stream_gives_the_definition(splits: int, batch: int) -> None:
    probabilities = LOGITS.softmax(dim=1).numpy()
    parts = np.array_split(probabilities, splits)
    expected = [np.exp(rel_entr(part, part.mean(axis=0)).sum(axis=1).mean()) for part in parts]
    mean, std = _streamed(probabilities, splits, batch)
    assert mean == pytest.approx(np.mean(expected), rel=1e-12)
    assert (std or 0) == pytest.approx(np.std(expected), abs=1e-12)


def test_refuses_another_count_than_announced() -> None:
    score = InceptionScore(1, 3)
    score.update(np.full((2, 2), 0.5))
    with pytest.raises(ValueError, match="2 samples where 3 were announced"):
        score.score()
    with pytest.raises(ValueError, match="4 samples where 3 were announced"):
        score.update(np.full((2, 2), 0.5))


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
