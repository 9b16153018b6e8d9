"""KID against clean-fid, a double sum over pairs, and its unbiasedness."""

import numpy as np
import pytest

from ganmatrix.evaluation.kid import kernel_distance, squared_mmd


def _sets(seed: int, n: int, m: int, d: int = 6, shift: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal((m, d)) + shift


def test_equals_the_double_sum_over_distinct_pairs() -> None:
    a, b = _sets(0, 7, 5)

    def kernel(x, y):
        return (x @ y / 6 + 1) ** 3

    within_a = np.mean([kernel(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    within_b = np.mean([kernel(b[i], b[j]) for i in range(5) for j in range(5) if i != j])
    between = np.mean([kernel(x, y) for x in a for y in b])
    assert squared_mmd(a, b) == pytest.approx(within_a + within_b - 2 * between, rel=1e-12)


def test_equals_clean_fid_on_the_full_sets(cleanfid_fid) -> None:
    a, b = _sets(1, 80, 80)
    mean, std = kernel_distance(a, b, subsets=3, subset_size=80, rng=np.random.default_rng(0))
    assert mean == pytest.approx(cleanfid_fid.kernel_distance(a, b, num_subsets=1), rel=1e-9)
    assert std == pytest.approx(0, abs=1e-12)


def test_equals_clean_fid_subset_by_subset(cleanfid_fid) -> None:
    a, b = _sets(6, 90, 70)
    # clean-fid draws from its second argument first, and from numpy's global stream.
    state = np.random.get_state()
    np.random.seed(5)
    expected = cleanfid_fid.kernel_distance(b, a, num_subsets=7, max_subset_size=40)
    np.random.set_state(state)
    mean, std = kernel_distance(a, b, 7, 40, np.random.RandomState(5))
    assert mean == pytest.approx(expected, rel=1e-12)
    assert std > 0


def test_its_spread_is_the_deviation_over_its_subsets() -> None:
    a, b = _sets(9, 40, 30)
    mean, std = kernel_distance(a, b, 3, 20, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    subsets = [(a[rng.choice(40, 20, replace=False)], b[rng.choice(30, 20, replace=False)]) for _ in range(3)]
    found = [squared_mmd(*subset) for subset in subsets]
    assert (mean, std) == pytest.approx((np.mean(found), np.sqrt(np.square(found - np.mean(found)).mean())))


def test_is_symmetric_and_zero_for_samples_that_are_all_equal() -> None:
    a, b = _sets(7, 30, 20)
    assert squared_mmd(a, b) == pytest.approx(squared_mmd(b, a), rel=1e-12)
    assert squared_mmd(np.ones((5, 3)), np.ones((4, 3))) == pytest.approx(0, abs=1e-12)
    assert squared_mmd(np.ones((5, 3)), np.zeros((4, 3))) == pytest.approx(8 + 1 - 2)


def test_is_unbiased_on_equal_distributions() -> None:
    a, b = _sets(2, 2000, 2000, shift=0)
    mean, std = kernel_distance(a, b, subsets=100, subset_size=50, rng=np.random.default_rng(0))
    assert std > 0
    assert abs(mean) < 4 * std / np.sqrt(100)


def test_is_reproducible_and_capped_by_the_smaller_set() -> None:
    a, b = _sets(3, 40, 30)
    first, second = (kernel_distance(a, b, 5, 500, np.random.default_rng(7)) for _ in range(2))
    assert first == second
    assert first[0] > 0


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_refuses_what_is_not_finite(broken: float) -> None:
    a, b = _sets(4, 10, 10)
    a[0, 0] = broken
    with pytest.raises(ValueError, match="not finite"):
        kernel_distance(a, b, 2, 10, np.random.default_rng(0))


def test_refuses_one_sample() -> None:
    a, b = _sets(5, 1, 10)
    with pytest.raises(ValueError, match="at least 2 samples"):
        kernel_distance(a, b, 2, 10, np.random.default_rng(0))


def test_refuses_another_dimension_and_subsets_of_nothing() -> None:
    a, b = _sets(8, 10, 10)
    with pytest.raises(ValueError, match="different dimensions"):
        kernel_distance(a, b[:, :5], 2, 10, np.random.default_rng(0))
    for subsets, size in ((0, 10), (2, 1)):
        with pytest.raises(ValueError, match="subset of at least 2"):
            kernel_distance(a, b, subsets, size, np.random.default_rng(0))
