"""The claims in the terminal: verdict, sentence, effect."""

from typing import Any

import pandas as pd
from rich.console import RenderableType

from ganmatrix.columns import column
from ganmatrix.reporting.numbers import plain, unpaired_runs
from ganmatrix.results.artifacts import Assembled
from ganmatrix.terminal.tables import table


def claims(results: Assembled) -> RenderableType:
    """One row for each claim. Positive effects are in the claimed direction."""
    if results.claims.empty:
        return "No claims are listed."
    rows = [
        [
            row["verdict"],
            f"{row['sentence']} ({row['paper']}; {row['claim']})\n{row['reason']}{_elsewhere(row)}",
            _effect(row),
        ]
        for row in results.claims.to_dict("records")
    ]
    return table("Claims, positive as claimed", ["verdict", "claim, and why so", "effect"], rows)


def _elsewhere(row: dict[Any, Any]) -> str:
    return f"\nnot the paper's setting: {row['setting_differs']}" if row["setting_differs"] else ""


def _effect(row: dict[Any, Any]) -> str:
    """`20.0 [3.15, 36.9] %, n=6; must exceed 10.5`. Without pairs `n=14 and 10 runs, unpaired`."""
    if pd.isna(row["effect"]):
        return "not measured"
    share = row["effect_kind"] == "relative" or column(row["metric"]).measure.percent
    scale = 100 if share else 1
    unit = f" % of {row['baseline']}'s" if row["effect_kind"] == "relative" else " points" if share else ""
    kept = "must exceed" if pd.isna(row["at_most"]) else "must be at most"
    beyond = f"{kept} {scale * row['smallest_effect']:g}"
    unpaired = row.get("design") == "unpaired"
    n = unpaired_runs(row["method_runs"], row["baseline_runs"]) if unpaired else row["pairs"]
    mean, pairs = plain(scale * row["effect"]), f"n={n}\n{beyond}"
    if pd.isna(row["low"]):
        return f"{mean}{unit}, no interval, {pairs}"
    return f"{mean} [{plain(scale * row['low'])}, {plain(scale * row['high'])}]{unit}, {pairs}"
