"""Methods against baseline and control, their ranks, and how often training diverged."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.comparisons import (
    all_differences,
    divergence_rates,
    opponents,
    over_settings,
    ranks,
    within_settings,
)
from ganmatrix.results.statistics import holm
from helpers.simulated_matrix import PROTOCOLS, claim, simulate

METHODS = ["old", "new", "control", "other"]
GAINS = {"old": 0.0, "new": 0.3, "control": 0.1, "other": 0.05}
PROTOCOL = {dataset: {"fid_0": {}} for dataset in PROTOCOLS}
CLAIMS = {"c": claim(control="control")}


@pytest.fixture
def frame() -> pd.DataFrame:
    return simulate(np.random.default_rng(1), GAINS)


def _compared(frame: pd.DataFrame, role: str):
    return all_differences(frame, PROTOCOL, opponents(METHODS, CLAIMS, role))


def _values(frame: pd.DataFrame, method: str, dataset: str = "digits", architecture: str = "resnet_sn"):
    rows = frame[(frame["dataset"] == dataset) & (frame["architecture"] == architecture)]
    return rows[rows["method"] == method].sort_values("seed")["fid_0"].to_numpy()


def test_opponents_are_those_of_the_first_claim_about_a_method():
    claims = {"a": claim(method="new", baseline="other"), **CLAIMS}
    assert opponents(METHODS, claims, "baseline") == {"new": "other", "control": "old", "other": "old"}
    assert opponents(METHODS, claims, "control") == {"new": "control"}
    assert opponents(["old"], claims, "baseline") == {}


@pytest.mark.parametrize(("role", "opponent"), [("baseline", "old"), ("control", "control")])
def test_a_comparison_within_a_setting_is_scipys_permutation_test_of_pairs(frame, role, opponent):
    rows = within_settings(_compared(frame, role), role)
    [row] = [
        row
        for row in rows
        if (row["dataset"], row["architecture"], row["method"], row["column"])
        == ("digits", "resnet_sn", "new", "fid_0")
    ]
    assert row[role] == opponent
    pairs = (_values(frame, "new"), _values(frame, opponent))
    expected = scipy.stats.permutation_test(
        pairs, lambda x, y: np.mean(x - y), permutation_type="samples", n_resamples=np.inf
    )
    assert row["difference"]["p_value"] == pytest.approx(expected.pvalue)
    difference = np.subtract(*pairs)
    assert row["difference"]["mean"] == pytest.approx(difference.mean())
    ratio = np.log(pairs[0]) - np.log(pairs[1])
    assert row["relative"]["mean"] == pytest.approx(np.exp(ratio.mean()) - 1)
    d = difference.mean() / difference.std(ddof=1)
    assert row["effect_size"]["g"] == pytest.approx(d / np.sqrt(np.pi))


def test_p_values_are_corrected_over_the_methods_and_settings_of_a_column(frame):
    rows = within_settings(_compared(frame, "baseline"), "baseline")
    family = [row for row in rows if row["column"] == "fid_0"]
    assert len(family) == 3 * 4
    for kind in ("difference", "relative"):
        found = [row[kind] for row in family]
        assert [each["p_holm"] for each in found] == pytest.approx(holm([each["p_value"] for each in found]))
    equal = [row["difference"] for row in rows if row["column"] == "wall_seconds"]
    assert {each["p_holm"] for each in equal} == {1.0}


def test_a_column_is_a_family_of_its_own():
    """More columns leave the corrected p values of one as they are."""
    columns = ["fid_0", "fid_1", "fid_2"]
    frame = simulate(np.random.default_rng(1), GAINS, columns)

    def corrected(names):
        protocols = {dataset: {name: {} for name in names} for dataset in PROTOCOLS}
        found = all_differences(frame, protocols, opponents(METHODS, CLAIMS, "baseline"))
        rows = [*within_settings(found, "baseline"), *over_settings(found, "baseline")]
        return [row["difference"]["p_holm"] for row in rows if row["column"] == "fid_0"]

    assert corrected(columns) == corrected(columns[:1])


def test_rows_come_setting_by_setting(frame):
    rows = within_settings(_compared(frame, "baseline"), "baseline")
    settings = list(dict.fromkeys((row["dataset"], row["architecture"]) for row in rows))
    assert settings == list(dict.fromkeys(zip(frame["dataset"], frame["architecture"], strict=True)))
    assert [row["method"] for row in rows[:3]] == ["new", "control", "other"]


def test_comparisons_are_pooled_over_settings_with_baseline_and_control(frame):
    rows = [
        *over_settings(_compared(frame, "baseline"), "baseline"),
        *over_settings(_compared(frame, "control"), "control"),
    ]
    found = {(row["method"], row["role"]): row for row in rows if row["column"] == "fid_0"}
    assert found["new", "control"]["opponent"] == "control"
    relative = found["new", "baseline"]["relative"]
    assert (relative["n"], relative["settings"]) == (12, 4)
    assert relative["mean"] == pytest.approx(-0.3, abs=0.06)
    assert relative["low"] < -0.3 < relative["high"]


def test_ranks_and_friedmans_test_are_those_of_scipy(frame):
    [found] = [row for row in ranks(frame, PROTOCOL) if row["column"] == "fid_0"]
    blocks = frame.pivot(index=["dataset", "architecture", "seed"], columns="method", values="fid_0")
    expected = scipy.stats.friedmanchisquare(*(blocks[method] for method in METHODS))
    assert (found["friedman"], found["p_value"]) == pytest.approx(tuple(expected))
    by_hand = scipy.stats.rankdata(blocks[METHODS].to_numpy(), axis=1).mean(axis=0)
    assert found["mean_ranks"] == pytest.approx(dict(zip(METHODS, by_hand, strict=True)))
    assert (found["blocks"], found["left_out"]) == (12, 0)


def test_a_block_with_a_lost_run_is_left_out_and_counted_and_a_censored_one_ranks_last(frame):
    frame.loc[(frame["method"] == "other") & (frame["seed"] == 0), "outcome"] = "diverged"
    frame.loc[frame["method"] == "new", "fid_0"] = np.inf
    [found] = [row for row in ranks(frame, PROTOCOL) if row["column"] == "fid_0"]
    assert (found["blocks"], found["left_out"], found["mean_ranks"]["new"]) == (8, 4, 4.0)


def test_what_cannot_be_ranked_has_no_p_value(frame):
    two = frame[frame["method"].isin(["old", "new"])]
    assert [row["p_value"] for row in ranks(two, PROTOCOL)] == [None] * 5
    equal = [row for row in ranks(frame, PROTOCOL) if row["column"] == "wall_seconds"]
    assert (equal[0]["p_value"], set(equal[0]["mean_ranks"].values())) == (None, {2.5})
    block = frame[
        (frame["dataset"] == "digits") & (frame["architecture"] == "resnet_sn") & (frame["seed"] == 0)
    ]
    assert [row["p_value"] for row in ranks(block, PROTOCOL)] == [None] * 5
    nothing = frame.assign(fid_0=np.nan)
    assert ranks(nothing, PROTOCOL)[0]["mean_ranks"] == {}


def test_divergence_rates_have_exact_intervals(frame):
    frame.loc[(frame["method"] == "new") & (frame["seed"] == 0), "outcome"] = "diverged"
    rows = {(row["dataset"], row["architecture"], row["method"]): row for row in divergence_rates(frame)}
    overall = rows[None, None, "new"]
    assert (overall["diverged"], overall["runs"]) == (4, 12)
    low, high = scipy.stats.beta.ppf([0.025, 0.975], [4, 5], [9, 8])
    assert (overall["low"], overall["high"]) == pytest.approx((low, high))
    none = rows["digits", "resnet_sn", "old"]
    assert (none["rate"], none["low"], none["high"]) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 3)))
