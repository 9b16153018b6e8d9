"""What `assemble` wrote, read back: as far as it is printed and compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ganmatrix.results.protocols import Protocols

NEEDED = {
    "matrix": (
        "run",
        "cell",
        "dataset",
        "architecture",
        "method",
        "seed",
        "outcome",
        "weights_sha256",
        "params",
    ),
    "claims": ("claim", "metric", "verdict", "effect", "low", "high", "pairs"),
    "summary": ("runs", "grid", "protocols", "groups"),
}
"""Columns and keys that results of an older version may lack."""


@dataclass(frozen=True)
class Assembled:
    """The tables of one results folder and its summary."""

    matrix: pd.DataFrame
    claims: pd.DataFrame
    summary: dict[str, Any]

    @property
    def protocols(self) -> Protocols:
        return self.summary["protocols"]


def outcome(row: "Mapping[Any, Any] | pd.Series[Any]") -> str:
    """How the run of a row of the matrix ended, if it was trained; if it diverged, when and why."""
    if row["outcome"] != "diverged":
        return str(row["outcome"])
    return f"diverged at step {row['outcome_step']:.0f}: {row['outcome_reason']}"
