"""Whether a mean has moved beyond the noise of seeds: against scipy, and on planted noise."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.noise import judge, shift


def by_seed(values, first=0):
    return pd.Series(values, index=range(first, first + len(values)), dtype=float)


def test_common_seeds_are_paired():
    before, after = by_seed([10, 12, 14.5, 11]), by_seed([9, 11.5, 13, 10.2])
    moved = shift(before, after)
    expected = scipy.stats.ttest_1samp(after - before, 0)
    assert moved.paired
    assert moved.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert moved.change == pytest.approx((after - before).mean(), rel=1e-12)
    interval = scipy.stats.t.interval(0.95, 3, moved.change, scipy.stats.sem(after - before))
    assert (moved.low, moved.high) == pytest.approx(interval, rel=1e-9)


def test_other_seeds_are_compared_as_groups():
    before, after = by_seed([10, 12, 14.5]), by_seed([9, 11.5, 13, 10.2], first=2)
    moved = shift(before, after)
    assert not moved.paired
    assert (moved.n_before, moved.n_after) == (3, 4)
    assert moved.p == pytest.approx(scipy.stats.ttest_ind(after, before, equal_var=False).pvalue, rel=1e-9)
    assert moved.low < moved.change < moved.high


def test_only_seeds_that_both_have_count_where_there_are_enough():
    moved = shift(by_seed([1, 2, 3.5]), by_seed([1.5, 2.2, 4, 90, 95]))
    assert moved.paired
    assert (moved.n_before, moved.n_after, moved.after) == (3, 3, pytest.approx(7.7 / 3))


def test_a_missing_value_is_missing_not_zero():
    moved = shift(by_seed([1, 2, 3, np.nan]), by_seed([1.5, 2.2, 4, 5]))
    assert (moved.n_before, moved.n_after) == (3, 3)
    lost = shift(by_seed([1, 2, 3]), by_seed([np.nan, np.nan, np.nan]))
    assert (lost.after, lost.change, lost.finding) == (None, None, "undecided")


@pytest.mark.parametrize(
    ("before", "after", "finding", "reason"),
    [
        ([1, 2, 3], [1, 2, 3], "equal", ""),
        ([1], [1], "equal", ""),
        ([1, 2], [5, 9], "undecided", "fewer than 3 seeds"),
        ([8, 8, 8], [7, 7, 7], "undecided", "no spread"),
        ([0.1, 0.2, 0.3], [1.1, 1.2, 1.3], "undecided", "no spread"),
    ],
)
def test_what_no_test_can_decide(before, after, finding, reason):
    moved = shift(by_seed(before), by_seed(after))
    assert moved.finding == finding
    assert reason in moved.reason
    assert moved.p is None


def test_one_side_without_spread_is_still_tested():
    moved = shift(by_seed([8, 8, 8]), by_seed([2, 3, 4], first=7))
    assert moved.p == pytest.approx(scipy.stats.t.sf(5 / np.sqrt(1 / 3), 2) * 2, rel=1e-9)


def test_all_tests_are_corrected_together():
    random = np.random.default_rng(0)
    before = random.normal(size=(40, 5))
    after = before + random.normal(size=(40, 5))
    after[:3] = before[:3] + 1 + 0.01 * random.normal(size=(3, 5))
    raw = [shift(by_seed(one), by_seed(other)) for one, other in zip(before, after, strict=True)]
    judged = judge([*raw, shift(by_seed([1]), by_seed([1]))])
    corrected = scipy.stats.false_discovery_control([each.p for each in raw])
    assert [each.p for each in judged[:-1]] == pytest.approx(corrected)
    assert [each.finding for each in judged[:4]] == ["beyond noise"] * 3 + ["could be chance"]
    assert (judged[-1].finding, judged[-1].p) == ("equal", None)


@pytest.mark.parametrize("first", [0, 100], ids=["same seeds", "other seeds"])
def test_chance_alone_is_rarely_called_beyond_noise(first):
    """In 5% of comparisons: 200 of 8 means each, none of which has moved."""
    random = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        before, after = random.normal(size=(2, 8, 3))
        pairs = zip(before, after, strict=True)
        judged = judge([shift(by_seed(one), by_seed(other, first)) for one, other in pairs])
        wrong += any(each.finding == "beyond noise" for each in judged)
    assert wrong / 200 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
