"""MIND against an optimal matching, closed forms, and what a distance must be."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ganmatrix.evaluation import mind as module
from ganmatrix.evaluation.mind import monge_distance, squared_wasserstein, unit_directions

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((60, 7)), RNG.standard_normal((60, 7)).astype(np.float32) ** 2


def matched(a: np.ndarray, b: np.ndarray) -> float:
    """W2^2 of two sets of numbers of one size: the best of all matchings, not the sorted one."""
    costs = cdist(a[:, None], b[:, None], "sqeuclidean")
    return costs[linear_sum_assignment(costs)].mean()


@pytest.mark.parametrize(("n", "m"), [(6, 6), (6, 4), (4, 6), (7, 5), (1, 5), (12, 4)])
def test_on_a_line_it_is_the_best_matching(n: int, m: int) -> None:
    a, b = RNG.standard_normal((3, n)), RNG.standard_normal((3, m))
    # n copies of each of m numbers are the same distribution as m copies of each of n are.
    expected = [matched(np.repeat(x, m), np.repeat(y, n)) for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(squared_wasserstein(a, b), expected, rtol=1e-12)


@pytest.mark.parametrize("together", [100, 1, 7])
def test_is_3d_times_the_mean_over_directions(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", together)
    squares = [matched(A @ u, B @ u) for u in unit_directions(7, 20, 3)]
    value, error = monge_distance(A, B, 20, 3)
    assert value == pytest.approx(3 * 7 * np.mean(squares), rel=1e-12)
    assert error == pytest.approx(3 * 7 * np.std(squares, ddof=1) / np.sqrt(20), rel=1e-12)


def test_two_points_are_3_times_their_squared_distance_apart() -> None:
    """E (u.v)^2 = |v|^2 / d over the sphere."""
    one, other = np.zeros((4, 5)), np.tile([3.0, 0, 4, 0, 0], (9, 1))
    value, error = monge_distance(one, other, 20_000)
    assert value == pytest.approx(3 * 25, abs=4 * error)
    assert error < 1
    exact = np.square(unit_directions(5, 50, 1) @ other[0]).mean()
    assert monge_distance(one, other, 50, 1)[0] == pytest.approx(3 * 5 * exact, rel=1e-12)


def test_a_shift_adds_3_times_its_square_whatever_the_distribution() -> None:
    value, error = monge_distance(B, B + np.array([1, -1, 0, 0, 2, 0, 0]), 20_000)
    assert value == pytest.approx(3 * 6, abs=4 * error)


def test_gaussians_of_two_widths() -> None:
    """Along any line W2^2 of N(0, 1) and N(0, s^2) is (s - 1)^2; FID of the same pair is d (s - 1)^2."""
    a, b = RNG.standard_normal((2, 40_000, 4))
    assert monge_distance(a, 3 * b, 100)[0] == pytest.approx(3 * 4 * 4, rel=0.03)


def test_is_zero_on_identical_sets_in_any_order_and_symmetric() -> None:
    assert monge_distance(B, B[::-1]) == (0, 0)
    assert monge_distance(B, np.tile(B, (3, 1)))[0] == pytest.approx(0, abs=1e-12)
    assert monge_distance(A, B)[0] == pytest.approx(monge_distance(B, A)[0], rel=1e-12)
    assert monge_distance(A, B[:40])[0] == pytest.approx(monge_distance(B[:40], A)[0], rel=1e-12)
    assert monge_distance(A, B)[0] == pytest.approx(monge_distance(RNG.permutation(A), B)[0], rel=1e-12)


def test_far_from_the_origin_nothing_is_lost() -> None:
    near = monge_distance(A, A + 1e-3)[0]
    assert monge_distance(A + 1e6, A + 1e6 + 1e-3)[0] == pytest.approx(near, rel=1e-5)


def test_in_single_precision_it_is_the_same() -> None:
    """Of two sets of one distribution, where differences are small; they have the mean of activations."""
    a, b = (100 + RNG.standard_normal((2, 900, 300))).astype(np.float32)
    wide = monge_distance(a.astype(np.float64), b.astype(np.float64))
    assert monge_distance(a, b) == pytest.approx(wide, rel=1e-5)


def test_directions_are_of_length_1_and_the_same_each_time() -> None:
    directions = unit_directions(300, 8, 0)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_array_equal(directions, unit_directions(300, 8, 0))
    assert monge_distance(A, B) == monge_distance(A, B)
    assert monge_distance(A, B, seed=1) != monge_distance(A, B)


@pytest.mark.parametrize(
    ("a", "b", "projections", "reason"),
    [
        (A, B[:, :5], 9, "different dimensions"),
        (A[:0], B, 9, "at least 1 sample"),
        (A * np.nan, B, 9, "a is not finite"),
        (A, B * np.inf, 9, "b is not finite"),
        (A, B, 1, "at least 2 directions"),
    ],
)
def test_refuses_what_has_no_distance(a, b, projections: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        monge_distance(a, b, projections)
