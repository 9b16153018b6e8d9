"""What the reports print: outcomes, protocols, and means with intervals over seeds."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.params.methods import Method
from ganmatrix.results.artifacts import Absence, Record
from ganmatrix.results.claims import by_setting
from ganmatrix.results.comparisons import contests, opponents, over_settings, within_settings
from ganmatrix.results.descriptive import describe
from ganmatrix.results.divergence import divergence_rates
from ganmatrix.results.matrix import COSTS, NOT_TRAINED, setting
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.ranks import ranks
from ganmatrix.results.statistics import estimate
from ganmatrix.results.transfers import groups as transfer_groups


def ideas(methods: Iterable[Method]) -> dict[str, str]:
    """What the sections of these methods and of their techniques say of themselves, by kind."""
    sections = itertools.chain.from_iterable((method, *method.techniques) for method in methods)
    return {section.kind: (section.__doc__ or "-").splitlines()[0] for section in sections}


def summarise(
    records: Sequence[Record],
    frame: pd.DataFrame,
    curves: pd.DataFrame,
    transfers: pd.DataFrame,
    protocols: Protocols,
    claims: Mapping[str, Claim],
    absent: Sequence[Absence],
    settled: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """summary.json: everything a report states that is not a row of a table of its own.

    `frame`, with infinity for censored values, `curves` and `transfers` are the tables of the same records;
    `settled` is `frame` with the stand-ins of variants, where there are some. Undefined numbers are None.
    docs/results.md describes the keys.
    """
    settled = frame if settled is None else settled
    outcomes = frame["outcome"].value_counts()
    lacking = {run: set[str]() for run in frame["run"]}
    lacking |= {record.run.id: record.lacking for record in records}
    completed = frame.assign(**{c: frame[c].where(frame["outcome"] == "completed") for c in COSTS})
    axes = [*setting(frame), "method", "seed"]
    methods = list(dict.fromkeys(frame["method"].tolist()))
    baselines, controls = (
        contests(settled, protocols, opponents(methods, claims, role)) for role in ("baseline", "control")
    )
    return {
        "runs": {
            "total": len(frame),
            "completed": int(outcomes.get("completed", 0)),
            "diverged": int(outcomes.get("diverged", 0)),
            "not_trained": int(outcomes.get(NOT_TRAINED, 0)),
        },
        "grid": {axis: list(dict.fromkeys(frame[axis].tolist())) for axis in axes},
        "absent": [asdict(each) for each in absent],
        "diverged": _diverged(records),
        "missing": missing(records),
        "censored": _censored(records),
        "protocols": protocols,
        "groups": groups(completed, protocols, lacking),
        "curves": curve_groups(curves),
        "transfers": transfer_groups(transfers),
        "comparisons": within_settings(baselines, "baseline"),
        "controls": within_settings(controls, "control"),
        "pooled": [
            *over_settings(baselines, "baseline"),
            *over_settings(controls, "control"),
        ],
        "ranks": ranks(frame, protocols),
        "divergence": divergence_rates(frame, settled),
        "descriptive": describe(frame, protocols, opponents(methods, claims, "baseline")),
        "claims": by_setting(claims, settled, protocols),
    }


def groups(
    frame: pd.DataFrame, protocols: Protocols, lacking: Mapping[str, set[str]]
) -> list[dict[str, Any]]:
    """Each column's estimate over seeds, for each dataset, architecture and method.

    Runs that a column does not apply to, as `lacking` says, are not missing from it. `noise` is the root
    mean square of the runs' evaluation noise, null for scores that have none: how far the same networks,
    scored again, would vary, beside `sd`, how far networks of other seeds do.
    """
    keys = [*setting(frame), "method"]
    return [
        dict(zip(keys, key, strict=True))
        | {"column": column}
        | asdict(estimate(runs[column][[column not in lacking[run] for run in runs["run"]]]))
        | {"noise": _root_mean_square(runs.get(f"{column}_noise"))}
        for key, runs in frame.groupby(keys, sort=False)
        for column in (*protocols[str(key[0])], *COSTS)
    ]


def curve_groups(curves: pd.DataFrame) -> list[dict[str, Any]]:
    """Each curve's estimate over seeds, a row a point of its axis."""
    keys = [*setting(curves), "method", "column", "axis", "at"]
    return [
        dict(zip(keys, key, strict=True)) | asdict(estimate(points["value"]))
        for key, points in curves.groupby(keys, sort=False)
    ]


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON has it, with null for what is undefined."""
    plain = table.astype(object)
    return list(plain.where(plain.notna(), None).to_dict("records"))  # type: ignore[arg-type]


def _root_mean_square(values: pd.Series | None) -> float | None:
    if values is None or values.isna().all():
        return None
    return float((values**2).mean() ** 0.5)


def _diverged(records: Sequence[Record]) -> list[dict[str, Any]]:
    files = (record.file.reproducible for record in records)
    return [
        {"run": record.run.id, "step": file.outcome_step, "reason": file.outcome_reason}
        for record, file in zip(records, files, strict=True)
        if file.outcome == "diverged"
    ]


def missing(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Values that runs lack although they completed; what is known to lie beyond the end is no gap."""
    return [
        {"run": record.run.id, "column": column, "reason": entry.reason}
        for record in records
        if record.file.reproducible.outcome == "completed"
        for column, entry in record.entries.items()
        if entry.value is None and entry.beyond is None
    ]


def _censored(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Values known only to lie beyond something: steps to a target that was not reached."""
    return [
        {"run": record.run.id, "column": column, "beyond": entry.beyond}
        for record in records
        for column, entry in record.entries.items()
        if entry.value is None and entry.beyond is not None
    ]
