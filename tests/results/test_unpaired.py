"""Effects of runs that are no pairs: the test against scipy's, its level and interval, and verdicts by it."""

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ganmatrix.results import comparisons
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.levels import LEVEL
from ganmatrix.results.matrix import PAIRED_WITHIN
from ganmatrix.results.statistics import Scale, effect_size
from ganmatrix.results.unpaired import DRAWN, Groups, Unpaired, fewest_runs, unpaired
from ganmatrix.results.verdicts import POWER, Comparison, Trial, seeds_needed
from helpers.planted_effects import (
    BETTER,
    MIDWAY,
    OLD,
    a_claim,
    diverge,
    judged,
    runs_by_architecture,
    runs_of,
    with_divergence,
)

RNG = np.random.default_rng(0)
FEW = Groups(RNG.normal(1, 1, 6), RNG.normal(0, 1, 5))
MORE = Groups(RNG.normal(1, 1, 14), RNG.normal(0, 1, 10))


def _effect(*groups: Any, counts: bool = False) -> Unpaired:
    values = [Groups(*(np.array(each, dtype=float) for each in group)) for group in groups]
    return unpaired({("d", f"a{i}"): each for i, each in enumerate(values)}, counts=counts)


def _welch(x: Any, y: Any, axis: int = -1) -> Any:
    spread = x.var(axis, ddof=1) / x.shape[axis] + y.var(axis, ddof=1) / y.shape[axis]
    return (x.mean(axis) - y.mean(axis)) / np.sqrt(spread)


def _scipys(groups: Groups, bound: float, alternative: str) -> float:
    """The larger p value of scipy's two tests; what it draws it draws otherwise than we do."""
    method, opponent = groups.method - bound, groups.opponent
    drawn = scipy.stats.permutation_test(
        (method, opponent), _welch, alternative=alternative, n_resamples=DRAWN, vectorized=True, rng=1
    )
    normal = scipy.stats.ttest_ind(method, opponent, equal_var=False, alternative=alternative)
    return float(max(drawn.pvalue, normal.pvalue))


@pytest.mark.parametrize(("groups", "tolerance"), [(FEW, 1e-9), (MORE, 0.004)], ids=["listed", "drawn"])
@pytest.mark.parametrize("bound", [-0.5, 0.0, 0.4, 1.5])
def test_in_one_setting_it_is_the_larger_p_value_of_scipys_two_tests(groups, tolerance, bound):
    found = _effect(groups)
    assert found.p_above(bound) == pytest.approx(_scipys(groups, bound, "greater"), abs=tolerance)
    assert found.p_below(bound) == pytest.approx(_scipys(groups, bound, "less"), abs=tolerance)


def test_labels_are_exchanged_within_settings_alone():
    """Two settings, relabelled one by one in every way."""
    groups = [(RNG.normal(0, 1, 3), RNG.normal(-2, 1, 4)), (RNG.normal(9, 1, 2), RNG.normal(8, 1, 3))]
    statistics = []
    for chosen in itertools.product(
        *(itertools.combinations(range(len(a) + len(b)), len(a)) for a, b in groups)
    ):
        mean = variance = 0.0
        for (a, b), own in zip(groups, chosen, strict=True):
            values = np.concatenate([a, b])
            method, rest = values[list(own)], np.delete(values, own)
            mean += method.mean() - rest.mean()
            variance += method.var(ddof=1) / len(method) + rest.var(ddof=1) / len(rest)
        statistics.append(mean / np.sqrt(variance))
    share = np.mean(np.array(statistics) >= statistics[0] - 1e-9)
    found = _effect(*groups)
    assert found.relabellings == len(statistics) == 35 * 10
    assert found.p_above(0) == max(share, scipy.stats.t.sf(statistics[0], found._observed[2]))
    assert found.least(0) == 1 / len(statistics)


def test_counts_of_diverged_runs_are_fishers_exact_test():
    method, opponent = [1] * 6 + [0] * 3, [1] + [0] * 6
    found = _effect((method, opponent), counts=True)
    table = [[6, 3], [1, 6]]
    for way, p in (("greater", found.p_above(0)), ("less", found.p_below(0))):
        assert p == pytest.approx(scipy.stats.fisher_exact(table, alternative=way).pvalue)
    assert found.least(0) == pytest.approx(min(scipy.stats.hypergeom.pmf([0, 7], 16, 7, 9)))


