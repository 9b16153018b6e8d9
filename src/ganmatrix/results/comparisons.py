"""How methods compare: with their baseline and control, by rank, and by how often training diverged."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.stats

from ganmatrix.params.claims import Claim
from ganmatrix.results.artifacts import Protocols
from ganmatrix.results.effect import Effect, Setting, Values, counted
from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import (
    COSTS,
    PAIRED_WITHIN,
    SETTING,
    VARIANT,
    Design,
    design,
    setting,
    settings_compared,
)
from ganmatrix.results.protocols import by_datasets
from ganmatrix.results.statistics import (
    Rows,
    Scale,
    effect_size,
    holm,
    pool,
    rows_of,
    side_by_side,
    split,
    values_of,
)
from ganmatrix.results.unpaired import Groups, unpaired

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
class Differences:
    """A method against an opponent in one column, setting by setting: of pairs, or of two groups of runs."""

    column: str
    method: str
    opponent: str
    difference: Mapping[Setting, Values | Groups]
    relative: Mapping[Setting, Values | Groups]
    design: Design = "paired"


def all_differences(
    frame: pd.DataFrame, protocols: Protocols, chosen: Mapping[str, str]
) -> list[Differences]:
    """Each method with its opponent, in each column over the datasets that measured it."""
    found: dict[str, list[Differences]] = {
        column: [] for columns in (*protocols.values(), COSTS) for column in columns
    }
    meet = {method: settings_compared(frame, method, opponent) for method, opponent in chosen.items()}
    designs = {method: design(frame, method, opponent) for method, opponent in chosen.items()}
    for datasets, columns in by_datasets(protocols).items():
        measured = frame[frame["dataset"].isin(datasets)]
        tables = side_by_side(measured, columns)
        rows = rows_of(tables[columns[0]].index)
        shared = {method: {s: places for s, places in rows.items() if s in meet[method]} for method in chosen}
        for column, table in tables.items():
            values = {str(method): table[method].to_numpy(dtype=float) for method in table}
            found[column] = [
                _paired(column, method, opponent, values, shared[method])
                if designs[method] == "paired"
                else _unpaired(column, method, opponent, measured, meet[method])
                for method, opponent in chosen.items()
                if {method, opponent} <= values.keys()
            ]
    return [each for differences in found.values() for each in differences]


def _paired(
    column: str, method: str, opponent: str, values: Mapping[str, Values], rows: Mapping[Setting, Rows]
) -> Differences:
    of_method, of_opponent = values[method], values[opponent]
    differences, ratios = (scale.of(of_method, of_opponent) for scale in (Scale(), _RATIO))
    # A ratio to a value that is not positive is undefined, and with it the mean of its setting.
    undefined = np.isnan(ratios) & ~np.isnan(differences)
    return Differences(
        column,
        method,
        opponent,
        {setting: differences[places] for setting, places in rows.items()},
        {
            setting: np.full(len(places), np.nan) if undefined[places].any() else ratios[places]
            for setting, places in rows.items()
        },
    )


def _unpaired(
    column: str, method: str, opponent: str, frame: pd.DataFrame, meet: Collection[Setting]
) -> Differences:
    """Both groups of runs in each setting in which both methods have some."""
    values = [split(values_of(frame, column, each)) for each in (method, opponent)]
    plain, logarithms = (
        {
            where: Groups(*(scale.of_runs(each[where]) for each in values))
            for where in values[0]
            if where in values[1] and where in meet
        }
        for scale in (Scale(), _RATIO)
    )
    for where, groups in logarithms.items():
        if any((np.isnan(a) & ~np.isnan(b)).any() for a, b in zip(groups, plain[where], strict=True)):
            logarithms[where] = Groups(*(np.full(len(each), np.nan) for each in groups))
    return Differences(column, method, opponent, plain, logarithms, "unpaired")


def within_settings(found: Iterable[Differences], role: Role) -> list[dict[str, Any]]:
    """A row for each setting, column and method; settings together, then columns.

    `difference` is method - opponent, `relative` the mean ratio less 1, each with interval and p value of the
    test of pairs or of that of unpaired runs; `p_holm` is Holm's over all methods and settings of the column.
    """
    by_setting: dict[Setting, list[dict[str, Any]]] = {}
    for each in found:
        for where, difference in each.difference.items():
            row: dict[str, Any] = dict(zip([*SETTING, VARIANT], where, strict=False))
            row |= {"method": each.method, role: each.opponent, "column": each.column}
            row |= _effects({where: difference}, {where: each.relative[where]}, each.design)
            by_setting.setdefault(where, []).append(row)
    return _corrected([row for rows in by_setting.values() for row in rows])


def over_settings(found: Iterable[Differences], role: Role) -> list[dict[str, Any]]:
    """A row for each column and method, pooled over the settings that measured it (`statistics.pool`).

    `p_holm` is Holm's over all methods of the column.
    """
    return _corrected(
        [
            {"method": each.method, "opponent": each.opponent, "role": role, "column": each.column}
            | _effects(each.difference, each.relative, each.design)
            for each in found
        ]
    )


def _effects(
    difference: Mapping[Setting, Any], relative: Mapping[Setting, Any], of: Design
) -> dict[str, Any]:
    pooled: Any = pool if of == "paired" else unpaired
    differences = pooled(difference)
    return {
        "difference": _numbers(differences, Scale()),
        "relative": _numbers(pooled(relative), _RATIO),
        "effect_size": asdict(effect_size(differences)),
    }


def _numbers(effect: Effect, scale: Scale) -> dict[str, Any]:
    shown = {name: scale.shown(getattr(effect, name)) for name in ("mean", "low", "high")}
    return (
        shown | counted(effect) | {"settings": effect.settings, "p_value": effect.p_value(), "p_holm": None}
    )


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


def ranks(frame: pd.DataFrame, protocols: Protocols) -> list[dict[str, Any]]:
    """Each column's mean rank of every method, with Friedman's test that all methods rank alike.

    A block is a dataset, architecture and seed; in it the lowest value has rank 1 and ties share their mean
    rank. Values beyond the end of training tie for the last. A block in which a method has no value, since
    it diverged for instance, is left out and counted. Methods that have no value at all are not ranked, nor
    are imported runs whose seeds are no pairs with the others.
    Friedman's p value is that of the chi-squared approximation, which wants about ten blocks (Demsar, JMLR
    7, 2006); it is null for fewer than three methods or two blocks, or where all tie.
    """
    if PAIRED_WITHIN in frame:
        pairs = frame[PAIRED_WITHIN].dropna()
        frame = frame[frame[PAIRED_WITHIN] == next(iter(pairs), None)]
        protocols = {dataset: protocols[dataset] for dataset in dict.fromkeys(frame["dataset"])}
    found: dict[str, dict[str, Any]] = {
        column: {} for columns in (*protocols.values(), COSTS) for column in columns
    }
    for datasets, columns in by_datasets(protocols).items() if len(frame) else ():
        tables = side_by_side(frame[frame["dataset"].isin(datasets)], columns)
        found |= {column: _ranks(column, table) for column, table in tables.items()}
    return [each for each in found.values() if each]


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


def divergence_rates(frame: pd.DataFrame, settled: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Each method's share of diverged runs, within every setting and, with null for all names, over all.

    `settled` is the matrix with the stand-ins of variants, if there are some: each setting has all methods.

    The interval is Clopper and Pearson's, exact for runs that diverge independently with one probability:
    with no divergence among 3 runs it still reaches 0.71. Runs that are not trained yet do not count;
    where there is no other, rate and interval are None.
    """
    settled = frame if settled is None else settled
    keys = setting(settled)
    overall = [
        dict.fromkeys(keys) | {"method": method} | _rate(runs)
        for method, runs in frame.groupby("method", sort=False)
    ]
    return overall + [
        dict(zip((*keys, "method"), key, strict=True)) | _rate(runs)
        for key, runs in settled.groupby([*keys, "method"], sort=False)
    ]


def _rate(runs: pd.DataFrame) -> dict[str, Any]:
    diverged = int((runs["outcome"] == "diverged").sum())
    total = diverged + int((runs["outcome"] == "completed").sum())
    if not total:
        return {"runs": 0, "diverged": 0, "rate": None, "low": None, "high": None}
    interval = scipy.stats.binomtest(diverged, total).proportion_ci(CONFIDENCE, method="exact")
    return {
        "runs": total,
        "diverged": diverged,
        "rate": diverged / total,
        "low": float(interval.low),
        "high": float(interval.high),
    }
