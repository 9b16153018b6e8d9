"""The claims of params.yaml, adjudicated: a row a claim, with effects, intervals and verdict."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.matrix import COSTS
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import Estimate, differences, estimate, paired
from ganmatrix.results.verdicts import Comparison, Verdict, decide

_DTYPES = {
    "claim": "string",
    "paper": "string",
    "sentence": "string",
    "metric": "string",
    "method": "string",
    "baseline": "string",
    "control": "string",
    "direction": "string",
    "effect_kind": "string",
    "smallest_effect": "float64",
    "verdict": "string",
    "reason": "string",
    "effect": "float64",
    "low": "float64",
    "high": "float64",
    "pairs": "int64",
    "missing_pairs": "int64",
    "control_effect": "float64",
    "control_low": "float64",
    "control_high": "float64",
    "control_pairs": "int64",
    "lost_cells": "string",
}

_NO_EFFECT = Estimate(None, None, None, None, 0, 0)


def adjudicate(claims: Mapping[str, Claim], frame: pd.DataFrame, protocols: Protocols) -> pd.DataFrame:
    """One row a claim, with the same columns even if there is none.

    `frame` is the matrix; `protocols` says on which datasets a column was measured. `effect`, `low`
    and `high` are oriented: positive is the claimed direction. `lost_cells` names the cells of the
    compared methods that have no value, each with the reason.
    """
    rows = [_row(name, claim, frame, protocols) for name, claim in claims.items()]
    return pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)


def compare(claim: Claim, opponent: str, frame: pd.DataFrame) -> Comparison:
    """The claim's method against one opponent, over the datasets of `frame`."""
    pairs = paired(frame, claim.metric, claim.method, opponent)
    sign = -1 if claim.direction == "lower" else 1
    complete = pairs.dropna()
    effects = sign * differences(pairs, relative=claim.effect == "relative")
    diverged = frame.loc[frame["outcome"] == "diverged", "method"]
    return Comparison(
        opponent=opponent,
        effect=estimate(effects),
        all_equal=bool((complete["method"] == complete["opponent"]).all()),
        scale_positive=bool(effects[complete.index].notna().all()),
        method_diverged=int((diverged == claim.method).sum()),
        opponent_diverged=int((diverged == opponent).sum()),
    )


def _row(name: str, claim: Claim, frame: pd.DataFrame, protocols: Protocols) -> dict[str, Any]:
    cost = claim.metric in COSTS
    datasets = [dataset for dataset, columns in protocols.items() if cost or claim.metric in columns]
    measured = frame[frame["dataset"].isin(datasets)]
    grid = set(frame["method"])
    absent = [role for role in (claim.method, claim.baseline, claim.control) if role not in {None, *grid}]
    effect = control = _NO_EFFECT
    lost = ""
    if not datasets:
        verdict = Verdict("not tested", f"no cell has a column {claim.metric}")
    elif absent:
        verdict = Verdict("not tested", f"not in the grid: {', '.join(map(str, absent))}")
    else:
        against_baseline = compare(claim, claim.baseline, measured)
        against_control = compare(claim, claim.control, measured) if claim.control else None
        verdict = decide(against_baseline, against_control, claim.smallest_effect)
        effect = against_baseline.effect
        control = against_control.effect if against_control else _NO_EFFECT
        lost = _lost(measured, claim)
    return {
        "claim": name,
        **claim.model_dump(exclude={"effect"}),
        "effect_kind": claim.effect,
        "verdict": verdict.outcome,
        "reason": verdict.reason,
        "effect": effect.mean,
        "low": effect.low,
        "high": effect.high,
        "pairs": effect.n,
        "missing_pairs": effect.missing,
        "control_effect": control.mean,
        "control_low": control.low,
        "control_high": control.high,
        "control_pairs": control.n,
        "lost_cells": lost,
    }


def _lost(frame: pd.DataFrame, claim: Claim) -> str:
    """`cell (diverged at step 40: non_finite_loss); ...` for every cell that should have had a value."""
    compared = frame[frame["method"].isin([claim.method, claim.baseline, claim.control])]
    diverged = compared["outcome"] == "diverged"
    without = compared[diverged | compared[claim.metric].isna()]
    return "; ".join(
        f"{row.cell} (diverged at step {row.outcome_step}: {row.outcome_reason})"
        if row.outcome == "diverged"
        else f"{row.cell} (no value)"
        for row in without.itertuples()
    )