@given(st.permutations(range(6)), st.booleans())
def test_neither_the_order_of_runs_nor_that_of_settings_matters(order, swapped):
    other, mixed = Groups(np.arange(4.0) ** 1.5, np.arange(5.0)), Groups(FEW.method[order], FEW.opponent)
    parts = [other, mixed] if swapped else [mixed, other]
    assert _effect(*parts).p_above(0.2) == pytest.approx(_effect(FEW, other).p_above(0.2))


def test_drawn_relabellings_are_the_same_for_runs_and_settings_in_any_order():
    found = _effect(MORE, FEW)
    assert found.relabellings > DRAWN
    assert found.p_above(1.0) == pytest.approx(_effect(FEW, MORE).p_above(1.0), rel=1e-12)
    turned = Groups(MORE.method[::-1], MORE.opponent[::-1])
    assert found.p_above(1.0) == pytest.approx(_effect(turned, FEW).p_above(1.0), rel=1e-12)


SIZES = [(6, 6), (4, 9), (12, 10)]


def _rejections(sizes, spreads, level, draws, settings_=1, heavy=False):
    rng = np.random.default_rng(3)
    draw = (lambda n: rng.standard_t(3, n)) if heavy else (lambda n: rng.normal(size=n))
    found = [
        _effect(*(tuple(draw(n) * s for n, s in zip(sizes, spreads, strict=True)) for _ in range(settings_)))
        for _ in range(draws)
    ]
    return sum(each.p_above(0) <= level for each in found)


@pytest.mark.parametrize("draws", [60, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("spreads", [(1, 1), (3, 1), (1, 3)])
@pytest.mark.parametrize("heavy", [False, True])
def test_the_level_holds_for_unequal_numbers_and_spreads(sizes, spreads, heavy, draws):
    wrong = _rejections(sizes, spreads, LEVEL, draws, heavy=heavy)
    assert wrong <= scipy.stats.binom.ppf(0.999, draws, 1.3 * LEVEL)


def test_welchs_t_keeps_the_level_where_relabelling_alone_does_not(monkeypatch):
    """Three runs six times as wide as the twelve that they are compared with."""
    draws = 400
    most = scipy.stats.binom.ppf(0.999, draws, LEVEL)
    assert _rejections((3, 12), (6, 1), LEVEL, draws) <= most
    monkeypatch.setattr(Unpaired, "p_welch", lambda *_: 0.0)
    assert _rejections((3, 12), (6, 1), LEVEL, draws) > most


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(-5, 5), min_size=4, max_size=6).filter(lambda each: np.ptp(each) > 0.1),
    st.lists(st.floats(-5, 5), min_size=4, max_size=6).filter(lambda each: np.ptp(each) > 0.1),
)
def test_the_interval_is_that_of_the_tests(method, opponent):
    found = _effect((method, opponent))
    little = 1e-3 * (found.high - found.low)
    assert found.low < found.mean < found.high
    assert found.p_above(found.low - little) <= LEVEL < found.p_above(found.low + little)
    assert found.p_below(found.high + little) <= LEVEL < found.p_below(found.high - little)


def test_the_interval_covers_as_often_as_it_says_and_not_much_more():
    rng, draws = np.random.default_rng(1), 300
    found = [
        _effect((rng.normal(1, 1, 5), rng.normal(0, 2, 6)), (rng.normal(3, 1, 3), rng.normal(0, 1, 3)))
        for _ in range(draws)
    ]
    assert 0.95 - 3 * 0.0126 <= np.mean([each.low <= 2 <= each.high for each in found]) <= 0.99


def test_settings_weigh_alike_and_one_with_a_single_run_is_left_out():
    found = _effect(([1.0, 3.0], [0.0, 0.0, 0.0]), ([8.0] * 9, [4.0, 4.0]), ([7.0], [1.0, 2.0]))
    assert (found.mean, found.settings, found.runs, found.missing) == (3.0, 2, (11, 5), 3)


