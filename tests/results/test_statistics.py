"""Estimates, pairs, the sign-flip test, effect sizes and Holm's correction, against scipy and statsmodels."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.results.levels import FEWEST_PAIRS, LEVEL
from ganmatrix.results.statistics import (
    Pooled,
    Scale,
    effect_size,
    estimate,
    family,
    holm,
    holm_of_family,
    paired,
    pool,
    sign_flip,
)

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


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from statsmodels.stats.multitest import multipletests
ONE = [0.3, 0.1, 0.5, 0.2]


def _by_setting(*groups: list[float]) -> dict[tuple[str, str], np.ndarray]:
    return {("d", f"a{i}"): np.array(group, dtype=float) for i, group in enumerate(groups)}


def _pooled(*groups: list[float]) -> Pooled:
    return pool(_by_setting(*groups))


def _by_enumeration(shares: list[float]) -> float:
    """The p value of `sign_flip`, pattern by pattern."""
    patterns = itertools.product((1, -1), repeat=len(shares))
    sums = [np.dot(pattern, np.abs(shares)) for pattern in patterns]
    return float(np.mean(np.array(sums) >= np.sum(shares) - 1e-9))


@given(st.lists(st.integers(-4, 4), max_size=8), st.sampled_from((-1, 1)))
def test_sign_flips_are_counted_pattern_by_pattern(effects, sign):
    """Their sizes add up to 40, which divides the steps that they are cut into: nothing is rounded."""
    effects = [*effects, sign * (40 - sum(map(abs, effects)))]
    assert sign_flip(np.array(effects, dtype=float)) == pytest.approx(_by_enumeration(effects))


@given(st.lists(st.floats(-1, 1), min_size=5, max_size=9).filter(lambda each: np.abs(each).max() > 0.1))
def test_rounding_moves_the_count_by_few_patterns(effects):
    found = sign_flip(np.array(effects))
    near = [_by_enumeration([each + s * 1e-3 * np.abs(effects).sum() for each in effects]) for s in (1, -1)]
    assert near[0] - 1e-9 <= found <= near[1] + 1e-9


def test_one_setting_is_scipys_permutation_test_of_paired_samples():
    found = _pooled(ONE)
    exact = scipy.stats.permutation_test(
        (np.array(ONE), np.zeros(4)),
        lambda x, y: np.mean(x - y),
        permutation_type="samples",
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found.p_above(0) == pytest.approx(exact.pvalue)
    assert found.p_below(0) == 1.0
    assert found.p_value() == pytest.approx(2 / 2**4)


def test_differences_of_one_size_are_a_binomial_test():
    """With -1, 0 and 1 this is McNemar's exact test."""
    found = _pooled([1.0] * 9 + [-1.0] + [0.0] * 5)
    assert found.p_above(0) == pytest.approx(scipy.stats.binomtest(9, 10, alternative="greater").pvalue)
    assert found.least(0) == 0.5**10


@given(st.lists(st.floats(-5, 5), min_size=6, max_size=12).filter(lambda each: np.ptp(each) > 0.1))
def test_the_interval_is_that_of_the_tests(effects):
    """A bound is within it if neither one-sided test of that bound rejects at 2.5%."""
    found = _pooled(effects)
    little = 1e-3 * np.ptp(effects)
    assert found.p_above(found.low - little) <= 0.025 or found.low == min(effects)
    assert found.p_above(found.low + little) > 0.025
    assert found.p_below(found.high + little) <= 0.025 or found.high == max(effects)
    assert found.p_below(found.high - little) > 0.025


def test_mirrored_effects_have_the_mirrored_interval():
    effects = [*ONE, 0.4, -0.3, 0.25, 0.1]
    found, mirrored = _pooled(effects), _pooled([-each for each in effects])
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-3)


def test_fewer_than_six_pairs_have_no_interval():
    assert FEWEST_PAIRS == 6
    assert (_pooled([*ONE, 0.4]).low, _pooled([*ONE, 0.4]).high) == (None, None)
    assert _pooled([*ONE, 0.4, 0.6]).low == pytest.approx(0.1)
    assert _pooled(ONE, [0.4, 0.6]).low is not None


@pytest.mark.parametrize("noise", [(1, 0.17, 0.17, 0.17), (1, 0.1), (1, 1), (1,)], ids=len)
@pytest.mark.parametrize("level", [0.025, 0.025 / 12])
def test_the_error_rate_holds_however_unequal_the_noise_of_settings_is(noise, level):
    rng, draws = np.random.default_rng(0), 1000
    groups = rng.standard_t(3, size=(draws, len(noise), 8)) * np.array(noise)[:, None]
    wrong = sum(
        pool({("d", str(i)): group for i, group in enumerate(each)}).p_above(0) <= level for each in groups
    )
    assert wrong <= scipy.stats.binom.ppf(0.999, draws, level)


def test_the_interval_covers_as_often_as_it_says_and_not_much_more():
    rng, draws = np.random.default_rng(1), 400
    found = [_pooled(list(rng.normal(1, 1, 10)), list(rng.normal(3, 2, 10))) for _ in range(draws)]
    covered = np.mean([each.low <= 2 <= each.high for each in found])
    assert 0.95 - 3 * 0.011 <= covered <= 0.985


