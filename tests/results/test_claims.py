"""The table of claims: what is tested, on which runs, what was lost, and how the paper's setting differs."""

import numpy as np
import pandas as pd
import pytest

from ganmatrix.params import load
from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.matrix import LEARNED, learned
from ganmatrix.results.paper_settings import described, differences
from helpers.planted_effects import (
    BETTER,
    OLD,
    PROTOCOLS,
    a_claim,
    diverge,
    judged,
    runs_by_architecture,
    runs_of,
)
from helpers.stated import STATED

THEIRS = {
    "datasets": ["digits", "stl10"],
    "baseline": "NSGAN-0GP",
    "techniques": ["zero_gp"],
    "networks": ["resnet_sn"],
    "optimiser": "adam",
    "score": "fid_inception",
    "generator_steps": 20,
}
HERE = [("digits", "resnet_sn")]


def test_datasets_without_the_metric_are_not_missing_pairs():
    frame = pd.concat(
        [runs_of({"new": BETTER, "old": OLD}), runs_of({"new": [8.0], "old": [8.0]}, "ring8", "modes")]
    )
    row = judged(frame)
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
    row = judged(runs_of({"new": BETTER, "old": OLD}), **change)
    assert (row["verdict"], row["reason"]) == ("not tested", reason)


def test_costs_can_be_claimed_although_they_carry_no_protocol():
    assert judged(runs_of({"new": BETTER, "old": OLD}), metric="wall_seconds")["pairs"] == 8


def test_no_claims_give_an_empty_table_of_the_same_columns():
    empty = adjudicate({}, runs_of({"new": BETTER, "old": OLD}), PROTOCOLS)
    full = adjudicate({"c": a_claim()}, runs_of({"new": BETTER, "old": OLD}), PROTOCOLS)
    assert empty.empty
    assert list(empty.columns) == list(full.columns)
    assert list(empty.dtypes) == list(full.dtypes)


def test_an_effect_is_the_mean_over_settings_with_the_noise_over_seeds():
    frame = runs_by_architecture(
        a={"old": [30.0, 31.0, 29.0, 30.2], "new": [28.0, 29.2, 26.9, 28.1]},
        b={"old": [90.0, 91.0, 92.0, 90.5], "new": [60.0, 61.2, 61.9, 60.1]},
    )
    row = judged(frame)
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx((2.0 + 30.075) / 2, abs=1e-3)
    assert (row["settings"], row["settings_holding"]) == (2, 2)
    assert 1.0 < row["low"] < row["effect"]
    assert row["scope"] == "digits x a, digits x b; seeds 0, 1, 2, 3"


def test_a_setting_holds_a_cost_that_stays_below_its_bound():
    frame = runs_by_architecture(
        a={"old": [10.0, 11.0, 12.0], "new": [11.0, 12.2, 13.1]},
        b={"old": [10.0, 11.0, 12.0], "new": [15.0, 16.2, 18.1]},
    )
    row = judged(frame, direction="higher", effect="relative", smallest_effect=None, at_most=0.25)
    assert (row["settings"], row["settings_holding"]) == (2, 1)


def test_one_method_only_tests_nothing():
    row = judged(runs_of({"new": BETTER}))
    assert (row["verdict"], row["reason"], row["pairs"]) == ("not tested", "not in the grid: old", 0)


