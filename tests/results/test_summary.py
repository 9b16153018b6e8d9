"""The summary on a made-up matrix, and the LaTeX table: what it says, and that its structure is sound."""

import re

import numpy as np
import pandas as pd
import pytest

from ganmatrix.results.summary import latex_table
from helpers.fake_matrix import FakeMatrix
from helpers.simulated_matrix import PROTOCOLS, simulate

STEPS = "steps_to_fid_efficientnet_lite0_ema"
COLUMN = "fid_efficientnet_lite0_ema"
PRIMARY = {dataset: {COLUMN: {}, f"{COLUMN}_noise": {}} for dataset in PROTOCOLS}


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


def _scores() -> pd.DataFrame:
    return simulate(np.random.default_rng(0), {"gan": 0.0, "as_gan": 0.2}, [COLUMN])


def _entries(text: str) -> dict[str, list[str]]:
    lines = [line.strip().removesuffix(r" \\").split(" & ") for line in text.splitlines() if " & " in line]
    return {first: rest for first, *rest in lines}


def test_the_table_has_a_row_a_method_and_a_column_a_setting():
    text = latex_table(_scores(), PRIMARY)
    rows = _entries(text)
    assert list(rows) == ["Dataset", "Method", "gan", r"as\_gan"]
    assert {len(row) for row in rows.values()} == {4}
    assert r"\begin{tabular}{lrrrr}" in text
    assert rows["Method"] == ["conventional", r"resnet\_sn"] * 2


def test_an_entry_is_mean_and_half_interval_in_two_significant_digits_with_n():
    frame = _scores()
    here = (
        (frame["dataset"] == "digits")
        & (frame["architecture"] == "conventional")
        & (frame["method"] == "gan")
    )
    frame.loc[here, COLUMN] = [40.0, 41.0, 42.0]
    assert _entries(latex_table(frame, PRIMARY))["gan"][0] == r"$41.0 \pm 2.5$ (3)"
    frame.loc[here, COLUMN] = [40.0, 41.0, np.nan]
    assert _entries(latex_table(frame, PRIMARY))["gan"][0] == r"$40.5 \pm 6.4$ (2 of 3)"
    frame.loc[here, COLUMN] = [40.0, np.nan, np.nan]
    assert _entries(latex_table(frame, PRIMARY))["gan"][0] == "$40$ (1 of 3)"
    frame.loc[here, "outcome"] = "diverged"
    assert _entries(latex_table(frame, PRIMARY))["gan"][0] == "-- (0 of 3)"
    frame.loc[here, ["outcome", COLUMN]] = ["completed", 40.0]
    assert _entries(latex_table(frame, PRIMARY))["gan"][0] == r"$40.00 \pm 0.00$ (3)"


def test_latex_is_balanced_and_escaped():
    text = latex_table(_scores(), PRIMARY)
    assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]
    assert text.count("{") == text.count("}")
    assert not re.search(r"(?<!\\)[_%#]", text)
    assert text.count("$") % 2 == 0


def test_datasets_without_a_primary_score_are_left_out():
    protocol = {"digits": {COLUMN: {}}, "photos": {"modes_ema": {}, "fid_over_steps_x_ema": {}}}
    assert {len(row) for row in _entries(latex_table(_scores(), protocol)).values()} == {2}
