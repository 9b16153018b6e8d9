"""Estimates and paired differences, held against scipy's own tests and intervals."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.results.statistics import Scale, estimate, paired

_VALUES = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=3, max_size=12, unique=True)


@given(_VALUES)
def test_interval_is_that_of_scipys_one_sample_t_test(values):
    result = estimate(values)
    expected = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (result.low, result.high) == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-9)
    assert result.mean == pytest.approx(np.mean(values), abs=1e-9)
    assert result.sd == pytest.approx(scipy.stats.tstd(values))


def test_three_values_by_hand():
    result = estimate([1.0, 2.0, 3.0])
    assert (result.low, result.high) == pytest.approx((2 - 2.484138, 2 + 2.484138), abs=1e-6)


def test_missing_values_are_counted_and_left_out():
    result = estimate([1.0, float("nan"), 3.0])
    assert (result.mean, result.n, result.missing) == (2.0, 2, 1)


def test_one_value_has_no_interval_and_none_has_no_mean():
    assert estimate([4.0]).mean == 4.0
    assert estimate([4.0]).low is None
    assert estimate([4.0]).sd is None
    assert estimate([]).mean is None
    assert estimate([float("nan")]).missing == 1


def test_equal_values_have_an_interval_of_width_zero():
    result = estimate([8.0, 8.0, 8.0])
    assert (result.low, result.high, result.sd) == (8.0, 8.0, 0.0)


def _frame(method: list[float], opponent: list[float]) -> pd.DataFrame:
    rows = [
        {
            "dataset": "d",
            "architecture": "a",
            "seed": seed,
            "method": name,
            "outcome": "completed",
            "m": value,
        }
        for name, values in (("new", method), ("old", opponent))
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def _effects(frame: pd.DataFrame, scale: Scale) -> list[float]:
    pairs = paired(frame, "m", "new", "old")
    return [float(each) for each in scale.of(pairs["method"].to_numpy(), pairs["opponent"].to_numpy())]


def test_pairing_follows_the_seed_and_not_the_order_of_rows():
    frame = _frame([1.0, 2.0, 3.0], [1.5, 2.5, 3.5])
    assert _effects(frame.sample(frac=1, random_state=0), Scale()) == [-0.5] * 3


@pytest.mark.parametrize("direction", ["lower", "higher"])
def test_relative_effects_are_logarithms_of_ratios(direction):
    sign = -1 if direction == "lower" else 1
    scale = Scale(direction, relative=True)
    effects = _effects(_frame([5.0, 20.0], [10.0, 10.0]), scale)
    assert effects == pytest.approx([-sign * np.log(2), sign * np.log(2)])
    assert [scale.shown(each) for each in effects] == pytest.approx([-sign * 0.5, sign * 1.0])
    for shown in (-0.5, 0.0, 0.1, 0.9):
        assert scale.shown(scale.bound(shown)) == pytest.approx(shown)


def test_a_ratio_needs_positive_values():
    frame = _frame([5.0, 0.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 2.0])
    assert np.isnan(_effects(frame, Scale(relative=True))).tolist() == [True, True, True, False]


def test_a_diverged_run_has_no_value_even_where_its_column_has_one():
    frame = _frame([1.0, 2.0], [1.0, 1.0])
    frame.loc[0, "outcome"] = "diverged"
    assert np.isnan(_effects(frame, Scale())).tolist() == [True, False]
