"""How the methods rank in each column, over all cells in which they can be compared."""

from typing import Any

import pandas as pd
import scipy.stats

from ganmatrix.results.matrix import COSTS, SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import observed


def ranks(frame: pd.DataFrame, protocols: Protocols) -> list[dict[str, Any]]:
    """Each column's mean rank of every method, with Friedman's test that all methods rank alike.

    A block is a dataset, architecture and seed; in it the lowest value has rank 1 and ties share their mean
    rank. Values beyond the end of training tie for the last. A block in which a method has no value, since
    it diverged for instance, is left out and counted. Methods that have no value at all are not ranked.
    Friedman's p value is that of the chi-squared approximation, which wants about ten blocks (Demsar, JMLR
    7, 2006); it is null for fewer than three methods or two blocks, or where all tie.
    """
    columns = dict.fromkeys(name for names in (*protocols.values(), COSTS) for name in names)
    return [_ranks(frame, protocols, column) for column in columns]


def _ranks(frame: pd.DataFrame, protocols: Protocols, column: str) -> dict[str, Any]:
    datasets = [name for name, columns in protocols.items() if column in (*columns, *COSTS)]
    measured = frame[frame["dataset"].isin(datasets)].assign(value=lambda cells: observed(cells, column))
    table = measured.pivot(index=[*SETTING, "seed"], columns="method", values="value")
    table = table[[m for m in measured["method"].unique() if table[m].notna().any()]]
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
