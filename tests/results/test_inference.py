"""Pooled tests, effect sizes and Holm's correction, held against scipy and statsmodels."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.results.inference import Pooled, effect_size, holm, pool

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import statsmodels.formula.api as smf
    from statsmodels.stats.multitest import multipletests

ONE = [0.3, 0.1, 0.5, 0.2]
OTHER = [1.3, 0.2, 2.0]


def _effects(*groups: list[float]) -> dict[tuple[str, str], np.ndarray]:
    return {("d", f"a{i}"): np.array(group, dtype=float) for i, group in enumerate(groups)}


def _pooled(*groups: list[float]) -> Pooled:
    return pool(_effects(*groups))


@pytest.mark.parametrize("bound", [0.0, 0.1])
def test_one_setting_is_scipys_one_sample_t_test(bound):
    found = _pooled(ONE)
    greater, less = (scipy.stats.ttest_1samp(ONE, bound, alternative=way) for way in ("greater", "less"))
    assert found.p_above(bound) == pytest.approx(greater.pvalue, rel=1e-9)
    assert found.p_below(bound) == pytest.approx(less.pvalue, rel=1e-9)
    assert found.p_value() == pytest.approx(scipy.stats.ttest_1samp(ONE, 0).pvalue, rel=1e-9)
    interval = scipy.stats.ttest_1samp(ONE, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(tuple(interval))


def test_two_settings_are_scipys_welch_test():
    """The mean of two means is half a difference: of the one from minus the other."""
    expected = scipy.stats.ttest_ind(ONE, np.negative(OTHER), equal_var=False)
    found = _pooled(ONE, OTHER)
    assert found.p_value() == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.degrees == pytest.approx(expected.df)
    assert (found.low, found.high) == pytest.approx(tuple(np.divide(expected.confidence_interval(0.95), 2)))


def test_many_settings_of_equal_variance_are_statsmodels_regression_on_settings():
    """With the same spread in each setting the standard error is that of least squares with sum contrasts."""
    groups = [list(np.array([-1.0, 0.0, 1.0]) + shift) for shift in (3.0, 7.0, 1.0, 2.0)]
    frame = pd.DataFrame(groups, index=list("abcd")).melt(ignore_index=False, value_name="y")
    frame["architecture"] = frame.index
    fitted = smf.ols("y ~ C(architecture, Sum)", frame).fit()
    found = _pooled(*groups)
    assert found.mean == pytest.approx(fitted.params["Intercept"])
    assert found.standard_error == pytest.approx(fitted.bse["Intercept"])
    assert found.degrees == pytest.approx(fitted.df_resid)
    assert found.p_value() == pytest.approx(fitted.pvalues["Intercept"], rel=1e-6)


def test_a_difference_between_settings_is_no_noise():
    near, far = (
        _pooled([1.0, 1.1, 0.9], [1.1, 1.0, 0.9]),
        _pooled([1.0, 1.1, 0.9], [9.1, 9.0, 8.9]),
    )
    assert near.standard_error == pytest.approx(far.standard_error)


def test_settings_weigh_alike_however_many_seeds_they_kept():
    assert _pooled([1.0, 1.2], [3.0, 3.1, 2.9, 3.0]).mean == pytest.approx((1.1 + 3.0) / 2)


def test_a_single_pair_is_left_out_beside_settings_with_more_and_counted():
    found = _pooled(ONE, [7.0])
    assert (found.mean, found.n, found.missing, found.settings) == (_pooled(ONE).mean, 4, 1, 1)


def test_single_pairs_alone_have_a_mean_and_no_test():
    found = _pooled([1.0], [3.0])
    assert (found.mean, found.low, found.p_value(), found.settings) == (2.0, None, None, 2)


def test_a_censored_pair_leaves_no_mean():
    found = _pooled([1.0, np.inf, 2.0], ONE)
    assert (found.mean, found.n, found.missing, found.censored) == (None, 0, 7, 1)
    assert effect_size(_pooled([1.0, np.inf, 2.0])).g is None


def test_differences_that_do_not_vary_have_no_test():
    found = _pooled([0.1 + 0.2, 0.3, 0.3], [0.3, 0.3])
    assert found.mean == pytest.approx(0.3)
    assert (found.low, found.p_above(0), effect_size(_pooled([2.0, 2.0, 2.0])).g) == (None, None, None)


def test_nothing_at_all_is_nothing():
    assert _pooled([]).mean is None
    assert _pooled([np.nan, np.nan]).missing == 2
    assert effect_size(_pooled([])).g is None


def test_hedges_g_by_hand():
    """d = 2 / 1 with 2 degrees of freedom; J(2) = Gamma(1) / Gamma(1/2) = 1 / sqrt(pi)."""
    assert effect_size(_pooled([1.0, 2.0, 3.0])).g == pytest.approx(2 / np.sqrt(np.pi))


def test_hedges_g_is_unbiased_and_its_interval_covers():
    rng, delta = np.random.default_rng(0), 1.0
    drawn = [_effects(list(rng.normal(delta, 1, 4)), list(rng.normal(delta, 1, 4))) for _ in range(1000)]
    found = [effect_size(pool(effects)) for effects in drawn]
    assert np.mean([size.g for size in found]) == pytest.approx(delta, abs=0.06)
    assert np.mean([size.low <= delta <= size.high for size in found]) == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_g_inverts_scipys_noncentral_t():
    size, t = effect_size(_pooled(ONE)), np.mean(ONE) / scipy.stats.sem(ONE)
    for end, p in ((size.low, 0.975), (size.high, 0.025)):
        assert scipy.stats.nct.cdf(t, 3, end * np.sqrt(4)) == pytest.approx(p, abs=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []
