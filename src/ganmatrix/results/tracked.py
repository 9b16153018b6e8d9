"""What DVC itself can compare and draw: a small document of means, and small tables over steps."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ganmatrix.columns import primary
from ganmatrix.results.matrix import VARIANT, setting
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.variants import placed

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
