"""Made-up runs with effects that are known, and the claim that they are judged by."""

import numpy as np
import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.claims import adjudicate
from helpers.stated import STATED

PROTOCOLS = {"digits": {"fid": {}}, "ring8": {"modes": {}}}
OLD = [30.0, 31.0, 29.0, 30.5, 29.8, 30.2, 30.9, 29.4]
BETTER = [25.0, 26.3, 24.1, 25.4, 24.9, 25.3, 26.1, 24.4]
MIDWAY = [27.0, 28.1, 26.0, 27.3, 26.9, 27.4, 28.0, 26.5]


def a_claim(**changes: object) -> Claim:
    """That `new` lowers FID by more than 1 against `old`."""
    fields = {
        **STATED,
        "metric": "fid",
        "method": "new",
        "baseline": "old",
        "direction": "lower",
        "effect": "difference",
        "smallest_effect": 1.0,
    }
    return Claim(**(fields | changes))


def runs_of(scores: dict[str, list[float]], dataset: str = "digits", column: str = "fid") -> pd.DataFrame:
    """A row a run with these scores, method by method and seed by seed."""
    rows = [
        {
            "run": f"{dataset}-a-{method}-{seed}",
            "dataset": dataset,
            "architecture": "a",
            "method": method,
            "seed": seed,
            "outcome": "completed",
            "outcome_reason": None,
            "outcome_step": None,
            "wall_seconds": 9.0,
            "cpu_seconds": 8.0,
            column: value,
        }
        for method, values in scores.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows)


def diverge(frame: pd.DataFrame, *runs: str) -> pd.DataFrame:
    """The same, with these runs diverged."""
    frame = frame.astype({"outcome_reason": object, "outcome_step": object})
    hit = frame["run"].isin(runs)
    frame.loc[hit, ["outcome", "outcome_reason", "outcome_step"]] = ["diverged", "non_finite_loss", 40]
    frame.loc[hit, "fid"] = np.nan
    return frame


def judged(frame: pd.DataFrame, **changes: object) -> pd.Series:
    """The row of one claim about these runs."""
    return adjudicate({"c": a_claim(**changes)}, frame, PROTOCOLS).iloc[0]


def runs_by_architecture(**scores: dict[str, list[float]]) -> pd.DataFrame:
    """Runs of several architectures of one dataset."""
    frames = [runs_of(of).assign(architecture=architecture) for architecture, of in scores.items()]
    frame = pd.concat(frames, ignore_index=True)
    frame["run"] = frame["dataset"] + "-" + frame["architecture"] + frame["run"].str[len("digits-a") :]
    return frame


def with_divergence(method: int, opponent: int, seeds: int = 12) -> pd.DataFrame:
    """Equal runs, of which so many of the method and of its opponent diverged."""
    frame = runs_of({"new": [1.0] * seeds, "old": [1.0] * seeds})
    lost = [f"digits-a-new-{i}" for i in range(method)] + [
        f"digits-a-old-{seeds - 1 - i}" for i in range(opponent)
    ]
    return diverge(frame, *lost)