def test_bounds_between_the_effects_of_two_settings_are_within_the_interval():
    near, far = (
        _pooled([1.0, 1.1, 0.9, 1.2], [1.1, 1.0, 0.9, 1.2]),
        _pooled([1.0, 1.1, 0.9, 1.2], [9.1, 9.0, 8.9, 9.2]),
    )
    assert (near.low, near.high) == pytest.approx((1.0, 1.1), abs=0.11)
    assert (far.low, far.high) == pytest.approx((1.0, 9.1), abs=0.11)


def test_settings_weigh_alike_however_many_seeds_they_kept():
    assert _pooled([1.0, 1.2], [3.0, 3.1, 2.9, 3.0]).mean == pytest.approx((1.1 + 3.0) / 2)


def test_a_setting_without_a_pair_is_left_out():
    found = _pooled(ONE, [np.nan, np.nan])
    assert (found.mean, found.n, found.missing, found.settings) == (_pooled(ONE).mean, 4, 2, 1)


def test_a_censored_pair_leaves_no_mean():
    found = _pooled([1.0, np.inf, 2.0], ONE)
    assert (found.mean, found.n, found.missing, found.censored) == (None, 0, 7, 1)
    assert effect_size(_pooled([1.0, np.inf, 2.0])).g is None


def test_differences_that_do_not_vary_are_sure_but_for_their_number():
    """A count of operations is the same for every seed."""
    found = _pooled([0.3] * 10)
    assert found.p_above(0.25) == 0.5**10
    assert (found.low, found.high) == pytest.approx((0.3, 0.3))
    assert effect_size(_pooled([2.0, 2.0, 2.0])).g is None


def test_nothing_at_all_is_nothing():
    assert (_pooled([]).mean, _pooled([]).p_value(), _pooled([]).p_above(0)) == (None, None, 1.0)
    assert _pooled([np.nan, np.nan]).missing == 2
    assert effect_size(_pooled([])).g is None


def test_hedges_g_by_hand():
    """d = 2 / 1 with 2 degrees of freedom; J(2) = Gamma(1) / Gamma(1/2) = 1 / sqrt(pi)."""
    assert effect_size(_pooled([1.0, 2.0, 3.0])).g == pytest.approx(2 / np.sqrt(np.pi))


def test_one_degree_of_freedom_gives_no_effect_size():
    """J(1) is 0: two pairs know their spread so badly that nothing unbiased is left."""
    assert effect_size(_pooled([1.0, 2.0])).g is None
    assert effect_size(_pooled([1.0, 2.0], [2.0, 1.0])).g is not None


def test_hedges_g_is_unbiased_and_its_interval_covers():
    rng, delta = np.random.default_rng(0), 1.0
    drawn = [_by_setting(list(rng.normal(delta, 1, 4)), list(rng.normal(delta, 1, 4))) for _ in range(1000)]
    found = [effect_size(pool(effects)) for effects in drawn]
    assert np.mean([size.g for size in found]) == pytest.approx(delta, abs=0.06)
    assert np.mean([size.low <= delta <= size.high for size in found]) == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_g_inverts_scipys_noncentral_t():
    size, t = effect_size(_pooled(ONE)), np.mean(ONE) / scipy.stats.sem(ONE)
    for end, p in ((size.low, 0.975), (size.high, 0.025)):
        assert scipy.stats.nct.cdf(t, 3, end * np.sqrt(4)) == pytest.approx(p, abs=1e-6)


def test_holm_is_statsmodels():
    rng = np.random.default_rng(0)
    for size in range(1, 13):
        p_values = rng.uniform(size=size) ** 3
        assert holm(list(p_values)) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []


def test_a_test_that_cannot_reject_takes_nothing_from_the_others():
    """Tarone's family: twelve tests, eleven of which could at best give p = 1/4."""
    least, p_values = [0.001, *[0.25] * 11], [0.02, *[0.25] * 11]
    assert holm(p_values)[0] == pytest.approx(0.24)
    assert holm_of_family(p_values, least) == [0.02, *[1.0] * 11]


def test_the_family_is_as_large_as_the_level_that_it_leaves_each_allows():
    assert family([0.0] * 5) == [True] * 5
    assert family([]) == []
    # Shared by three the level leaves 0.0083 to each: the third cannot reach it.
    assert family([0.001, 0.001, 0.01]) == [True, True, False]


@given(st.lists(st.integers(1, 14), min_size=1, max_size=10))
def test_the_family_never_rejects_wrongly_more_often_than_its_level(pairs):
    """The chance that any test of the family gives its least p value, all null hypotheses true."""
    least = [0.5**n for n in pairs]
    members = [p for p, member in zip(least, family(least), strict=True) if member]
    assert sum(p for p in members if p <= LEVEL / max(1, len(members))) <= LEVEL + 1e-12


def test_the_runs_of_one_seed_in_all_variants_count_once():
    """They share networks and data: three copies of the same pairs are no more evidence than one."""
    once = pool({("d", "a"): np.array(ONE)})
    copies = pool({("d", "a", variant): np.array(ONE) for variant in ("", "slow", "fast")})
    assert (copies.n, copies.settings, copies.mean) == (once.n, 1, pytest.approx(once.mean))
    assert copies.p_above(0) == once.p_above(0)
    spread = pool(
        {("d", "a", ""): np.array([1.0, 2.0, np.nan]), ("d", "a", "slow"): np.array([3.0, 6.0, 9.0])}
    )
    assert (spread.mean, spread.n, spread.missing) == (3.0, 2, 1)
