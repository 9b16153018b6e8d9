"""The summary on a made-up matrix."""

import numpy as np
import pytest

from helpers.fake_matrix import FakeMatrix

STEPS = "steps_to_fid_efficientnet_lite0_ema"


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
