"""The rule of adjudication: planted effects, nulls, and everything that must stay undecided."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from stated import STATED

from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.inference import Error, Pooled
from ganmatrix.results.verdicts import LEVEL, Comparison, Trial, decide

PROTOCOLS = {"digits": {"fid": {}}, "ring8": {"modes": {}}}


def _claim(**changes: object) -> Claim:
    fields = {
        **STATED,
        "metric": "fid",
        "method": "new",
        "baseline": "old",
        "direction": "lower",
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


OLD = [30.0, 31.0, 29.0, 30.5]
BETTER = [25.0, 26.3, 24.1, 25.4]


def test_a_planted_effect_is_reproduced():
    row = _judge(_runs({"new": BETTER, "old": OLD}))
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)))
    assert row["low"] > 1.0
    assert (row["pairs"], row["missing_pairs"], row["lost_runs"]) == (4, 0, "")


def test_the_same_effect_in_the_other_direction_is_contradicted():
    assert _judge(_runs({"new": BETTER, "old": OLD}), direction="higher")["verdict"] == "contradicted"


def test_no_effect_is_contradicted_if_precise_and_inconclusive_if_noisy():
    assert _judge(_runs({"new": [30.1, 30.9, 29.0, 30.5], "old": OLD}))["verdict"] == "contradicted"
    assert _judge(_runs({"new": [35.0, 24.0, 33.0, 28.0], "old": OLD}))["verdict"] == "inconclusive"


def test_relative_effects_are_shares_of_the_baseline():
    row = _judge(_runs({"new": BETTER, "old": OLD}), effect="relative", smallest_effect=0.1)
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)) / np.mean(OLD))
    assert row["verdict"] == "reproduced"


def test_a_relative_effect_over_a_mean_that_is_not_positive_is_inconclusive():
    row = _judge(_runs({"new": BETTER, "old": [-1.0, 0.0, 0.5, 0.5]}), effect="relative")
    assert row["verdict"] == "inconclusive"
    assert "not positive" in row["reason"]


def test_the_control_must_be_beaten_too():
    scores = {"new": BETTER, "old": OLD, "control": [25.1, 26.2, 24.0, 25.5]}
    row = _judge(_runs(scores), control="control")
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("control, which lacks the idea, may be as good")
    scores["control"] = [20.1, 21.2, 19.0, 20.5]
    row = _judge(_runs(scores), control="control")
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("control, which lacks the idea, is better")
    scores["control"] = [27.0, 28.1, 26.0, 27.3]
    row = _judge(_runs(scores), control="control")
    assert row["verdict"] == "reproduced"
    assert row["control_low"] > 0


def test_two_pairs_decide_nothing():
    row = _judge(_runs({"new": BETTER[:2], "old": OLD[:2]}))
    assert (row["verdict"], row["reason"]) == ("inconclusive", "there are 2 pairs with old; 3 are needed")


def test_pairs_that_are_all_equal_decide_nothing():
    row = _judge(_runs({"new": OLD, "old": OLD}))
    assert row["verdict"] == "inconclusive"
    assert "tells nothing apart" in row["reason"]


def test_divergence_is_counted_named_and_never_flatters():
    frame = _diverge(_runs({"new": BETTER, "old": OLD}), "digits-a-new-3")
    row = _judge(frame)
    assert row["verdict"] == "inconclusive"
    assert (row["pairs"], row["missing_pairs"]) == (3, 1)
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
    assert (row["pairs"], row["missing_pairs"]) == (4, 0)


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
    assert _judge(_runs({"new": BETTER, "old": OLD}), metric="wall_seconds")["pairs"] == 4


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
    costs = {"old": [10.0, 11.0, 12.0], "new": [11.9, 13.0, 14.4]}
    bound = {"direction": "higher", "effect": "relative", "smallest_effect": None}
    row = _judge(_runs(costs), **bound, at_most=0.25)
    assert (row["verdict"], row["at_most"], row["smallest_effect"]) == ("reproduced", 0.25, 0.25)
    assert row["effect"] == pytest.approx(2.1 / 11, abs=0.01)
    assert row["reason"].startswith("it is less than the claim allows")
    assert _judge(_runs(costs), **bound, at_most=0.1)["verdict"] == "contradicted"
    assert _judge(_runs(costs), **bound, at_most=0.19)["verdict"] == "inconclusive"


def test_an_effect_is_the_mean_over_settings_with_the_noise_over_seeds():
    """Settings that differ widely in their effect take nothing from what is sure within each."""
    frame = _runs_of(
        a={"old": [30.0, 31.0, 29.0], "new": [28.0, 29.2, 26.9]},
        b={"old": [90.0, 91.0, 92.0], "new": [60.0, 61.2, 61.9]},
    )
    row = _judge(frame)
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx((1.9667 + 29.9667) / 2, abs=1e-3)
    assert (row["settings"], row["settings_holding"]) == (2, 2)
    assert row["settings_low"] < 0 < row["low"]
    assert row["scope"] == "digits x a, digits x b; seeds 0, 1, 2"


def test_a_setting_with_one_pair_is_outside_the_scope():
    frame = _diverge(
        _runs_of(a={"old": OLD, "new": BETTER}, b={"old": OLD[:2], "new": BETTER[:2]}), "digits-b-old-1"
    )
    row = _judge(frame)
    assert (row["scope"], row["pairs"], row["missing_pairs"]) == ("digits x a; seeds 0, 1, 2, 3", 4, 2)
    assert row["lost_runs"].startswith("digits-b-old-1 (diverged")


def test_one_seed_decides_nothing_in_however_many_settings():
    settings = {name: {"old": [30.0 + i], "new": [25.0 + 2 * i]} for i, name in enumerate("abcd")}
    row = _judge(_runs_of(**settings))
    assert (row["verdict"], row["pairs"]) == ("inconclusive", 4)
    assert (
        row["reason"] == "no setting has two pairs with old, so that there is no noise over seeds to judge by"
    )
    assert np.isnan(row["p_value"])


def test_differences_that_do_not_vary_decide_nothing():
    row = _judge(_runs({"new": [25.0, 26.0, 27.0], "old": [30.0, 31.0, 32.0]}))
    assert row["verdict"] == "inconclusive"
    assert "do not vary" in row["reason"]


def test_a_value_beyond_the_end_of_training_leaves_no_mean():
    row = _judge(_runs({"new": [25.0, 26.0, 24.0, 25.0], "old": [30.0, np.inf, 31.0, 32.0]}))
    assert (row["verdict"], row["pairs"], row["scope"]) == ("inconclusive", 0, "")
    assert row["reason"].startswith("in 1 of 4 pairs with old a value lies beyond the end of training")
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


def test_holms_correction_is_over_all_claims_that_were_tested():
    frame = _runs({"new": [27.1, 27.9, 27.2, 27.8], "old": [30.0, 31.0, 29.0, 30.5]})
    claims = {"a": _claim(), "gone": _claim(baseline="gone")}
    alone = adjudicate(claims, frame, PROTOCOLS).set_index("claim").loc["a"]
    assert (alone["verdict"], alone["p_holm"]) == ("reproduced", alone["p_value"])
    claims |= {f"equal_{i}": _claim(method="old", baseline="same") for i in range(4)}
    same = frame[frame["method"] == "old"].assign(method="same")
    row = adjudicate(claims, pd.concat([frame, same]), PROTOCOLS).set_index("claim").loc["a"]
    assert row["p_holm"] == pytest.approx(5 * row["p_value"])
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("if it were the only claim, not after Holm's correction")


def test_the_p_value_of_a_claim_with_a_control_is_the_larger_one():
    row = _judge(_runs({"new": BETTER, "old": OLD, "control": [27.0, 28.1, 26.0, 27.3]}), control="control")
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
    pairs = pd.Series(dtype=float)
    effect = Pooled(1.5, 1.1, 1.9, 5, 0, 0, {("d", "a"): Error(0.1, 4)}, {})
    trial = Trial(Comparison("old", pairs, effect, p_for, p_against))
    assert decide(trial, p_for, p_against).outcome == verdict


def test_a_control_that_lost_fewer_runs_casts_doubt():
    """The method lost as many as its baseline, so that only the comparison with the control is flattered."""
    scores = {name: [*each, each[0] + 0.1] for name, each in (("new", BETTER), ("old", OLD))}
    frame = _runs(scores | {"control": [27.0, 28.1, 26.0, 27.3, 27.1]})
    row = _judge(_diverge(frame, "digits-a-new-4", "digits-a-old-4"), control="control")
    assert (row["verdict"], row["control_pairs"]) == ("inconclusive", 4)
    assert row["reason"].endswith("but fewer runs of control diverged")
    row = _judge(_diverge(frame, "digits-a-new-4", "digits-a-old-4", "digits-a-control-4"), control="control")
    assert row["verdict"] == "reproduced"


def test_seeds_needed_are_those_at_holms_level_and_of_undecided_claims_alone():
    frame = _runs({"new": [28.5, 29.9, 27.0, 29.5], "old": OLD})
    alone = _judge(frame)
    assert alone["verdict"] == "inconclusive"
    family = {f"c{i}": _claim() for i in range(12)}
    of_twelve = adjudicate(family, frame, PROTOCOLS)["seeds_needed"]
    assert (of_twelve > alone["seeds_needed"]).all()
    assert pd.isna(_judge(_runs({"new": BETTER, "old": OLD}))["seeds_needed"])
    assert pd.isna(_judge(_runs({"new": BETTER[:2], "old": OLD[:2]}))["seeds_needed"])


def test_a_setting_holds_a_cost_that_stays_below_its_bound():
    frame = _runs_of(
        a={"old": [10.0, 11.0, 12.0], "new": [11.0, 12.2, 13.1]},
        b={"old": [10.0, 11.0, 12.0], "new": [15.0, 16.2, 18.1]},
    )
    row = _judge(frame, direction="higher", effect="relative", smallest_effect=None, at_most=0.25)
    assert (row["settings"], row["settings_holding"]) == (2, 1)


def test_counts_have_no_t_interval_no_deviation_and_reasons_of_their_own():
    one, other = (_divergent(method, 9).assign(architecture=a) for method, a in ((1, "a"), (2, "b")))
    claim = {"metric": "diverged", "smallest_effect": 0.0}
    row = _judge(pd.concat([one, other]), **claim)
    assert (
        row[["low", "high", "settings_low", "settings_high", "effect_size", "effect_size_low"]].isna().all()
    )
    assert row["reason"] == "it is more than the smallest effect, by more than chance gives"
    assert _judge(_divergent(1, 4), **claim)["reason"] == "chance explains such counts as well"


def test_a_missing_value_is_named_with_its_reason():
    frame = _runs({"new": [*BETTER[:3], np.nan], "old": OLD})
    reasons = {("digits-a-new-3", "fid"): "features were not finite"}
    row = adjudicate({"c": _claim()}, frame, PROTOCOLS, reasons=reasons).iloc[0]
    assert row["lost_runs"] == "digits-a-new-3 (features were not finite)"