def test_missing_and_censored_values():
    found = _effect(([1.0, np.nan, 2.0], [0.0, 1.0]))
    assert (found.mean, found.n, found.missing) == (1.0, 4, 1)
    censored = _effect(([1.0, np.inf, 2.0], [0.0, 1.0]))
    assert (censored.mean, censored.missing, censored.censored, censored.p_above(0)) == (None, 5, 1, 1.0)
    assert _effect().p_below(0) == 1.0


def test_values_that_do_not_vary_are_sure_but_for_their_number():
    found = _effect(([39.0] * 8, [30.0] * 6))
    assert (found.low, found.high) == pytest.approx((9.0, 9.0))
    assert found.p_above(8) == pytest.approx(1 / 3003)
    assert effect_size(found).g is None


def test_hedges_g_is_that_of_two_groups():
    """d times 1 - 3 / (4 f - 1), which is J to three digits (Hedges 1981)."""
    (method, opponent), f = FEW, 9
    pooled = np.sqrt((5 * method.var(ddof=1) + 4 * opponent.var(ddof=1)) / f)
    size = effect_size(_effect(FEW))
    assert size.g == pytest.approx(
        (method.mean() - opponent.mean()) / pooled * (1 - 3 / (4 * f - 1)), rel=2e-3
    )
    t = scipy.stats.ttest_ind(method, opponent).statistic
    for end, p in ((size.low, 0.975), (size.high, 0.025)):
        assert scipy.stats.nct.cdf(t, f, end / np.sqrt(1 / 6 + 1 / 5)) == pytest.approx(p, abs=1e-6)


@pytest.mark.parametrize(("settings_", "fewest"), [(1, 4), (2, 3), (3, 2)])
def test_the_fewest_runs_have_an_interval_and_one_fewer_has_none(settings_, fewest):
    assert fewest_runs(settings_) == fewest

    def of(n: int) -> Unpaired:
        return _effect(*[(np.arange(n) + 9.0, np.arange(n) ** 1.1)] * settings_)

    assert of(fewest).low is not None
    assert fewest == 2 or of(fewest - 1).low is None


def _foreign(frame: pd.DataFrame, *methods: str) -> pd.DataFrame:
    """The same, with the runs of these methods from elsewhere, or of all."""
    own = ~frame["method"].isin(methods or frame["method"])
    return frame.assign(**{PAIRED_WITHIN: pd.Series(np.where(own, "grid", None), index=frame.index)})


def test_a_verdict_of_runs_that_are_no_pairs():
    row = judged(_foreign(runs_of({"new": BETTER, "old": OLD[:6]})))
    assert (row["verdict"], row["design"], row["pairs"]) == ("reproduced", "unpaired", 0)
    assert (row["method_runs"], row["baseline_runs"]) == (8, 6)
    assert row["scope"] == "digits x a; 8 runs of new and 6 of old, unpaired"
    assert row["effect"] == pytest.approx(np.mean(OLD[:6]) - np.mean(BETTER))
    assert (
        judged(_foreign(runs_of({"new": BETTER, "old": OLD})), direction="higher")["verdict"]
        == "contradicted"
    )


def test_a_relative_effect_is_one_of_geometric_means():
    row = judged(_foreign(runs_of({"new": BETTER, "old": OLD[:6]})), effect="relative", smallest_effect=0.1)
    ratio = np.exp(np.mean(np.log(BETTER)) - np.mean(np.log(OLD[:6])))
    assert row["effect"] == pytest.approx(1 - ratio)
    assert row["verdict"] == "reproduced"


def test_a_control_from_elsewhere_is_compared_without_pairs_beside_a_paired_baseline():
    frame = runs_of({"new": BETTER, "old": OLD, "control": MIDWAY})
    row = judged(_foreign(frame, "control"), control="control")
    assert (row["design"], row["control_design"]) == ("paired", "unpaired")
    assert (row["pairs"], row["control_pairs"], row["control_runs"]) == (8, 0, 8)
    assert row["verdict"] == "reproduced"


def test_pairs_are_of_one_source_in_every_setting():
    frame = runs_of({"new": BETTER, "old": OLD})
    assert judged(frame.assign(**{PAIRED_WITHIN: "paper"}))["design"] == "paired"
    mixed = frame.assign(**{PAIRED_WITHIN: np.where(frame["method"] == "new", "paper", "grid")})
    assert judged(mixed)["design"] == "unpaired"
    both = runs_by_architecture(a={"new": BETTER, "old": OLD}, b={"new": BETTER, "old": OLD})
    one_foreign = _foreign(both).assign(
        **{PAIRED_WITHIN: np.where(both["architecture"] == "a", "grid", None)}
    )
    assert judged(one_foreign)["design"] == "unpaired"


