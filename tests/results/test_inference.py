"""Pooled tests, effect sizes and Holm's correction, held against scipy and statsmodels."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.inference import Pooled, effect_size, holm, pool, ratio_interval

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


def test_settings_with_as_many_pairs_have_the_degrees_of_freedom_of_one():
    """Welch's standard error: the mean of two means is half a difference, of the one from minus the other."""
    welch = scipy.stats.ttest_ind(ONE, np.negative([1.3, 0.2, 2.0, 1.0]), equal_var=False)
    found = _pooled(ONE, [1.3, 0.2, 2.0, 1.0])
    assert found.p_value() == pytest.approx(2 * scipy.stats.t.sf(welch.statistic, 3), rel=1e-9)
    assert (found.high - found.low) / 2 == pytest.approx(
        scipy.stats.t.isf(0.025, 3) * found.mean / welch.statistic
    )


def test_settings_with_unequal_pairs_each_bring_their_own_quantile():
    """Half the interval at level p is as wide as the mean is far from the bound that has the p value p."""
    found = _pooled(ONE, OTHER)
    errors = np.array([scipy.stats.sem(ONE), scipy.stats.sem(OTHER)]) / 2
    for bound in (0.6, 0.1, -5.0):
        quantiles = scipy.stats.t.isf(found.p_above(bound), [3, 2])
        assert np.hypot(*(quantiles * errors)) == pytest.approx(found.mean - bound, rel=1e-6)
        assert found.p_above(bound) + found.p_below(bound) == pytest.approx(1)
    assert found.p_above(found.mean) == 0.5
    assert found.high - found.mean == pytest.approx(np.hypot(*(scipy.stats.t.isf(0.025, [3, 2]) * errors)))


def test_many_settings_have_the_standard_error_of_statsmodels_regression_on_settings():
    """With the same spread in each setting the standard error is that of least squares with sum contrasts."""
    groups = [list(np.array([-1.0, 0.0, 1.0]) + shift) for shift in (3.0, 7.0, 1.0, 2.0)]
    frame = pd.DataFrame(groups, index=list("abcd")).melt(ignore_index=False, value_name="y")
    frame["architecture"] = frame.index
    fitted = smf.ols("y ~ C(architecture, Sum)", frame).fit()
    found = _pooled(*groups)
    assert found.mean == pytest.approx(fitted.params["Intercept"])
    assert _standard_error(found) == pytest.approx(fitted.bse["Intercept"])


@pytest.mark.parametrize("level", [0.025, 0.025 / 12])
@pytest.mark.parametrize(
    "noise", [(1, 0.17, 0.17, 0.17), (1, 0.1), (1, 1), (0.3, 1, 1, 1, 1, 1, 1, 1)], ids=len
)
def test_the_error_rate_holds_however_unequal_the_noise_of_settings_is(noise, level):
    rng, draws = np.random.default_rng(0), 2000
    groups = rng.normal(size=(draws, len(noise), 3)) * np.array(noise)[:, None]
    wrong = sum(
        pool({("d", str(i)): group for i, group in enumerate(each)}).p_above(0) <= level for each in groups
    )
    assert wrong <= scipy.stats.binom.ppf(0.999, draws, level)


@pytest.mark.parametrize("seeds", [3, 8])
def test_the_interval_of_a_relative_effect_is_that_of_its_tests(seeds):
    """A bound is within it if neither test against that bound rejects at 2.5%."""
    rng = np.random.default_rng(seeds)
    units = {("d", f"a{i}"): 1 + 0.2 * rng.normal(size=seeds) for i in range(2)}
    shares = {setting: unit / unit.mean() for setting, unit in units.items()}
    effects = {setting: 0.5 * shares[setting] + 0.1 * rng.normal(size=seeds) for setting in units}
    low, high = ratio_interval(effects, shares)
    for bound, within in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
        excess = pool({setting: effects[setting] - bound * shares[setting] for setting in effects})
        assert (min(excess.p_above(0), excess.p_below(0)) > 0.025) == within


def test_a_unit_that_may_be_zero_bounds_nothing():
    unit = np.array([-2.0, 0.1, 4.9])
    effects = {("d", "a"): np.array([0.1, 0.3, 0.2])}
    assert ratio_interval(effects, {("d", "a"): unit / unit.mean()}) == (None, None)


def _standard_error(found: Pooled) -> float:
    return float(np.hypot.reduce([error.size for error in found.errors.values()]))


def test_a_difference_between_settings_is_no_noise():
    near, far = (
        _pooled([1.0, 1.1, 0.9], [1.1, 1.0, 0.9]),
        _pooled([1.0, 1.1, 0.9], [9.1, 9.0, 8.9]),
    )
    assert _standard_error(near) == pytest.approx(_standard_error(far))


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


def test_one_degree_of_freedom_gives_no_effect_size():
    """J(1) is 0: two pairs know their spread so badly that nothing unbiased is left."""
    assert effect_size(_pooled([1.0, 2.0])).g is None
    assert effect_size(_pooled([1.0, 2.0], [2.0, 1.0])).g is not None


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


def test_holm_is_statsmodels():
    rng = np.random.default_rng(0)
    for size in range(1, 13):
        p_values = rng.uniform(size=size) ** 3
        assert holm(list(p_values)) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


def test_holm_of_nothing_is_nothing():
    assert holm([]) == []
