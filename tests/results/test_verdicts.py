"""The rule of adjudication: planted effects, nulls, and everything that must stay undecided."""

import numpy as np
import pandas as pd
import pytest

from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.statistics import Estimate
from ganmatrix.results.verdicts import Comparison, decide

PROTOCOLS = {"digits": {"fid": {}}, "ring8": {"modes": {}}}


def _claim(**changes: object) -> Claim:
    fields = {
        "paper": "A paper",
        "sentence": "It is better.",
        "metric": "fid",
        "method": "new",
        "baseline": "old",
        "direction": "lower",
        "smallest_effect": 1.0,
    }
    return Claim(**(fields | changes))


def _cells(scores: dict[str, list[float]], dataset: str = "digits", column: str = "fid") -> pd.DataFrame:
    rows = [
        {
            "cell": f"{dataset}-a-{method}-{seed}",
            "dataset": dataset,
            "architecture": "a",
            "method": method,
            "seed": seed,
            "outcome": "completed",
            "outcome_reason": None,
            "outcome_step": None,
            "wall_seconds": 9.0,
            column: value,
        }
        for method, values in scores.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def _diverge(frame: pd.DataFrame, *cells: str) -> pd.DataFrame:
    frame = frame.astype({"outcome_reason": object, "outcome_step": object})
    hit = frame["cell"].isin(cells)
    frame.loc[hit, ["outcome", "outcome_reason", "outcome_step"]] = ["diverged", "non_finite_loss", 40]
    frame.loc[hit, "fid"] = np.nan
    return frame


def _judge(frame: pd.DataFrame, **changes: object) -> pd.Series:
    return adjudicate({"c": _claim(**changes)}, frame, PROTOCOLS).iloc[0]


OLD = [30.0, 31.0, 29.0, 30.5]
BETTER = [25.0, 26.3, 24.1, 25.4]


def test_a_planted_effect_is_reproduced():
    row = _judge(_cells({"new": BETTER, "old": OLD}))
    assert row["verdict"] == "reproduced"
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)))
    assert row["low"] > 1.0
    assert (row["pairs"], row["missing_pairs"], row["lost_cells"]) == (4, 0, "")


def test_the_same_effect_in_the_other_direction_is_contradicted():
    assert _judge(_cells({"new": BETTER, "old": OLD}), direction="higher")["verdict"] == "contradicted"


def test_no_effect_is_contradicted_if_precise_and_inconclusive_if_noisy():
    assert _judge(_cells({"new": [30.1, 30.9, 29.0, 30.5], "old": OLD}))["verdict"] == "contradicted"
    assert _judge(_cells({"new": [35.0, 24.0, 33.0, 28.0], "old": OLD}))["verdict"] == "inconclusive"


def test_a_null_effect_is_seldom_reproduced():
    random = np.random.default_rng(0)
    verdicts = [
        _judge(_cells({"new": random.normal(size=6), "old": random.normal(size=6)}), smallest_effect=0)[
            "verdict"
        ]
        for _ in range(120)
    ]
    assert verdicts.count("reproduced") <= 10


def test_relative_effects_are_shares_of_the_baseline():
    row = _judge(_cells({"new": BETTER, "old": OLD}), effect="relative", smallest_effect=0.1)
    assert row["effect"] == pytest.approx(np.mean(np.subtract(OLD, BETTER)) / np.mean(OLD))
    assert row["verdict"] == "reproduced"


def test_a_relative_effect_over_a_mean_that_is_not_positive_is_inconclusive():
    row = _judge(_cells({"new": BETTER, "old": [-1.0, 0.0, 0.5, 0.5]}), effect="relative")
    assert row["verdict"] == "inconclusive"
    assert "not positive" in row["reason"]


def test_the_control_must_be_beaten_too():
    scores = {"new": BETTER, "old": OLD, "control": [25.1, 26.2, 24.0, 25.5]}
    row = _judge(_cells(scores), control="control")
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("control, which lacks the idea, may be as good")
    scores["control"] = [20.1, 21.2, 19.0, 20.5]
    row = _judge(_cells(scores), control="control")
    assert row["verdict"] == "inconclusive"
    assert row["reason"].endswith("control, which lacks the idea, is better")
    scores["control"] = [27.0, 28.1, 26.0, 27.3]
    row = _judge(_cells(scores), control="control")
    assert row["verdict"] == "reproduced"
    assert row["control_low"] > 0


def test_two_pairs_decide_nothing():
    row = _judge(_cells({"new": BETTER[:2], "old": OLD[:2]}))
    assert (row["verdict"], row["reason"]) == ("inconclusive", "there are 2 pairs with old; 3 are needed")


def test_pairs_that_are_all_equal_decide_nothing():
    row = _judge(_cells({"new": OLD, "old": OLD}))
    assert row["verdict"] == "inconclusive"
    assert "tells nothing apart" in row["reason"]


def test_divergence_is_counted_named_and_never_flatters():
    frame = _diverge(_cells({"new": BETTER, "old": OLD}), "digits-a-new-3")
    row = _judge(frame)
    assert row["verdict"] == "inconclusive"
    assert (row["pairs"], row["missing_pairs"]) == (3, 1)
    assert row["lost_cells"] == "digits-a-new-3 (diverged at step 40: non_finite_loss)"


def test_divergence_of_the_baseline_does_not_stand_against_the_method():
    frame = _diverge(_cells({"new": BETTER, "old": OLD}), "digits-a-old-3")
    assert _judge(frame)["verdict"] == "reproduced"
    assert _judge(frame, direction="higher")["verdict"] == "inconclusive"


def test_datasets_without_the_metric_are_not_missing_pairs():
    frame = pd.concat(
        [_cells({"new": BETTER, "old": OLD}), _cells({"new": [8.0], "old": [8.0]}, "ring8", "modes")]
    )
    row = _judge(frame)
    assert (row["pairs"], row["missing_pairs"]) == (4, 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"metric": "recall"}, "no cell has a column recall"),
        ({"baseline": "gone"}, "not in the grid: gone"),
        ({"control": "gone"}, "not in the grid: gone"),
    ],
)
def test_what_was_not_measured_is_not_tested(change, reason):
    row = _judge(_cells({"new": BETTER, "old": OLD}), **change)
    assert (row["verdict"], row["reason"]) == ("not tested", reason)


def test_costs_can_be_claimed_although_they_carry_no_protocol():
    assert _judge(_cells({"new": BETTER, "old": OLD}), metric="wall_seconds")["pairs"] == 4


def test_no_claims_give_an_empty_table_of_the_same_columns():
    empty = adjudicate({}, _cells({"new": BETTER, "old": OLD}), PROTOCOLS)
    full = adjudicate({"c": _claim()}, _cells({"new": BETTER, "old": OLD}), PROTOCOLS)
    assert empty.empty
    assert list(empty.columns) == list(full.columns)
    assert list(empty.dtypes) == list(full.dtypes)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (1.0, 2.0, "inconclusive"),
        (1.01, 2.0, "reproduced"),
        (-1.0, 1.0, "inconclusive"),
        (0.1, 0.9, "contradicted"),
    ],
)
def test_the_bounds_of_the_rule(low, high, verdict):
    effect = Estimate(mean=(low + high) / 2, sd=1.0, low=low, high=high, n=5, missing=0)
    assert decide(Comparison("old", effect), None, 1.0).outcome == verdict
