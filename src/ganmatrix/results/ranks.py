"""How the methods rank in each column, over all settings and seeds in which they can be compared."""

from typing import Any

import pandas as pd
import scipy.stats

from ganmatrix.results.matrix import COSTS
from ganmatrix.results.protocols import Protocols, by_datasets
from ganmatrix.results.statistics import side_by_side


def ranks(frame: pd.DataFrame, protocols: Protocols) -> list[dict[str, Any]]:
    """Each column's mean rank of every method, with Friedman's test that all methods rank alike.

    A block is a dataset, architecture and seed; in it the lowest value has rank 1 and ties share their mean
    rank. Values beyond the end of training tie for the last. A block in which a method has no value, since
    it diverged for instance, is left out and counted. Methods that have no value at all are not ranked.
    Friedman's p value is that of the chi-squared approximation, which wants about ten blocks (Demsar, JMLR
    7, 2006); it is null for fewer than three methods or two blocks, or where all tie.
    """
    found: dict[str, dict[str, Any]] = {
        column: {} for columns in (*protocols.values(), COSTS) for column in columns
    }
    for datasets, columns in by_datasets(protocols).items():
        tables = side_by_side(frame[frame["dataset"].isin(datasets)], columns)
        found |= {column: _ranks(column, table) for column, table in tables.items()}
    return list(found.values())


def _ranks(column: str, table: pd.DataFrame) -> dict[str, Any]:
    table = table[[method for method in table if table[method].notna().any()]]
    blocks = table.dropna()
    ranked = blocks.rank(axis="columns")
    statistic = p_value = None
    if len(table.columns) > 2 and len(blocks) > 1 and (ranked.nunique(axis="columns") > 1).any():
        found = scipy.stats.friedmanchisquare(*(ranked[method] for method in ranked))
        statistic, p_value = float(found.statistic), float(found.pvalue)
    return {
        "column": column,
        "mean_ranks": {m: float(ranked[m].mean()) for m in ranked} if len(blocks) else {},
        "blocks": len(blocks),
        "left_out": len(table) - len(blocks),
        "friedman": statistic,
        "p_value": p_value,
    }
