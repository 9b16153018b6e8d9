"""The Vendi score against its definition, and sets whose effective number is known."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from ganmatrix.evaluation import vendi as module
from ganmatrix.evaluation.vendi import vendi_score

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("n", "d"), [(5, 12), (12, 12), (40, 12), (1, 3)])
def test_is_the_exponential_of_the_entropy_of_the_kernels_eigenvalues(n, d, monkeypatch) -> None:
    monkeypatch.setattr(module, "ROWS", 7)
    features = RNG.standard_normal((n, d)) + 1
    kernel = [[1 - scipy.spatial.distance.cosine(x, y) for y in features] for x in features]
    eigenvalues = scipy.linalg.eigvalsh(np.array(kernel) / n).clip(0)
    assert vendi_score(features) == pytest.approx(np.exp(scipy.stats.entropy(eigenvalues)), rel=1e-9)


@pytest.mark.parametrize(("kinds", "each", "d"), [(6, 1, 6), (6, 1, 90), (1, 50, 8), (4, 30, 8), (3, 2, 50)])
def test_equal_groups_of_orthogonal_vectors_count_as_the_groups(kinds: int, each: int, d: int) -> None:
    groups = np.linalg.qr(RNG.standard_normal((d, d)))[0][:kinds] * RNG.uniform(0.1, 9, (kinds, 1))
    assert vendi_score(np.tile(groups, (each, 1))) == pytest.approx(kinds, rel=1e-10)


def test_uneven_groups_count_as_the_exponential_of_their_entropy() -> None:
    features = np.repeat(np.eye(2), [30, 10], axis=0)
    assert vendi_score(features) == pytest.approx(np.exp(scipy.stats.entropy([3, 1])), rel=1e-12)


def test_copies_of_the_set_order_and_lengths_change_nothing() -> None:
    features = RNG.standard_normal((20, 9)).astype(np.float32)
    value = vendi_score(features)
    assert 1 < value <= 9
    for same in (np.tile(features, (3, 1)), features[::-1], features * RNG.uniform(1, 9, (20, 1))):
        assert vendi_score(same) == pytest.approx(value, rel=1e-9)


def test_more_samples_of_one_distribution_score_higher() -> None:
    scores = [vendi_score(RNG.standard_normal((n, 64))) for n in (16, 64, 256, 4096)]
    assert scores == sorted(scores)
    assert scores[-1] == pytest.approx(64, rel=0.02)


@pytest.mark.parametrize(
    ("features", "reason"),
    [
        (np.eye(3)[:0], "at least 1 sample"),
        (np.eye(3) * [1, 1, 0], "no cosine"),
        (np.full((3, 2), np.nan), "not finite"),
    ],
)
def test_refuses_what_has_no_score(features: np.ndarray, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        vendi_score(features)
