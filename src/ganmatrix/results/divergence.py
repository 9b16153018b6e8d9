"""How often training diverged, with exact intervals."""

from typing import Any

import pandas as pd
import scipy.stats

from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import SETTING


def divergence_rates(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Each method's share of diverged runs, within every setting and, with null for both names, over all.

    The interval is Clopper and Pearson's, exact for runs that diverge independently with one probability:
    with no divergence among 3 runs it still reaches 0.71. Runs that are not trained yet do not count;
    where there is no other, rate and interval are None.
    """
    overall = [
        {"dataset": None, "architecture": None, "method": method} | _rate(runs)
        for method, runs in frame.groupby("method", sort=False)
    ]
    return overall + [
        dict(zip((*SETTING, "method"), key, strict=True)) | _rate(runs)
        for key, runs in frame.groupby([*SETTING, "method"], sort=False)
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
