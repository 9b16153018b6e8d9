"""The LaTeX table: what it says, and that its structure is sound."""

import re

import numpy as np
import pandas as pd
from simulated_matrix import PROTOCOLS, simulate

from ganmatrix.results.latex import table

COLUMN = "fid_efficientnet_lite0_ema"
PROTOCOL = {dataset: {COLUMN: {}, f"{COLUMN}_noise": {}} for dataset in PROTOCOLS}


def _frame() -> pd.DataFrame:
    return simulate(np.random.default_rng(0), {"gan": 0.0, "as_gan": 0.2}, [COLUMN])


def _rows(text: str) -> dict[str, list[str]]:
    lines = [line.strip().removesuffix(r" \\").split(" & ") for line in text.splitlines() if " & " in line]
    return {first: rest for first, *rest in lines}


def test_the_table_has_a_row_a_method_and_a_column_a_setting():
    text = table(_frame(), PROTOCOL)
    rows = _rows(text)
    assert list(rows) == ["Dataset", "Method", "gan", r"as\_gan"]
    assert {len(row) for row in rows.values()} == {4}
    assert r"\begin{tabular}{lrrrr}" in text
    assert rows["Method"] == ["conventional", r"resnet\_sn"] * 2


def test_an_entry_is_mean_and_half_interval_in_two_significant_digits_with_n():
    frame = _frame()
    here = (
        (frame["dataset"] == "digits")
        & (frame["architecture"] == "conventional")
        & (frame["method"] == "gan")
    )
    frame.loc[here, COLUMN] = [40.0, 41.0, 42.0]
    assert _rows(table(frame, PROTOCOL))["gan"][0] == r"$41.0 \pm 2.5$ (3)"
    frame.loc[here, COLUMN] = [40.0, 41.0, np.nan]
    assert _rows(table(frame, PROTOCOL))["gan"][0] == r"$40.5 \pm 6.4$ (2 of 3)"
    frame.loc[here, COLUMN] = [40.0, np.nan, np.nan]
    assert _rows(table(frame, PROTOCOL))["gan"][0] == "$40$ (1 of 3)"
    frame.loc[here, "outcome"] = "diverged"
    assert _rows(table(frame, PROTOCOL))["gan"][0] == "-- (0 of 3)"
    frame.loc[here, ["outcome", COLUMN]] = ["completed", 40.0]
    assert _rows(table(frame, PROTOCOL))["gan"][0] == r"$40.00 \pm 0.00$ (3)"


def test_latex_is_balanced_and_escaped():
    text = table(_frame(), PROTOCOL)
    assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)[::-1]
    assert text.count("{") == text.count("}")
    assert not re.search(r"(?<!\\)[_%#]", text)
    assert text.count("$") % 2 == 0


def test_datasets_without_a_primary_score_are_left_out():
    protocol = {"digits": {COLUMN: {}}, "photos": {"modes_ema": {}, "fid_over_steps_x_ema": {}}}
    assert {len(row) for row in _rows(table(_frame(), protocol)).values()} == {2}
