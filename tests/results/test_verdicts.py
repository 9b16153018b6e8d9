"""The rule of verdicts: planted effects, nulls, what must stay undecided, and the seeds that decide it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.levels import LEVEL, fewest_seeds
from ganmatrix.results.statistics import Pooled, Scale, pool, sign_flip, split
from ganmatrix.results.verdicts import POWER, Comparison, Corrected, Trial, decide, seeds_needed
from helpers.planted_effects import (
    BETTER,
    MIDWAY,
    OLD,
    diverge,
    judged,
    runs_of,
    with_divergence,
)


def test_a_planted_effect_is_reproduced():
    row = judged(runs_of({"new": BETTER, "old": OLD}))
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)))
    assert row["low"] > 1.0
    assert (row["pairs"], row["missing_pairs"], row["lost_runs"]) == (8, 0, "")


def test_the_same_effect_in_the_other_direction_is_contradicted():
    assert judged(runs_of({"new": BETTER, "old": OLD}), direction="higher")["verdict"] == "contradicted"


def test_no_effect_is_contradicted_if_precise_and_inconclusive_if_noisy():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    assert judged(runs_of({"new": list(OLD + 0.02 * noise), "old": OLD}))["verdict"] == "contradicted"
    assert judged(runs_of({"new": list(OLD + noise), "old": OLD}))["verdict"] == "inconclusive"


def test_relative_effects_are_shares_of_the_baseline():
    row = judged(runs_of({"new": BETTER, "old": OLD}), effect="relative", smallest_effect=0.1)
    assert row["effect"] == pytest.approx(1 - np.exp(np.mean(np.log(np.divide(BETTER, OLD)))))
    assert row["verdict"] == "reproduced"
    assert row["low"] < row["effect"] < row["high"]


def test_a_score_that_is_doubled_is_as_far_from_none_as_one_that_is_halved():
    doubled, halved = (
        judged(
            runs_of({"new": [factor * old for old in OLD], "old": OLD}),
            effect="relative",
            smallest_effect=0.1,
            direction=direction,
        )
        for factor, direction in ((2.0, "higher"), (0.5, "lower"))
    )
    assert (doubled["effect"], halved["effect"]) == pytest.approx((1.0, 0.5))
    assert doubled["effect_size"] == halved["effect_size"] or doubled[["effect_size"]].isna().all()
    worse = judged(
        runs_of({"new": [2 * old for old in OLD], "old": OLD}), effect="relative", smallest_effect=0.1
    )
    assert worse["effect"] == pytest.approx(-1.0)


def test_a_relative_effect_of_a_value_that_is_not_positive_is_inconclusive():
    row = judged(runs_of({"new": BETTER, "old": [0.0, *OLD[1:]]}), effect="relative", smallest_effect=0.1)
    assert row["verdict"] == "inconclusive"
    assert "not positive" in row["reason"]


def test_the_control_must_be_beaten_too():
    row = judged(runs_of({"new": BETTER, "old": OLD, "control": MIDWAY}), control="control")
    assert row["verdict"] == "reproduced"
    assert row["control_low"] > 0


@pytest.mark.parametrize(
    "control", [[b + d for b, d in zip(BETTER, [0.1, -0.1] * 4, strict=True)], [b - 5 for b in BETTER]]
)
def test_a_gain_that_the_control_has_too_is_not_the_ideas(control):
    row = judged(runs_of({"new": BETTER, "old": OLD, "control": control}), control="control")
    assert row["verdict"] == "not the idea's"
    assert row["reason"].endswith("but the control control has such a gain too")
    assert row["p_shared"] == row["p_shared_holm"] <= LEVEL


def test_a_gain_of_which_the_control_may_have_some_is_undecided():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    row = judged(
        runs_of({"new": BETTER, "old": OLD, "control": list(np.array(BETTER) + 3 + noise)}), control="control"
    )
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("but the control control may be equally good")


def test_five_pairs_decide_nothing():
    row = judged(runs_of({"new": BETTER[:5], "old": OLD[:5]}))
    assert (row["verdict"], row["reason"]) == ("inconclusive", "there are 5 pairs with old; 6 are needed")


def test_pairs_that_are_all_equal_decide_nothing():
    row = judged(runs_of({"new": OLD, "old": OLD}))
    assert row["verdict"] == "inconclusive"
    assert "cannot distinguish" in row["reason"]


def test_divergence_is_counted_named_and_never_flatters():
    frame = diverge(runs_of({"new": BETTER, "old": OLD}), "digits-a-new-3")
    row = judged(frame)
    assert row["verdict"] == "inconclusive"
    assert (row["pairs"], row["missing_pairs"]) == (7, 1)
    assert row["lost_runs"] == "digits-a-new-3 (diverged at step 40: non_finite_loss)"


def test_divergence_of_the_baseline_does_not_stand_against_the_method():
    frame = diverge(runs_of({"new": BETTER, "old": OLD}), "digits-a-old-3")
    assert judged(frame)["verdict"] == "reproduced"
    assert judged(frame, direction="higher")["verdict"] == "inconclusive"


def test_a_cost_that_stays_below_its_bound_is_reproduced():
    """A count of operations is the same for every seed; six of them are sure enough for one claim."""
    costs = {"old": [10.0] * 6, "new": [11.9] * 6}
    bound = {"direction": "higher", "effect": "relative", "smallest_effect": None}
    row = judged(runs_of(costs), **bound, at_most=0.25)
    assert (row["verdict"], row["at_most"], row["smallest_effect"]) == ("reproduced", 0.25, 0.25)
    assert (row["low"], row["effect"], row["high"]) == pytest.approx((0.19, 0.19, 0.19))
    assert row["reason"].startswith("the effect is below the allowed maximum")
    assert judged(runs_of(costs), **bound, at_most=0.1)["verdict"] == "contradicted"
    few = {name: values[:5] for name, values in costs.items()}
    assert judged(runs_of(few), **bound, at_most=0.1)["verdict"] == "inconclusive"


def test_a_value_beyond_the_end_of_training_leaves_no_mean():
    row = judged(runs_of({"new": BETTER, "old": [30.0, np.inf, *OLD[2:]]}))
    assert (row["verdict"], row["pairs"], row["scope"]) == ("inconclusive", 0, "")
    assert row["reason"].startswith("in 1 of 8 pairs with old training ended before the target was reached")
    assert row["lost_runs"] == "digits-a-old-1 (beyond the end of training)"


def test_divergence_is_judged_by_mcnemars_exact_test():
    claim = {"metric": "diverged", "smallest_effect": 0.0}
    row = judged(with_divergence(1, 9), **claim)
    assert row["effect"] == pytest.approx(8 / 12)
    assert row["p_value"] == pytest.approx(scipy.stats.binomtest(9, 10, alternative="greater").pvalue)
    assert (row["verdict"], row["pairs"]) == ("reproduced", 12)
    assert judged(with_divergence(9, 1), **claim)["verdict"] == "contradicted"
    assert judged(with_divergence(1, 4), **claim)["verdict"] == "inconclusive"
    assert "cannot distinguish" in judged(with_divergence(0, 0), **claim)["reason"]


def test_the_p_value_of_a_claim_with_a_control_is_the_larger_one():
    row = judged(runs_of({"new": BETTER, "old": OLD, "control": MIDWAY}), control="control")
    assert row["p_value"] >= row["control_p_value"]
    assert row["p_value"] == max(
        row["control_p_value"], judged(runs_of({"new": BETTER, "old": OLD}))["p_value"]
    )


@pytest.mark.parametrize(
    ("p_for", "p_against", "verdict"),
    [
        (LEVEL, 1.0, "reproduced"),
        (1.0, LEVEL, "contradicted"),
        (LEVEL + 1e-9, 1.0, "inconclusive"),
        (1.0, LEVEL + 1e-9, "inconclusive"),
    ],
)
def test_the_bounds_of_the_rule(p_for, p_against, verdict):
    effect = Pooled(1.5, 0, 0, {("digits", "a"): np.ones(5)})
    trial = Trial(Comparison("old", pd.Series(dtype=float), effect, Scale(), False, p_for, p_against))
    assert decide(trial, Corrected(p_for, p_against)).outcome == verdict


def test_a_control_that_lost_fewer_runs_casts_doubt():
    """The method lost as many as its baseline, so that only the comparison with the control is flattered."""
    frame = runs_of({"new": BETTER, "old": OLD, "control": MIDWAY})
    row = judged(diverge(frame, "digits-a-new-4", "digits-a-old-4"), control="control")
    assert (row["verdict"], row["control_pairs"]) == ("inconclusive", 7)
    assert row["reason"].endswith("but fewer runs of control diverged")
    row = judged(diverge(frame, "digits-a-new-4", "digits-a-old-4", "digits-a-control-4"), control="control")
    assert row["verdict"] == "reproduced"


def test_counts_have_no_interval_no_deviation_and_reasons_of_their_own():
    one, other = (with_divergence(method, 9).assign(architecture=a) for method, a in ((1, "a"), (2, "b")))
    claim = {"metric": "diverged", "smallest_effect": 0.0}
    row = judged(pd.concat([one, other]), **claim)
    assert row[["low", "high", "effect_size", "effect_size_low"]].isna().all()
    assert row["reason"] == "the effect exceeds the threshold, by more than chance explains"
    assert judged(with_divergence(1, 4), **claim)["reason"] == "chance explains such counts as well"


SPREAD = np.array([-1.0, 0.0, 1.0])


def _against(mean: float, *, settings: int = 1) -> Comparison:
    """Three pairs a setting with this mean and a standard deviation of 1."""
    index = pd.MultiIndex.from_product(
        [["digits"], [f"a{i}" for i in range(settings)], range(3)], names=["dataset", "architecture", "seed"]
    )
    pairs = pd.Series(np.tile(mean + SPREAD, settings), index=index)
    return Comparison("old", pairs, pool(split(pairs)), Scale())


@pytest.mark.parametrize("settings", [1, 2])
@pytest.mark.parametrize("distance", [1.2, 0.8])
def test_so_many_seeds_decide_in_four_of_five_cases_at_the_level_that_is_used(settings, distance):
    level, draws = LEVEL / 15, 600
    needed = seeds_needed(Trial(_against(1.0 + distance, settings=settings)), 1.0, level)
    rng = np.random.default_rng(0)
    drawn = rng.normal(distance, 1, size=(draws, settings * needed)) / needed / settings
    power = np.mean([sign_flip(each) <= level for each in drawn])
    assert power == pytest.approx(POWER, abs=0.06)


def test_fewer_seeds_than_any_outcome_needs_are_never_enough():
    level = LEVEL / 15
    assert fewest_seeds(1, level) == 10
    assert fewest_seeds(2, level) == 5
    assert seeds_needed(Trial(_against(5000.0)), 1.0, level) == 10
    assert seeds_needed(Trial(_against(5000.0, settings=2)), 1.0, level) == 5


def test_it_takes_more_seeds_to_beat_the_control_too():
    alone = seeds_needed(Trial(_against(2.0)), 1.0, LEVEL)
    assert seeds_needed(Trial(_against(2.0), _against(0.2)), 1.0, LEVEL) > alone
    assert seeds_needed(Trial(_against(2.0), _against(-0.2)), 1.0, LEVEL) is None


def test_a_control_has_no_say_where_the_effect_falls_short():
    alone = seeds_needed(Trial(_against(0.5)), 1.0, LEVEL)
    assert seeds_needed(Trial(_against(0.5), _against(-0.2)), 1.0, LEVEL) == alone


def test_nothing_is_foretold_without_spread_of_counts_or_beyond_a_thousand_seeds():
    one = _against(2.0)
    single = replace(one, effect=pool(split(one.pairs.iloc[:1])))
    assert seeds_needed(Trial(single), 1.0, LEVEL) is None
    assert seeds_needed(Trial(replace(one, counts=True)), 1.0, LEVEL) is None
    assert seeds_needed(Trial(_against(1.001)), 1.0, LEVEL) is None
