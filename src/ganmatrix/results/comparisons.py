"""Every method against its baseline and its control, column by column: within each setting, and over all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.inference import Pooled, effect_size, holm, pool
from ganmatrix.results.matrix import COSTS, SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import differences, estimate, paired

Role = Literal["baseline", "control"]

Opponents = Mapping[str, str]
"""Method -> whom it is compared with."""


def opponents(methods: Sequence[str], claims: Mapping[str, Claim], role: Role) -> dict[str, str]:
    """Whom each method is compared with: the one that the first claim about it names in this role.

    Without such a claim the baseline is the grid's first method, and there is no control.
    """
    chosen = dict.fromkeys(methods[1:], methods[0]) if role == "baseline" else {}
    for claim in reversed(list(claims.values())):
        opponent = getattr(claim, role)
        if {claim.method, opponent} <= set(methods):
            chosen[claim.method] = opponent
    return chosen


def within_settings(
    frame: pd.DataFrame, protocols: Protocols, chosen: Opponents, role: Role
) -> list[dict[str, Any]]:
    """A row for each setting, column and method, paired by seed; settings together, then columns.

    `difference` is method - opponent, `relative` the same over the opponent's mean; `p_value` is that of the
    paired t test (`inference.pool` says why not Wilcoxon's), `p_holm` Holm's over all methods and settings of
    the column.
    """
    rows = [
        {"dataset": dataset, "architecture": architecture, "method": method, role: chosen[method]}
        | {"column": column, "difference": asdict(estimate(difference[cells.index]))}
        | {"relative": asdict(estimate(relative[cells.index])), **_tests(difference[cells.index])}
        for column, method, pairs in _pairs(frame, protocols, chosen)
        for difference, relative in [(differences(pairs, relative=r) for r in (False, True))]
        for (dataset, architecture), cells in pairs.groupby(SETTING, sort=False)
    ]
    order = {key: i for i, key in enumerate(dict.fromkeys(zip(*(frame[k] for k in SETTING), strict=True)))}
    return sorted(_corrected(rows), key=lambda row: order[row["dataset"], row["architecture"]])


def over_settings(
    frame: pd.DataFrame, protocols: Protocols, chosen: Opponents, role: Role
) -> list[dict[str, Any]]:
    """A row for each column and method, pooled over the settings that measured it (`inference.pool`).

    `p_holm` is Holm's over all methods of the column.
    """
    rows = [
        {"method": method, "opponent": chosen[method], "role": role, "column": column}
        | {"difference": _stated(pool(difference))}
        | {"relative": _stated(pool(differences(pairs, relative=True))), **_tests(difference)}
        for column, method, pairs in _pairs(frame, protocols, chosen)
        for difference in [differences(pairs, relative=False)]
    ]
    return _corrected(rows)


def _pairs(
    frame: pd.DataFrame, protocols: Protocols, chosen: Opponents
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    for column in dict.fromkeys(name for columns in (*protocols.values(), COSTS) for name in columns):
        datasets = [name for name, columns in protocols.items() if column in (*columns, *COSTS)]
        measured = frame[frame["dataset"].isin(datasets)]
        for method, opponent in chosen.items():
            yield column, method, paired(measured, column, method, opponent)


def _tests(difference: pd.Series) -> dict[str, Any]:
    return {"p_value": pool(difference).p_value(), "effect_size": asdict(effect_size(difference))}


def _stated(effect: Pooled) -> dict[str, Any]:
    inner = {"standard_error", "degrees"}
    return {key: value for key, value in asdict(effect).items() if key not in inner}


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With `p_holm` over the rows of each column that have a p value, null in the others."""
    families: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        row["p_holm"] = None
        if row["p_value"] is not None:
            families.setdefault(row["column"], []).append(row)
    for family in families.values():
        for row, p in zip(family, holm([row["p_value"] for row in family]), strict=True):
            row["p_holm"] = p
    return rows