def test_holms_correction_is_over_all_claims_that_can_be_decided():
    frame = runs_of({"new": [27.1, 27.9, 27.2, 29.8, 26.9, 27.5, 28.1, 26.4], "old": OLD})
    claims = {"a": a_claim(), "gone": a_claim(baseline="gone")}
    alone = adjudicate(claims, frame, PROTOCOLS).set_index("claim").loc["a"]
    assert (alone["verdict"], alone["p_holm"]) == ("reproduced", alone["p_value"])
    noisy = [o + d for o, d in zip(OLD, [3.0, -2.0, 4.0, -5.0, 1.0, 2.5, -1.5, -3.5], strict=True)]
    others = frame[frame["method"] == "old"].assign(method="noisy", fid=noisy)
    claims |= {f"noisy_{i}": a_claim(method="noisy") for i in range(4)}
    row = adjudicate(claims, pd.concat([frame, others]), PROTOCOLS).set_index("claim").loc["a"]
    assert row["p_holm"] == pytest.approx(5 * row["p_value"])
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("not significant after Holm's correction")
    # No run diverged, so that claims of divergence can say nothing and take nothing from the others.
    claims = {"a": a_claim()} | {f"d{i}": a_claim(metric="diverged", smallest_effect=0.0) for i in range(4)}
    row = adjudicate(claims, frame, PROTOCOLS).set_index("claim").loc["a"]
    assert (row["verdict"], row["p_holm"]) == ("reproduced", row["p_value"])


def test_a_claim_that_is_not_finished_counts_with_the_others():
    frame = runs_of({"new": BETTER, "old": OLD})
    late = frame[frame["method"] == "new"].assign(method="late", fid=np.nan)
    late["run"] = late["run"].str.replace("new", "late")
    claims = {"a": a_claim(), "late": a_claim(method="late")}
    rows = adjudicate(claims, pd.concat([frame, late]), PROTOCOLS, unfinished=set(late["run"])).set_index(
        "claim"
    )
    assert rows.loc["a", "p_holm"] == pytest.approx(2 * rows.loc["a", "p_value"])
    assert rows.loc["late", "reason"] == "8 of the 16 runs that it compares are not finished"


def test_seeds_needed_are_those_at_holms_level_and_of_undecided_claims_alone():
    noise = np.array([5.0, -7.0, 4.0, -2.0, 6.0, -3.0, -1.0, 2.0])
    frame = runs_of({"new": list(np.array(OLD) - 1.8 + 0.3 * noise), "old": OLD})
    alone = judged(frame)
    assert alone["verdict"] == "inconclusive"
    family = {f"c{i}": a_claim() for i in range(12)}
    of_twelve = adjudicate(family, frame, PROTOCOLS)["seeds_needed"]
    assert (of_twelve > alone["seeds_needed"]).all()
    assert pd.isna(judged(runs_of({"new": BETTER, "old": OLD}))["seeds_needed"])


def test_a_missing_value_is_named_with_its_reason():
    frame = runs_of({"new": [*BETTER[:3], np.nan, *BETTER[4:]], "old": OLD})
    reasons = {("digits-a-new-3", "fid"): "features were not finite"}
    row = adjudicate({"c": a_claim()}, frame, PROTOCOLS, reasons=reasons).iloc[0]
    assert row["lost_runs"] == "digits-a-new-3 (features were not finite)"


def test_a_run_that_lies_far_from_its_kind_is_named():
    """On the scale of the test: three times as large is as far as a third."""
    for factor in (3, 1 / 3):
        frame = runs_of({"new": [*BETTER[:3], factor * BETTER[3], *BETTER[4:]], "old": OLD, "other": OLD})
        frame.loc[frame["run"] == "digits-a-other-1", "fid"] *= 9
        assert judged(frame, effect="relative", smallest_effect=0.1)["far_runs"] == "digits-a-new-3"
    assert judged(runs_of({"new": BETTER, "old": OLD}))["far_runs"] == ""


