"""Energy distance, against closed forms, scipy in one dimension and a double loop."""

import itertools
import math

import numpy as np
import pytest
import scipy.stats

from ganmatrix.evaluation import energy_distance as module
from ganmatrix.evaluation.energy_distance import energy_distance, mean_distance

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((60, 2)), RNG.standard_normal((41, 2)) * 2 + 1


def test_it_is_the_mean_over_all_pairs():
    def naive(x, y):
        return np.mean([math.dist(p, q) for p, q in itertools.product(x, y)])

    assert mean_distance(A, B) == pytest.approx(naive(A, B), rel=1e-12)
    assert energy_distance(A, B) == pytest.approx(2 * naive(A, B) - naive(A, A) - naive(B, B), rel=1e-10)
    assert energy_distance(A, B, within_b=naive(B, B)) == pytest.approx(energy_distance(A, B), rel=1e-10)


def test_in_one_dimension_it_is_the_square_of_scipy_s():
    expected = scipy.stats.energy_distance(A[:, 0], B[:, 0]) ** 2
    assert energy_distance(A[:, :1], B[:, :1]) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0])
def test_two_gaussians_in_one_dimension(shift):
    x, y = RNG.standard_normal((3000, 1)), RNG.standard_normal((3000, 1)) + shift
    # X - Y is N(shift, 2), whose absolute value is a folded normal; E|X - X'| = 2 / sqrt(pi).
    normal, scale = scipy.stats.norm, math.sqrt(2)
    across = 2 * scale * normal.pdf(shift / scale) + shift * (1 - 2 * normal.cdf(-shift / scale))
    # 3,000 points on each side: five standard errors of a mean of |X - Y| are below 0.13.
    assert energy_distance(x, y) == pytest.approx(2 * across - 4 / math.sqrt(math.pi), abs=0.13)


def test_two_points_are_twice_their_distance_apart():
    assert energy_distance(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])) == pytest.approx(10)


def test_invariants():
    assert energy_distance(A, A) == 0
    assert energy_distance(A, RNG.permutation(A)) == pytest.approx(0, abs=1e-12)
    assert energy_distance(A, B) == pytest.approx(energy_distance(B, A), rel=1e-12)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert energy_distance(A @ turn + 5, B @ turn + 5) == pytest.approx(energy_distance(A, B), rel=1e-10)
    assert energy_distance(3 * A, 3 * B) == pytest.approx(3 * energy_distance(A, B), rel=1e-10)


def test_blocks_change_nothing_but_the_memory(monkeypatch):
    whole = energy_distance(A, B)
    for block in (1, 100, 2460):
        monkeypatch.setattr(module, "BLOCK", block)
        assert energy_distance(A, B) == pytest.approx(whole, rel=1e-12)


def test_its_expectation_for_equal_distributions_is_what_is_documented():
    values = [energy_distance(RNG.standard_normal((5, 1)), RNG.standard_normal((8, 1))) for _ in range(2000)]
    error = 5 * np.std(values) / math.sqrt(len(values))
    assert np.mean(values) == pytest.approx((1 / 5 + 1 / 8) * 2 / math.sqrt(math.pi), abs=error)


@pytest.mark.parametrize("bad", [np.empty((0, 2)), np.array([[np.nan, 0.0]]), np.array([[np.inf, 0.0]])])
def test_refuses_what_has_no_distance(bad):
    for pair in ((A, bad), (bad, A)):
        with pytest.raises(ValueError, match="at least one point on each side, and finite"):
            energy_distance(*pair)
