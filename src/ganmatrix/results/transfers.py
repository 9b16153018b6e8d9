"""Attacks made on one run's discriminator, tried on another's: over pairs, over seeds, and for a run."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pandas as pd

from ganmatrix.cell import Run
from ganmatrix.results.artifacts import Entry, Transfers
from ganmatrix.results.statistics import estimate

RECEIVED = "transfer_received"
"""The matrix's column: how far attacks made on other methods lower this D's logits."""

SOURCES = {"sources": "other methods of the same architecture and seed"}

NO_VARIANTS = "attacks are tried between cells without a variant"

MEASURES = ("rate", "control", "flipped")

_KEYS = ["dataset", "source_architecture", "target_architecture", "source_method", "target_method"]

_DTYPES = (
    dict.fromkeys((*_KEYS, "source", "target", "reason"), "string")
    | {"seed": "int64"}
    | dict.fromkeys(MEASURES, "float64")
)

COLUMNS = (*_KEYS, "seed", "source", "target", *MEASURES, "reason")


def pairs(tried: Iterable[Transfers]) -> pd.DataFrame:
    """All pairs of runs, the tables of datasets and seeds one below the other."""
    tables = [each.table for each in tried]
    return (
        pd.concat(tables, ignore_index=True) if tables else pd.DataFrame([], columns=COLUMNS).astype(_DTYPES)
    )


def received(tried: Transfers, run: Run) -> Entry:
    """The mean rate of attacks made on the other methods' runs of the same architecture and seed.

    `tried` is what was tried on the run's dataset with its seed. Sources without an attack, such as
    diverged ones, are left out of the mean.
    """
    if run.variant:
        return Entry(value=None, protocol={}, reason=NO_VARIANTS, applies=False)
    table = tried.table
    others = table[
        (table["target"] == run.id)
        & (table["source_architecture"] == run.architecture)
        & (table["source_method"] != run.method)
    ]
    if others.empty:
        return Entry(value=None, protocol={}, reason="the grid has one method only", applies=False)
    rates = others["rate"].dropna()
    if rates.empty:
        return Entry(value=None, protocol={}, reason=str(others["reason"].iloc[0]))
    return Entry(value=float(rates.mean()), protocol=tried.header.protocol | SOURCES)


def groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each measure's estimate over seeds, for each pair of architectures and methods of a dataset."""
    return [
        dict(zip(_KEYS, key, strict=True))
        | {measure: asdict(estimate(rows[measure])) for measure in MEASURES}
        for key, rows in table.groupby(_KEYS, sort=False)
    ]