def test_runs_of_one_kind_are_seldom_called_far():
    draws = np.random.default_rng(0).lognormal(sigma=0.2, size=(200, 2, 15))
    called = [
        row["far_runs"]
        for new, old in draws
        for row in [judged(runs_of({"new": [*new], "old": [*old]}), effect="relative", smallest_effect=0.1)]
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
    frame = runs_of({"new": BETTER, "old": OLD})
    assert judged(_with_learned(frame))["verdict"] == "reproduced"
    row = judged(_with_learned(frame, untrained=48.0))
    assert row["verdict"] == "not tested"
    assert row["reason"].startswith("in no setting did new or old learn enough")
    assert row["reason"].endswith("raise generator_steps")


def test_a_method_that_fails_where_the_other_learns_is_judged():
    frame = _with_learned(runs_of({"new": BETTER, "old": [95.0 + d for d in BETTER]}))
    assert judged(frame)["verdict"] == "reproduced"


def test_half_the_way_to_the_floor_counts_as_learned():
    frame = runs_of({"new": [50.0, 51.0], "old": [50.5, 52.0]})
    assert list(_with_learned(frame, 100.0, 0.0)[LEARNED]) == [True, False, False, False]
    assert list(_with_learned(frame, 100.0, 2.0)[LEARNED]) == [True, True, True, False]


def test_what_has_learned_cannot_be_told_without_the_untrained_generators_score():
    frame = runs_of({"new": BETTER, "old": OLD}).rename(columns={"fid": "fid_inception_ema"})
    assert learned(frame, {"digits": {"fid_inception_ema": {}}}, []).isna().all()
    diverged = diverge(runs_of({"new": BETTER, "old": OLD}), "digits-a-new-3")
    assert _with_learned(diverged)[LEARNED].isna().sum() == 1


def _with_setting(metric="fid_inception_last", **changes):
    setting = {key: value for key, value in (THEIRS | changes).items() if value is not None}
    compared = {"metric": metric, "method": "dat", "baseline": "fargan", "direction": "lower"}
    return Claim(**STATED | compared | {"setting": setting, "effect": "difference", "smallest_effect": 0.1})


def test_nothing_differs_where_all_on_record_agrees(project):
    assert differences(_with_setting(), load(project())[0], HERE) == ""


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"datasets": ["cifar100", "stl10"]}, "dataset digits (paper: cifar100, stl10)"),
        ({"networks": ["conventional"]}, "networks resnet_sn (paper: conventional)"),
        ({"optimiser": "rmsprop"}, "optimiser adam (paper: rmsprop)"),
        ({"metric": "fid_digits_cnn_ema"}, "score fid_digits_cnn_ema (paper: fid_inception)"),
        ({"metric": "fid_infinity_inception_ema"}, "score fid_infinity_inception_ema (paper: fid_inception)"),
        ({"metric": "fid_inception_best"}, ""),
        ({"techniques": []}, "baseline fargan with zero_gp (paper: NSGAN-0GP)"),
        ({"techniques": ["rotation", "zero_gp"]}, "baseline fargan with zero_gp (paper: NSGAN-0GP)"),
        ({"generator_steps": 100_000}, "generator steps 20 (paper: 100,000)"),
        ({"generator_steps": 10}, ""),
    ],
)
def test_each_fact_is_named_with_both_values(project, changes, found):
    assert differences(_with_setting(**changes), load(project())[0], HERE) == found


def test_what_the_paper_does_not_say_is_not_compared(project):
    silent = dict.fromkeys(("techniques", "networks", "optimiser", "score", "generator_steps"))
    assert differences(_with_setting("diverged", **silent), load(project())[0], HERE) == ""


def test_one_setting_that_agrees_does_not_hide_another(project):
    by_architecture = "\n    by_architecture: {resnet_sn: {generator_steps: 500}}"
    params = load(project(("snapshots: [10]", f"snapshots: [10]{by_architecture}")))[0]
    both = [("ring8", "conventional"), ("ring8", "resnet_sn"), *HERE]
    assert differences(_with_setting(generator_steps=500), params, both) == (
        "dataset ring (paper: digits, stl10); networks conventional (paper: resnet_sn); "
        "generator steps 20 to 500 (paper: 500)"
    )


def test_a_setting_in_words():
    words = (
        "digits, stl10; against NSGAN-0GP; networks resnet_sn; adam; fid_inception; 100,000 generator steps"
    )
    assert described(_with_setting(generator_steps=100_000).setting) == words
    silent = dict.fromkeys(("techniques", "networks", "optimiser", "score", "generator_steps"))
    assert described(_with_setting(**silent).setting) == "digits, stl10; against NSGAN-0GP"
