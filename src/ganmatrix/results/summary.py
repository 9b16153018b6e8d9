"""What is stated beside the tables: summary.json, and what DVC compares and draws."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ganmatrix.columns import primary
from ganmatrix.params.claims import Claim
from ganmatrix.params.methods import Method
from ganmatrix.results.aggregates import describe
from ganmatrix.results.artifacts import PAIR_KEYS, PAIR_MEASURES, Absence, Protocols, Record
from ganmatrix.results.claims import by_setting
from ganmatrix.results.comparisons import (
    Role,
    all_differences,
    divergence_rates,
    opponents,
    over_settings,
    ranks,
    within_settings,
)
from ganmatrix.results.imported import Imported
from ganmatrix.results.matrix import COSTS, NOT_TRAINED, VARIANT, placed, setting
from ganmatrix.results.statistics import estimate


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
    imported: Sequence[Imported] = (),
) -> dict[str, Any]:
    """summary.json: everything a report states that is not a row of a table of its own, but imports.

    `frame`, with infinity for censored values, `curves` and `transfers` are the tables of the same records;
    `settled` is `frame` with the stand-ins of variants, where there are some. Undefined numbers are None.
    docs/results.md describes the keys.
    """
    settled = frame if settled is None else settled
    return (
        _runs(records, frame, absent, imported)
        | {"protocols": protocols}
        | _estimates(records, frame, curves, transfers, protocols, imported)
        | _compared(frame, settled, protocols, claims)
        | {"claims": by_setting(claims, settled, protocols)}
    )


def _runs(
    records: Sequence[Record], frame: pd.DataFrame, absent: Sequence[Absence], imported: Sequence[Imported]
) -> dict[str, Any]:
    """What was planned and what came of it: outcomes, the grid's axes, and every number that there is not."""
    outcomes = frame["outcome"].value_counts()
    return {
        "runs": {
            "total": len(frame),
            "completed": int(outcomes.get("completed", 0)),
            "diverged": int(outcomes.get("diverged", 0)),
            "not_trained": int(outcomes.get(NOT_TRAINED, 0)),
        },
        "grid": {
            axis: list(dict.fromkeys(frame[axis].tolist())) for axis in (*setting(frame), "method", "seed")
        },
        "absent": [asdict(each) for each in absent],
        "diverged": _diverged(records)
        + [{"run": each.run.id, "step": None, "reason": None} for each in imported if each.diverged],
        "missing": missing(records),
        "censored": _censored(records),
    }


def _estimates(
    records: Sequence[Record],
    frame: pd.DataFrame,
    curves: pd.DataFrame,
    transfers: pd.DataFrame,
    protocols: Protocols,
    imported: Sequence[Imported],
) -> dict[str, Any]:
    """Means with intervals over seeds; what a diverged run has cost counts in none."""
    completed = frame.assign(**{c: frame[c].where(frame["outcome"] == "completed") for c in COSTS})
    lacking = {run: set[str]() for run in frame["run"]}
    lacking |= {record.run.id: record.lacking for record in records}
    lacking |= {each.run.id: {*protocols[each.run.dataset], *COSTS} - each.columns for each in imported}
    return {
        "groups": groups(completed, protocols, lacking),
        "curves": curve_groups(curves),
        "transfers": transfer_groups(transfers),
    }


def _compared(
    frame: pd.DataFrame, settled: pd.DataFrame, protocols: Protocols, claims: Mapping[str, Claim]
) -> dict[str, Any]:
    """Methods beside one another: paired, by rank, by divergence, and as rliable has it."""
    methods = list(dict.fromkeys(frame["method"].tolist()))
    roles: tuple[Role, Role] = ("baseline", "control")
    chosen = {role: opponents(methods, claims, role) for role in roles}
    found = {role: all_differences(settled, protocols, chosen[role]) for role in roles}
    return {
        "comparisons": within_settings(found["baseline"], "baseline"),
        "controls": within_settings(found["control"], "control"),
        "pooled": [row for role in roles for row in over_settings(found[role], role)],
        "ranks": ranks(frame, protocols),
        "divergence": divergence_rates(frame, settled),
        "descriptive": describe(frame, protocols, chosen["baseline"]),
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


def transfer_groups(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each measure's estimate over seeds, for each pair of architectures and methods of a dataset."""
    return [
        dict(zip(PAIR_KEYS, key, strict=True))
        | {measure: asdict(estimate(rows[measure])) for measure in PAIR_MEASURES}
        for key, rows in table.groupby(PAIR_KEYS, sort=False)
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
        {"run": record.run.id, "column": column, "reason": entry.get("reason")}
        for record in records
        if record.file.reproducible.outcome == "completed"
        for column, entry in record.entries.items()
        if entry["value"] is None and "beyond" not in entry
    ]


def _censored(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Values known only to lie beyond something: steps to a target that was not reached."""
    return [
        {"run": record.run.id, "column": column, "beyond": entry["beyond"]}
        for record in records
        for column, entry in record.entries.items()
        if entry["value"] is None and "beyond" in entry
    ]


Metrics = dict[str, dict[str, dict[str, dict[str, float | None]]]]
"""Dataset -> architecture -> method, with `-<variant>` of a variant -> column -> mean over seeds."""

_FOLLOWED = "_over_steps_"
_LOSSES = ["loss_discriminator", "loss_generator"]


def metrics(groups: Iterable[Mapping[str, Any]], protocols: Protocols) -> Metrics:
    """The means of the primary columns; null where no seed has a value."""
    chosen = {dataset: [c.name for c in primary(columns)] for dataset, columns in protocols.items()}
    document: Metrics = {}
    for row in groups:
        if row["column"] in chosen[row["dataset"]]:
            methods = document.setdefault(row["dataset"], {}).setdefault(row["architecture"], {})
            method = "-".join(filter(None, (row["method"], row.get(VARIANT))))
            methods.setdefault(method, {})[row["column"]] = row["mean"]
    return document


def scores_over_steps(curves: pd.DataFrame) -> pd.DataFrame:
    """FID or energy distance while training went on: the mean over seeds, a row a snapshot."""
    followed = curves[curves["column"].str.contains(_FOLLOWED, regex=False)]
    renamed = followed.rename(columns={"at": "generator_step", "value": "mean"})
    keys = [*setting(renamed), "method", "column", "generator_step"]
    return _with_panel(renamed.groupby(keys, sort=False, as_index=False)[["mean"]].mean(), "column")


def losses_over_steps(history: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """D's and G's loss: the mean over the seeds that completed, a row a logged step."""
    completed = frame.loc[frame["outcome"] == "completed", "run"]
    rows = history[history["run"].isin(completed)].rename(columns={"step": "generator_step"})
    logged = [loss for loss in _LOSSES if loss in rows]
    keys = [*setting(rows), "method", "generator_step"]
    return _with_panel(rows.groupby(keys, sort=False)[logged].mean().reset_index())


def _with_panel(table: pd.DataFrame, *more: str) -> pd.DataFrame:
    """With the name of the panel that a row is drawn in, since DVC's templates split by one field."""
    shown = placed(table)
    return table.assign(panel=shown["dataset"].str.cat(shown[["architecture", *more]], sep=", "))
