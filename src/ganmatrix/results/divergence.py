"""How often training diverged, with exact intervals."""

from typing import Any

import pandas as pd
import scipy.stats

from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import setting


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
