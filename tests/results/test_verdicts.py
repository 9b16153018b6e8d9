"""The rule of adjudication: planted effects, nulls, and everything that must stay undecided."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from stated import STATED

from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.inference import Pooled
from ganmatrix.results.learned import LEARNED, learned
from ganmatrix.results.levels import LEVEL
from ganmatrix.results.statistics import Scale
from ganmatrix.results.verdicts import Comparison, Corrected, Trial, decide

PROTOCOLS = {"digits": {"fid": {}}, "ring8": {"modes": {}}}


def _claim(**changes: object) -> Claim:
    fields = {
        **STATED,
        "metric": "fid",
        "method": "new",
        "baseline": "old",
        "direction": "lower",
        "effect": "difference",
        "smallest_effect": 1.0,
    }
    return Claim(**(fields | changes))


def _runs(scores: dict[str, list[float]], dataset: str = "digits", column: str = "fid") -> pd.DataFrame:
    rows = [
        {
            "run": f"{dataset}-a-{method}-{seed}",
            "dataset": dataset,
            "architecture": "a",
            "method": method,
            "seed": seed,
            "outcome": "completed",
            "outcome_reason": None,
            "outcome_step": None,
            "wall_seconds": 9.0,
            "cpu_seconds": 8.0,
            column: value,
        }
        for method, values in scores.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def _diverge(frame: pd.DataFrame, *runs: str) -> pd.DataFrame:
    frame = frame.astype({"outcome_reason": object, "outcome_step": object})
    hit = frame["run"].isin(runs)
    frame.loc[hit, ["outcome", "outcome_reason", "outcome_step"]] = ["diverged", "non_finite_loss", 40]
    frame.loc[hit, "fid"] = np.nan
    return frame


def _judge(frame: pd.DataFrame, **changes: object) -> pd.Series:
    return adjudicate({"c": _claim(**changes)}, frame, PROTOCOLS).iloc[0]


OLD = [30.0, 31.0, 29.0, 30.5, 29.8, 30.2, 30.9, 29.4]
BETTER = [25.0, 26.3, 24.1, 25.4, 24.9, 25.3, 26.1, 24.4]
MIDWAY = [27.0, 28.1, 26.0, 27.3, 26.9, 27.4, 28.0, 26.5]


def test_a_planted_effect_is_reproduced():
    row = _judge(_runs({"new": BETTER, "old": OLD}))
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)))
    assert row["low"] > 1.0
    assert (row["pairs"], row["missing_pairs"], row["lost_runs"]) == (8, 0, "")


def test_the_same_effect_in_the_other_direction_is_contradicted():
    assert _judge(_runs({"new": BETTER, "old": OLD}), direction="higher")["verdict"] == "contradicted"


def test_no_effect_is_contradicted_if_precise_and_inconclusive_if_noisy():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    assert _judge(_runs({"new": list(OLD + 0.02 * noise), "old": OLD}))["verdict"] == "contradicted"
    assert _judge(_runs({"new": list(OLD + noise), "old": OLD}))["verdict"] == "inconclusive"


def test_relative_effects_are_shares_of_the_baseline():
    row = _judge(_runs({"new": BETTER, "old": OLD}), effect="relative", smallest_effect=0.1)
    assert row["effect"] == pytest.approx(1 - np.exp(np.mean(np.log(np.divide(BETTER, OLD)))))
    assert row["verdict"] == "reproduced"
    assert row["low"] < row["effect"] < row["high"]


def test_a_score_that_is_doubled_is_as_far_from_none_as_one_that_is_halved():
    doubled, halved = (
        _judge(
            _runs({"new": [factor * old for old in OLD], "old": OLD}),
            effect="relative",
            smallest_effect=0.1,
            direction=direction,
        )
        for factor, direction in ((2.0, "higher"), (0.5, "lower"))
    )
    assert (doubled["effect"], halved["effect"]) == pytest.approx((1.0, 0.5))
    assert doubled["effect_size"] == halved["effect_size"] or doubled[["effect_size"]].isna().all()
    worse = _judge(
        _runs({"new": [2 * old for old in OLD], "old": OLD}), effect="relative", smallest_effect=0.1
    )
    assert worse["effect"] == pytest.approx(-1.0)


def test_a_relative_effect_of_a_value_that_is_not_positive_is_inconclusive():
    row = _judge(_runs({"new": BETTER, "old": [0.0, *OLD[1:]]}), effect="relative", smallest_effect=0.1)
    assert row["verdict"] == "inconclusive"
    assert "not positive" in row["reason"]


def test_the_control_must_be_beaten_too():
    row = _judge(_runs({"new": BETTER, "old": OLD, "control": MIDWAY}), control="control")
    assert row["verdict"] == "reproduced"
    assert row["control_low"] > 0


@pytest.mark.parametrize(
    "control", [[b + d for b, d in zip(BETTER, [0.1, -0.1] * 4, strict=True)], [b - 5 for b in BETTER]]
)
def test_a_gain_that_the_control_has_too_is_not_the_ideas(control):
    row = _judge(_runs({"new": BETTER, "old": OLD, "control": control}), control="control")
    assert row["verdict"] == "not the idea's"
    assert row["reason"].endswith("but so is the gain of control, which lacks the idea")
    assert row["p_shared"] == row["p_shared_holm"] <= LEVEL


def test_a_gain_of_which_the_control_may_have_some_is_undecided():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    row = _judge(
        _runs({"new": BETTER, "old": OLD, "control": list(np.array(BETTER) + 3 + noise)}), control="control"
    )
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("but control, which lacks the idea, may be as good")


def test_five_pairs_decide_nothing():
    row = _judge(_runs({"new": BETTER[:5], "old": OLD[:5]}))
    assert (row["verdict"], row["reason"]) == ("inconclusive", "there are 5 pairs with old; 6 are needed")


def test_pairs_that_are_all_equal_decide_nothing():
    row = _judge(_runs({"new": OLD, "old": OLD}))
    assert row["verdict"] == "inconclusive"
    assert "tells nothing apart" in row["reason"]


def test_divergence_is_counted_named_and_never_flatters():
    frame = _diverge(_runs({"new": BETTER, "old": OLD}), "digits-a-new-3")
    row = _judge(frame)
    assert row["verdict"] == "inconclusive"
    assert (row["pairs"], row["missing_pairs"]) == (7, 1)
    assert row["lost_runs"] == "digits-a-new-3 (diverged at step 40: non_finite_loss)"


def test_divergence_of_the_baseline_does_not_stand_against_the_method():
    frame = _diverge(_runs({"new": BETTER, "old": OLD}), "digits-a-old-3")
    assert _judge(frame)["verdict"] == "reproduced"
    assert _judge(frame, direction="higher")["verdict"] == "inconclusive"


def test_datasets_without_the_metric_are_not_missing_pairs():
    frame = pd.concat(
        [_runs({"new": BETTER, "old": OLD}), _runs({"new": [8.0], "old": [8.0]}, "ring8", "modes")]
    )
    row = _judge(frame)
    assert (row["pairs"], row["missing_pairs"]) == (8, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric": "recall"}, "no run has a column recall"),
        ({"baseline": "gone"}, "not in the grid: gone"),
        ({"control": "gone"}, "not in the grid: gone"),
    ],
)
def test_what_was_not_measured_is_not_tested(change, reason):
    row = _judge(_runs({"new": BETTER, "old": OLD}), **change)
    assert (row["verdict"], row["reason"]) == ("not tested", reason)


def test_costs_can_be_claimed_although_they_carry_no_protocol():
    assert _judge(_runs({"new": BETTER, "old": OLD}), metric="wall_seconds")["pairs"] == 8


def test_no_claims_give_an_empty_table_of_the_same_columns():
    empty = adjudicate({}, _runs({"new": BETTER, "old": OLD}), PROTOCOLS)
    full = adjudicate({"c": _claim()}, _runs({"new": BETTER, "old": OLD}), PROTOCOLS)
    assert empty.empty
    assert list(empty.columns) == list(full.columns)
    assert list(empty.dtypes) == list(full.dtypes)


def _runs_of(**scores: dict[str, list[float]]) -> pd.DataFrame:
    """Runs of several architectures of one dataset."""
    frames = [_runs(of).assign(architecture=architecture) for architecture, of in scores.items()]
    frame = pd.concat(frames, ignore_index=True)
    frame["run"] = frame["dataset"] + "-" + frame["architecture"] + frame["run"].str[len("digits-a") :]
    return frame


def test_a_cost_that_stays_below_its_bound_is_reproduced():
    """A count of operations is the same for every seed; six of them are sure enough for one claim."""
    costs = {"old": [10.0] * 6, "new": [11.9] * 6}
    bound = {"direction": "higher", "effect": "relative", "smallest_effect": None}
    row = _judge(_runs(costs), **bound, at_most=0.25)
    assert (row["verdict"], row["at_most"], row["smallest_effect"]) == ("reproduced", 0.25, 0.25)
    assert (row["low"], row["effect"], row["high"]) == pytest.approx((0.19, 0.19, 0.19))
    assert row["reason"].startswith("it is less than the claim allows")
    assert _judge(_runs(costs), **bound, at_most=0.1)["verdict"] == "contradicted"
    few = {name: values[:5] for name, values in costs.items()}
    assert _judge(_runs(few), **bound, at_most=0.1)["verdict"] == "inconclusive"


def test_an_effect_is_the_mean_over_settings_with_the_noise_over_seeds():
    frame = _runs_of(
        a={"old": [30.0, 31.0, 29.0, 30.2], "new": [28.0, 29.2, 26.9, 28.1]},
        b={"old": [90.0, 91.0, 92.0, 90.5], "new": [60.0, 61.2, 61.9, 60.1]},
    )
    row = _judge(frame)
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx((2.0 + 30.075) / 2, abs=1e-3)
    assert (row["settings"], row["settings_holding"]) == (2, 2)
    assert 1.0 < row["low"] < row["effect"]
    assert row["scope"] == "digits x a, digits x b; seeds 0, 1, 2, 3"


def test_a_value_beyond_the_end_of_training_leaves_no_mean():
    row = _judge(_runs({"new": BETTER, "old": [30.0, np.inf, *OLD[2:]]}))
    assert (row["verdict"], row["pairs"], row["scope"]) == ("inconclusive", 0, "")
    assert row["reason"].startswith("in 1 of 8 pairs with old a value lies beyond the end of training")
    assert row["lost_runs"] == "digits-a-old-1 (beyond the end of training)"


def _divergent(method: int, opponent: int, seeds: int = 12) -> pd.DataFrame:
    frame = _runs({"new": [1.0] * seeds, "old": [1.0] * seeds})
    lost = [f"digits-a-new-{i}" for i in range(method)] + [
        f"digits-a-old-{seeds - 1 - i}" for i in range(opponent)
    ]
    return _diverge(frame, *lost)


def test_divergence_is_judged_by_mcnemars_exact_test():
    claim = {"metric": "diverged", "smallest_effect": 0.0}
    row = _judge(_divergent(1, 9), **claim)
    assert row["effect"] == pytest.approx(8 / 12)
    assert row["p_value"] == pytest.approx(scipy.stats.binomtest(9, 10, alternative="greater").pvalue)
    assert (row["verdict"], row["pairs"]) == ("reproduced", 12)
    assert _judge(_divergent(9, 1), **claim)["verdict"] == "contradicted"
    assert _judge(_divergent(1, 4), **claim)["verdict"] == "inconclusive"
    assert "tells nothing apart" in _judge(_divergent(0, 0), **claim)["reason"]


def test_holms_correction_is_over_all_claims_that_can_be_decided():
    frame = _runs({"new": [27.1, 27.9, 27.2, 29.8, 26.9, 27.5, 28.1, 26.4], "old": OLD})
    claims = {"a": _claim(), "gone": _claim(baseline="gone")}
    alone = adjudicate(claims, frame, PROTOCOLS).set_index("claim").loc["a"]
    assert (alone["verdict"], alone["p_holm"]) == ("reproduced", alone["p_value"])
    noisy = [o + d for o, d in zip(OLD, [3.0, -2.0, 4.0, -5.0, 1.0, 2.5, -1.5, -3.5], strict=True)]
    others = frame[frame["method"] == "old"].assign(method="noisy", fid=noisy)
    claims |= {f"noisy_{i}": _claim(method="noisy") for i in range(4)}
    row = adjudicate(claims, pd.concat([frame, others]), PROTOCOLS).set_index("claim").loc["a"]
    assert row["p_holm"] == pytest.approx(5 * row["p_value"])
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("if it were the only claim, not after Holm's correction")
    # No run diverged, so that claims of divergence can say nothing and take nothing from the others.
    claims = {"a": _claim()} | {f"d{i}": _claim(metric="diverged", smallest_effect=0.0) for i in range(4)}
    row = adjudicate(claims, frame, PROTOCOLS).set_index("claim").loc["a"]
    assert (row["verdict"], row["p_holm"]) == ("reproduced", row["p_value"])


def test_a_claim_that_is_not_finished_counts_with_the_others():
    frame = _runs({"new": BETTER, "old": OLD})
    late = frame[frame["method"] == "new"].assign(method="late", fid=np.nan)
    late["run"] = late["run"].str.replace("new", "late")
    claims = {"a": _claim(), "late": _claim(method="late")}
    rows = adjudicate(claims, pd.concat([frame, late]), PROTOCOLS, unfinished=set(late["run"])).set_index(
        "claim"
    )
    assert rows.loc["a", "p_holm"] == pytest.approx(2 * rows.loc["a", "p_value"])
    assert rows.loc["late", "reason"] == "8 of the 16 runs that it compares are not finished"


def test_the_p_value_of_a_claim_with_a_control_is_the_larger_one():
    row = _judge(_runs({"new": BETTER, "old": OLD, "control": MIDWAY}), control="control")
    assert row["p_value"] >= row["control_p_value"]
    assert row["p_value"] == max(
        row["control_p_value"], _judge(_runs({"new": BETTER, "old": OLD}))["p_value"]
    )


def test_one_method_only_tests_nothing():
    row = _judge(_runs({"new": BETTER}))
    assert (row["verdict"], row["reason"], row["pairs"]) == ("not tested", "not in the grid: old", 0)


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
    effect = Pooled(1.5, 5, 0, 0, {})
    trial = Trial(Comparison("old", pd.Series(dtype=float), effect, Scale(), False, p_for, p_against))
    assert decide(trial, Corrected(p_for, p_against)).outcome == verdict


def test_a_control_that_lost_fewer_runs_casts_doubt():
    """The method lost as many as its baseline, so that only the comparison with the control is flattered."""
    frame = _runs({"new": BETTER, "old": OLD, "control": MIDWAY})
    row = _judge(_diverge(frame, "digits-a-new-4", "digits-a-old-4"), control="control")
    assert (row["verdict"], row["control_pairs"]) == ("inconclusive", 7)
    assert row["reason"].endswith("but fewer runs of control diverged")
    row = _judge(_diverge(frame, "digits-a-new-4", "digits-a-old-4", "digits-a-control-4"), control="control")
    assert row["verdict"] == "reproduced"


def test_seeds_needed_are_those_at_holms_level_and_of_undecided_claims_alone():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    frame = _runs({"new": list(np.array(OLD) - 1.8 + 0.3 * noise), "old": OLD})
    alone = _judge(frame)
    assert alone["verdict"] == "inconclusive"
    family = {f"c{i}": _claim() for i in range(12)}
    of_twelve = adjudicate(family, frame, PROTOCOLS)["seeds_needed"]
    assert (of_twelve > alone["seeds_needed"]).all()
    assert pd.isna(_judge(_runs({"new": BETTER, "old": OLD}))["seeds_needed"])


def test_a_setting_holds_a_cost_that_stays_below_its_bound():
    frame = _runs_of(
        a={"old": [10.0, 11.0, 12.0], "new": [11.0, 12.2, 13.1]},
        b={"old": [10.0, 11.0, 12.0], "new": [15.0, 16.2, 18.1]},
    )
    row = _judge(frame, direction="higher", effect="relative", smallest_effect=None, at_most=0.25)
    assert (row["settings"], row["settings_holding"]) == (2, 1)


def test_counts_have_no_interval_no_deviation_and_reasons_of_their_own():
    one, other = (_divergent(method, 9).assign(architecture=a) for method, a in ((1, "a"), (2, "b")))
    claim = {"metric": "diverged", "smallest_effect": 0.0}
    row = _judge(pd.concat([one, other]), **claim)
    assert row[["low", "high", "effect_size", "effect_size_low"]].isna().all()
    assert row["reason"] == "it is more than the smallest effect, by more than chance gives"
    assert _judge(_divergent(1, 4), **claim)["reason"] == "chance explains such counts as well"


def test_a_missing_value_is_named_with_its_reason():
    frame = _runs({"new": [*BETTER[:3], np.nan, *BETTER[4:]], "old": OLD})
    reasons = {("digits-a-new-3", "fid"): "features were not finite"}
    row = adjudicate({"c": _claim()}, frame, PROTOCOLS, reasons=reasons).iloc[0]
    assert row["lost_runs"] == "digits-a-new-3 (features were not finite)"


def test_a_run_that_lies_far_from_its_kind_is_named():
    """On the scale of the test: three times as large is as far as a third."""
    for factor in (3, 1 / 3):
        frame = _runs({"new": [*BETTER[:3], factor * BETTER[3], *BETTER[4:]], "old": OLD, "other": OLD})
        frame.loc[frame["run"] == "digits-a-other-1", "fid"] *= 9
        assert _judge(frame, effect="relative", smallest_effect=0.1)["far_runs"] == "digits-a-new-3"
    assert _judge(_runs({"new": BETTER, "old": OLD}))["far_runs"] == ""


def test_runs_of_one_kind_are_seldom_called_far():
    draws = np.random.default_rng(0).lognormal(sigma=0.2, size=(200, 2, 15))
    called = [
        row["far_runs"]
        for new, old in draws
        for row in [_judge(_runs({"new": [*new], "old": [*old]}), effect="relative", smallest_effect=0.1)]
    ]
    assert sum(len(each.split("; ")) for each in called if each) <= 0.002 * draws.size


def _with_learned(frame: pd.DataFrame, untrained: float = 100.0, floor: float = 1.0) -> pd.DataFrame:
    frame = frame.rename(columns={"fid": "fid_inception_ema"}).assign(fid_inception_init=untrained)
    protocols = {"digits": {"fid_inception_init": {}, "fid_inception_ema": {}}}
    frame[LEARNED] = learned(
        frame, protocols, [{"dataset": "digits", "column": "fid_inception", "value": floor}]
    )
    return frame.rename(columns={"fid_inception_ema": "fid"})


def test_methods_that_have_not_learned_are_not_tested():
    frame = _runs({"new": BETTER, "old": OLD})
    assert _judge(_with_learned(frame))["verdict"] == "reproduced"
    row = _judge(_with_learned(frame, untrained=48.0))
    assert (row["verdict"], row["reason"]) == (
        "not tested",
        "neither new nor old has learned anything, in any setting",
    )


def test_a_method_that_fails_where_the_other_learns_is_judged():
    frame = _with_learned(_runs({"new": BETTER, "old": [95.0 + d for d in BETTER]}))
    assert _judge(frame)["verdict"] == "reproduced"


def test_half_the_way_to_the_floor_counts_as_learned():
    frame = _runs({"new": [50.0, 51.0], "old": [50.5, 52.0]})
    assert list(_with_learned(frame, 100.0, 0.0)[LEARNED]) == [True, False, False, False]
    assert list(_with_learned(frame, 100.0, 2.0)[LEARNED]) == [True, True, True, False]


def test_what_has_learned_cannot_be_told_without_the_untrained_generators_score():
    frame = _runs({"new": BETTER, "old": OLD}).rename(columns={"fid": "fid_inception_ema"})
    assert learned(frame, {"digits": {"fid_inception_ema": {}}}, []).isna().all()
    diverged = _diverge(_runs({"new": BETTER, "old": OLD}), "digits-a-new-3")
    assert _with_learned(diverged)[LEARNED].isna().sum() == 1
