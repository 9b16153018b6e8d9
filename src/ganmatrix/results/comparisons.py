"""Every method against its baseline and its control, column by column: within each setting, and over all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ganmatrix.params.claims import Claim
from ganmatrix.results.inference import Pooled, effect_size, holm, pool
from ganmatrix.results.matrix import COSTS, SETTING, VARIANT
from ganmatrix.results.protocols import Protocols, by_datasets
from ganmatrix.results.statistics import Rows, Scale, Setting, Values, rows_of, side_by_side
from ganmatrix.results.variants import settings_compared

Role = Literal["baseline", "control"]

_RATIO = Scale(relative=True)


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
    meet = {method: settings_compared(frame, method, opponent) for method, opponent in chosen.items()}
    for datasets, columns in by_datasets(protocols).items():
        tables = side_by_side(frame[frame["dataset"].isin(datasets)], columns)
        rows = rows_of(tables[columns[0]].index)
        shared = {method: {s: places for s, places in rows.items() if s in meet[method]} for method in chosen}
        for column, table in tables.items():
            values = {str(method): table[method].to_numpy(dtype=float) for method in table}
            found[column] = [
                _contest(column, method, opponent, values, shared[method])
                for method, opponent in chosen.items()
            ]
    return [contest for contests in found.values() for contest in contests]


def _contest(
    column: str, method: str, opponent: str, values: Mapping[str, Values], rows: Mapping[Setting, Rows]
) -> Contest:
    of_method, of_opponent = values[method], values[opponent]
    differences, ratios = (scale.of(of_method, of_opponent) for scale in (Scale(), _RATIO))
    # A ratio to a value that is not positive is undefined, and with it the mean of its setting.
    undefined = np.isnan(ratios) & ~np.isnan(differences)
    return Contest(
        column,
        method,
        opponent,
        {setting: differences[places] for setting, places in rows.items()},
        {
            setting: np.full(len(places), np.nan) if undefined[places].any() else ratios[places]
            for setting, places in rows.items()
        },
    )


def within_settings(found: Iterable[Contest], role: Role) -> list[dict[str, Any]]:
    """A row for each setting, column and method, paired by seed; settings together, then columns.

    `difference` is method - opponent, `relative` the mean ratio less 1, each with interval and p value of the
    sign-flip test; `p_holm` is Holm's over all methods and settings of the column.
    """
    by_setting: dict[Setting, list[dict[str, Any]]] = {}
    for contest in found:
        for setting, difference in contest.difference.items():
            row: dict[str, Any] = dict(zip([*SETTING, VARIANT], setting, strict=False)) | {
                "method": contest.method
            }
            row |= {role: contest.opponent, "column": contest.column}
            row |= _stated({setting: difference}, {setting: contest.relative[setting]})
            by_setting.setdefault(setting, []).append(row)
    return _corrected([row for rows in by_setting.values() for row in rows])


def over_settings(found: Iterable[Contest], role: Role) -> list[dict[str, Any]]:
    """A row for each column and method, pooled over the settings that measured it (`inference.pool`).

    `p_holm` is Holm's over all methods of the column.
    """
    return _corrected(
        [
            {"method": contest.method, "opponent": contest.opponent, "role": role, "column": contest.column}
            | _stated(contest.difference, contest.relative)
            for contest in found
        ]
    )


def _stated(difference: Mapping[Setting, Values], relative: Mapping[Setting, Values]) -> dict[str, Any]:
    differences = pool(difference)
    return {
        "difference": _numbers(differences, Scale()),
        "relative": _numbers(pool(relative), _RATIO),
        "effect_size": asdict(effect_size(differences)),
    }


def _numbers(effect: Pooled, scale: Scale) -> dict[str, Any]:
    shown = {name: scale.shown(getattr(effect, name)) for name in ("mean", "low", "high")}
    counted = {name: getattr(effect, name) for name in ("n", "missing", "censored", "settings")}
    return shown | counted | {"p_value": effect.p_value(), "p_holm": None}


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With `p_holm` over the rows of each column and kind that have a p value."""
    for kind in ("difference", "relative"):
        families: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            if row[kind]["p_value"] is not None:
                families.setdefault(row["column"], []).append(row[kind])
        for members in families.values():
            for each, p in zip(members, holm([each["p_value"] for each in members]), strict=True):
                each["p_holm"] = p
    return rows
