"""Streaming moments: the same numbers however the stream is cut, and no d x d matrix of few samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.evaluation import features as module
from ganmatrix.evaluation.features import Moments, moments


def _features(seed: int, n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) + rng.standard_normal(d)


def _streamed(features: np.ndarray, *cuts: int) -> Moments:
    seen = Moments()
    for part in np.split(features, sorted(cuts)):
        seen.update(part)
    return seen


def test_are_numpys_unbiased_ones() -> None:
    features = _features(0, 50, 7).astype(np.float32)
    mean, covariance = moments(features)
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-10)


@given(
    n=st.integers(2, 60),
    d=st.integers(1, 30),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    rows=st.sampled_from([1, 8, 1024]),
)
def test_cuts_merges_and_folds_change_nothing(n: int, d: int, cuts: list[int], rows: int) -> None:
    features = _features(1, n, d)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS", rows)
        whole = _streamed(features, *cuts)
        merged = _streamed(features[: n // 3], *cuts).merge(_streamed(features[n // 3 :]))
    expected = np.atleast_2d(np.cov(features, rowvar=False))
    for seen in (whole, merged):
        assert seen.count == n
        np.testing.assert_allclose(seen.mean, features.mean(axis=0), atol=1e-12)
        tolerance = 1e-12 * np.trace(expected)
        np.testing.assert_allclose(seen.factor @ seen.factor.T, expected, atol=tolerance)
        np.testing.assert_allclose(seen.covariance, expected, atol=tolerance)


def test_a_large_mean_costs_no_digits() -> None:
    """Sums of squares would keep none: (1e8)^2 over 1 is beyond float64's 16 digits."""
    features = _features(2, 3000, 4)
    shifted = _streamed(features + 1e8, *range(100, 3000, 100))
    exact = np.cov(((features + 1e8).astype(np.longdouble) - 1e8).astype(np.float64), rowvar=False)
    np.testing.assert_allclose(shifted.covariance, exact, rtol=1e-6)


def test_few_samples_stay_rows() -> None:
    few = _streamed(_features(3, 30, 40), 10, 20)
    assert few.factor.shape == (40, 29)
    assert few._sums is None
    assert _streamed(_features(3, 3000, 40)).factor.shape == (40, 40)


def test_memory_does_not_grow_with_the_stream() -> None:
    seen = Moments()
    for seed in range(200):
        seen.update(_features(seed, 50, 3))
        assert sum(map(len, seen._rows)) < module.ROWS
    assert seen.count == 10_000


def test_merging_changes_neither() -> None:
    a, b = _streamed(_features(4, 2000, 3)), _streamed(_features(5, 2500, 3))
    before = a.covariance.copy(), b.mean.copy()
    both = a.merge(b)
    both.update(_features(6, 5000, 3))
    assert (a.count, b.count, both.count) == (2000, 2500, 9500)
    np.testing.assert_array_equal(a.covariance, before[0])
    np.testing.assert_array_equal(b.mean, before[1])
    assert Moments().merge(a).count == a.count


def test_refuses_what_has_no_moments() -> None:
    seen = Moments()
    with pytest.raises(ValueError, match="at least 1 samples, got 0"):
        _ = seen.mean
    seen.update(np.ones((1, 3)))
    for name in ("covariance", "factor"):
        with pytest.raises(ValueError, match="at least 2 samples, got 1"):
            getattr(seen, name)
    with pytest.raises(ValueError, match="3 dimensions, got 2"):
        seen.update(np.ones((1, 2)))
    with pytest.raises(ValueError, match="3 and 2 dimensions"):
        seen.merge(_streamed(np.ones((1, 2))))
    with pytest.raises(ValueError, match="batch is not finite"):
        seen.update(np.array([[1, np.nan, 1]]))
    assert seen.count == 1
