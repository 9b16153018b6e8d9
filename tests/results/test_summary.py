"""The summary's statistics: noise, comparisons, ranks, divergence, and what is censored or missing."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from fake_matrix import FakeMatrix
from simulated_matrix import PROTOCOLS, claim, simulate

from ganmatrix.results.comparisons import contests, opponents, over_settings, within_settings
from ganmatrix.results.divergence import divergence_rates
from ganmatrix.results.inference import holm
from ganmatrix.results.ranks import ranks

METHODS = ["old", "new", "control", "other"]
GAINS = {"old": 0.0, "new": 0.3, "control": 0.1, "other": 0.05}
PROTOCOL = {dataset: {"fid_0": {}} for dataset in PROTOCOLS}
CLAIMS = {"c": claim(control="control")}
STEPS = "steps_to_fid_efficientnet_lite0_ema"


@pytest.fixture
def frame() -> pd.DataFrame:
    return simulate(np.random.default_rng(1), GAINS)


def _contests(frame: pd.DataFrame, role: str):
    return contests(frame, PROTOCOL, opponents(METHODS, CLAIMS, role))


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
    rows = within_settings(_contests(frame, role), role)
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
    rows = within_settings(_contests(frame, "baseline"), "baseline")
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
        found = contests(frame, protocols, opponents(METHODS, CLAIMS, "baseline"))
        rows = [*within_settings(found, "baseline"), *over_settings(found, "baseline")]
        return [row["difference"]["p_holm"] for row in rows if row["column"] == "fid_0"]

    assert corrected(columns) == corrected(columns[:1])


def test_rows_come_setting_by_setting(frame):
    rows = within_settings(_contests(frame, "baseline"), "baseline")
    settings = list(dict.fromkeys((row["dataset"], row["architecture"]) for row in rows))
    assert settings == list(dict.fromkeys(zip(frame["dataset"], frame["architecture"], strict=True)))
    assert [row["method"] for row in rows[:3]] == ["new", "control", "other"]


def test_comparisons_are_pooled_over_settings_with_baseline_and_control(frame):
    rows = [
        *over_settings(_contests(frame, "baseline"), "baseline"),
        *over_settings(_contests(frame, "control"), "control"),
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


def _edit(run, documents):
    """KID has noise; one seed of as_gan on digits never reaches its target."""
    entries = documents["metrics"]["entries"]
    if run.startswith("digits"):
        entries["kid_efficientnet_lite0_ema"]["std"] = 0.003 if run.endswith("0") else 0.004
        entries[STEPS] = {"value": 200.0, "protocol": {"target": 0.1}}
        if run == "digits-conventional-as_gan-1":
            entries[STEPS] |= {"value": None, "reason": "not reached within 500 steps", "beyond": 500.0}


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    fake = FakeMatrix(tmp_path_factory.mktemp("matrix"), edit=_edit).write()
    fake.assemble()
    return fake, fake.summary


def _group(summary, column, method):
    [found] = [
        g for g in summary["groups"] if (g["dataset"], g["column"], g["method"]) == ("digits", column, method)
    ]
    return found


def test_evaluation_noise_stands_apart_from_the_spread_over_seeds(assembled):
    fake, summary = assembled
    matrix = fake.table("matrix").set_index("run")
    assert matrix.loc["digits-conventional-gan-1", "kid_efficientnet_lite0_ema_noise"] == 0.004
    assert np.isnan(matrix.loc["ring8-conventional-gan-1", "kid_efficientnet_lite0_ema_noise"])
    assert "fid_efficientnet_lite0_ema_noise" not in matrix
    group = _group(summary, "kid_efficientnet_lite0_ema", "gan")
    assert group["noise"] == pytest.approx(np.sqrt((0.003**2 + 2 * 0.004**2) / 3))
    assert group["sd"] != group["noise"]
    assert _group(summary, "fid_efficientnet_lite0_ema", "gan")["noise"] is None


def test_a_target_that_a_seed_never_reaches_has_no_mean_over_the_others(assembled):
    fake, summary = assembled
    group = _group(summary, STEPS, "as_gan")
    assert (group["mean"], group["n"], group["missing"], group["censored"]) == (None, 0, 3, 1)
    assert _group(summary, STEPS, "gan")["mean"] == 200
    assert summary["censored"] == [{"run": "digits-conventional-as_gan-1", "column": STEPS, "beyond": 500.0}]
    [row] = [row for row in summary["comparisons"] if row["column"] == STEPS]
    assert (row["difference"]["mean"], row["difference"]["censored"], row["difference"]["p_value"]) == (
        None,
        1,
        None,
    )
    matrix = fake.table("matrix").set_index("run")
    assert np.isnan(matrix.loc["digits-conventional-as_gan-1", STEPS])


def test_one_method_compares_with_nothing(tmp_path):
    grid = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan]\n  seeds: [0]"
    fake = FakeMatrix(tmp_path, grid=grid).write()
    fake.assemble()
    summary = fake.summary
    assert summary["comparisons"] == summary["controls"] == summary["pooled"] == []
    assert {row["p_value"] for row in summary["ranks"]} == {None}


def test_a_matrix_of_diverged_runs_says_so_and_averages_nothing(tmp_path):
    runs = [
        f"{d}-conventional-{m}-{s}" for d in ("ring8", "digits") for m in ("gan", "as_gan") for s in range(3)
    ]
    fake = FakeMatrix(tmp_path, diverged=dict.fromkeys(runs, 40)).write()
    fake.assemble()
    summary = fake.summary
    assert {group["mean"] for group in summary["groups"]} == {None}
    assert {row["rate"] for row in summary["divergence"]} == {1.0}
    assert {row[kind]["p_value"] for row in summary["pooled"] for kind in ("difference", "relative")} == {
        None
    }
