"""Every method against its baseline and its control, column by column: within each setting, and over all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ganmatrix.params.claims import Claim
from ganmatrix.results.inference import Pooled, effect_size, holm, pool
from ganmatrix.results.matrix import COSTS, SETTING
from ganmatrix.results.protocols import Protocols, by_datasets
from ganmatrix.results.statistics import (
    Rows,
    Setting,
    Values,
    estimate,
    over,
    rows_of,
    scale,
    side_by_side,
    subtract,
)

Role = Literal["baseline", "control"]


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


@dataclass(frozen=True)
class Contest:
    """A method against an opponent in one column: the differences of the pairs, by setting."""

    column: str
    method: str
    opponent: str
    difference: Mapping[Setting, NDArray[np.float64]]
    relative: Mapping[Setting, NDArray[np.float64]]


def contests(frame: pd.DataFrame, protocols: Protocols, chosen: Mapping[str, str]) -> list[Contest]:
    """Each method with its opponent, in each column over the datasets that measured it."""
    found: dict[str, list[Contest]] = {
        column: [] for columns in (*protocols.values(), COSTS) for column in columns
    }
    for datasets, columns in by_datasets(protocols).items():
        tables = side_by_side(frame[frame["dataset"].isin(datasets)], columns)
        rows = rows_of(tables[columns[0]].index)
        for column, table in tables.items():
            values = {str(method): table[method].to_numpy(dtype=float) for method in table}
            found[column] = [
                _contest(column, method, opponent, values, rows) for method, opponent in chosen.items()
            ]
    return [contest for contests in found.values() for contest in contests]


def _contest(
    column: str, method: str, opponent: str, values: Mapping[str, Values], rows: Mapping[Setting, Rows]
) -> Contest:
    difference = subtract(values[method], values[opponent])
    relative = over(difference, scale(values[method], values[opponent], rows))
    of_kind = ({s: each[places] for s, places in rows.items()} for each in (difference, relative))
    return Contest(column, method, opponent, *of_kind)


def within_settings(found: Iterable[Contest], role: Role) -> list[dict[str, Any]]:
    """A row for each setting, column and method, paired by seed; settings together, then columns.

    `difference` is method - opponent, `relative` the same over the opponent's mean; `p_value` is that of the
    paired t test (`inference.pool` says why not Wilcoxon's), `p_holm` Holm's over all methods and settings of
    the column.
    """
    by_setting: dict[Setting, list[dict[str, Any]]] = {}
    for contest in found:
        for setting, difference in contest.difference.items():
            row: dict[str, Any] = dict(zip(SETTING, setting, strict=True)) | {"method": contest.method}
            row |= {role: contest.opponent, "column": contest.column}
            row["difference"] = asdict(estimate(difference))
            row["relative"] = asdict(estimate(contest.relative[setting]))
            by_setting.setdefault(setting, []).append(row | _tests(pool({setting: difference})))
    return _corrected([row for rows in by_setting.values() for row in rows])


def over_settings(found: Iterable[Contest], role: Role) -> list[dict[str, Any]]:
    """A row for each column and method, pooled over the settings that measured it (`inference.pool`).

    `p_holm` is Holm's over all methods of the column.
    """
    return _corrected(
        [
            {"method": contest.method, "opponent": contest.opponent, "role": role, "column": contest.column}
            | {"difference": _stated(difference), "relative": _stated(pool(contest.relative))}
            | _tests(difference)
            for contest in found
            for difference in [pool(contest.difference)]
        ]
    )


def _tests(difference: Pooled) -> dict[str, Any]:
    return {"p_value": difference.p_value(), "effect_size": asdict(effect_size(difference))}


def _stated(effect: Pooled) -> dict[str, Any]:
    shown = ("mean", "low", "high", "n", "missing", "censored", "settings")
    return {name: getattr(effect, name) for name in shown}


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