OBSTACLES = {
    "too few": (
        {"new": BETTER[:3], "old": OLD[:3]},
        {},
        "there are 3 and 3 runs of new and old, unpaired; 4",
    ),
    "one run": ({"new": BETTER[:1], "old": OLD}, {}, "there are 1 and 8 runs of new and old, unpaired; 4"),
    "equal": ({"new": [3.0] * 5, "old": [3.0] * 6}, {}, "all runs of new and old have equal values"),
    "not positive": (
        {"new": [0.0, *BETTER], "old": OLD},
        {"effect": "relative", "smallest_effect": 0.1},
        "is not positive",
    ),
    "censored": ({"new": [np.inf, *BETTER], "old": OLD}, {}, "in 1 of 17 runs of new and old training ended"),
}


@pytest.mark.parametrize(("scores", "changes", "reason"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_cannot_be_decided_says_so(scores, changes, reason):
    row = judged(_foreign(runs_of(scores)), **changes)
    assert row["verdict"] == "inconclusive"
    assert reason in row["reason"]


def test_diverged_runs_flatter_no_method_and_are_counted():
    frame = _foreign(runs_of({"new": BETTER, "old": OLD}))
    row = judged(diverge(frame, "digits-a-new-3"))
    assert (row["verdict"], row["method_runs"]) == ("inconclusive", 7)
    assert row["reason"].endswith("but fewer runs of old diverged")
    counted = judged(_foreign(with_divergence(1, 9)), metric="diverged", smallest_effect=0.0)
    assert (counted["verdict"], counted["design"]) == ("reproduced", "unpaired")
    assert np.isnan(counted["low"])


def test_a_claim_that_runs_cannot_decide_takes_nothing_from_others():
    """Divergence where none diverged is outside Holm's family, as with pairs."""
    frame = _foreign(runs_of({"new": BETTER, "old": OLD}))
    claims = {"fid": a_claim(), "stays": a_claim(metric="diverged", smallest_effect=0.0)}
    found = adjudicate(claims, frame, {"digits": {"fid": {}}}).iloc[0]
    assert found["p_holm"] == found["p_value"] <= LEVEL


def test_so_many_runs_decide_in_four_of_five_cases():
    groups = Groups(np.array([1.5, 2.5, 3.5]), np.array([-1.0, 0.0, 1.0]))
    effect = unpaired({("d", "a"): groups})
    trial = Trial(Comparison("old", pd.Series(dtype=float), effect, Scale()))
    needed = seeds_needed(trial, 1.0, LEVEL)
    rng = np.random.default_rng(0)
    power = np.mean(
        [
            _effect((rng.normal(1.5, 1, needed), rng.normal(0, 1, needed))).p_above(0) <= LEVEL
            for _ in range(300)
        ]
    )
    assert power == pytest.approx(POWER, abs=0.08)


def test_summary_compares_foreign_methods_without_pairs():
    frame = _foreign(runs_of({"old": OLD, "new": BETTER, "ours": MIDWAY}), "new")
    frame = frame.assign(operations_per_step=1.0, images_per_second=1.0)
    found = comparisons.all_differences(frame, {"digits": {"fid": {}}}, {"new": "old", "ours": "old"})
    rows = {(row["method"], row["column"]): row for row in comparisons.within_settings(found, "baseline")}
    foreign, own = (rows[name, "fid"]["difference"] for name in ("new", "ours"))
    assert (foreign["design"], foreign["runs"], foreign["n"]) == ("unpaired", [8, 8], 16)
    assert (own["design"], own["runs"], own["n"]) == ("paired", [8, 8], 8)
    expected = _effect((BETTER, OLD))
    assert foreign["mean"] == pytest.approx(expected.mean)
    assert foreign["p_value"] == pytest.approx(expected.p_value())
    pooled = {(row["method"], row["column"]): row for row in comparisons.over_settings(found, "baseline")}
    assert pooled["new", "fid"]["difference"]["low"] == pytest.approx(foreign["low"])
