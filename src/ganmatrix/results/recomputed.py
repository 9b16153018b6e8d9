"""Whether tables of results follow from what they were made from, for who was given them."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ganmatrix.params import Params
from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.matrix import LEARNED, stand_ins_of_rows, with_stand_ins

IN_WORDS = {"reason", "setting_differs", "paper_setting", "lost_runs", "far_runs", "seeds_needed"}
"""Columns of claims that explain or advise. Another version may word or round them in another way."""

TOLERANCE = 1e-6
"""Relative, for numbers of the rule: other versions of scipy round differently."""


def scores_not_measured(
    matrix: pd.DataFrame, measured: Mapping[str, Mapping[str, Any]], weights: Mapping[str, str]
) -> Iterator[str]:
    """A line for each run whose row of the matrix is not what its files state.

    `measured` has the entries of metrics.json and probes.json by run and column, `weights` the SHA-256 of
    weights.safetensors.
    """
    rows = matrix.set_index("run").to_dict("index")
    if list(rows) != list(measured):
        yield "results/matrix.parquet does not have the runs of the grid, each once"
        return
    for run, entries in measured.items():
        row = rows[run]
        if row["weights_sha256"] != weights[run]:
            yield f"results/matrix.parquet names other weights of {run} than its manifest"
        for column, entry in entries.items():
            stated = entry["value"] if entry.get("applies", True) else None
            if not _equal(row.get(column), stated, 0.0):
                here = row.get(column)
                yield f"results/matrix.parquet has {here} as {column} of {run}, but its file has {stated}"
                break


def verdicts_not_following(
    matrix: pd.DataFrame,
    table: pd.DataFrame,
    summary: Mapping[str, Any],
    claims: Mapping[str, Claim],
    params: Params | None,
    in_words: bool,
) -> Iterator[str]:
    """A line for each claim of the table that the rule, applied to the matrix, does not give.

    `params` is None if only the claims of a params file are known. `in_words` compares explanations too.
    """
    frame = _settled(matrix, summary)
    reasons = {(each["run"], each["column"]): each["reason"] for each in summary["missing"]}
    again = adjudicate(claims, frame, summary["protocols"], (), reasons, params)
    if table["claim"].tolist() != again["claim"].tolist():
        yield "results/claims.parquet does not have the claims of params.yaml, each once"
        return
    left_out = set() if in_words else IN_WORDS
    left_out |= set() if params else {"setting_differs"}
    columns = [name for name in again.columns if name not in left_out]
    for stated, found in zip(table.to_dict("records"), again.to_dict("records"), strict=True):
        for column in columns:
            if not _equal(stated.get(column), found[column], TOLERANCE):
                yield (
                    f"results/claims.parquet: {column} of {stated['claim']} is {stated.get(column)!r}, but "
                    f"results/matrix.parquet and the rule give {found[column]!r}"
                )
                break


def _settled(matrix: pd.DataFrame, summary: Mapping[str, Any]) -> pd.DataFrame:
    """The matrix as verdicts read it: infinity for censored values, and stand-ins of variants."""
    frame = matrix.copy()
    if LEARNED in frame:
        frame[LEARNED] = frame[LEARNED].astype("boolean")
    for each in summary["censored"]:
        frame.loc[frame["run"] == each["run"], each["column"]] = math.inf
    return with_stand_ins(frame, stand_ins_of_rows(summary.get("stand_ins", [])))


def _equal(stated: Any, found: Any, tolerance: float) -> bool:
    """Whether two values of a table are the same, or both are undefined."""
    if pd.isna(stated) or pd.isna(found):
        return bool(pd.isna(stated) and pd.isna(found))
    if isinstance(stated, str) or isinstance(found, str):
        return bool(stated == found)
    return math.isclose(stated, found, rel_tol=tolerance, abs_tol=tolerance)
