"""Runs whose value lies far from all others of their kind: where there are some, no test keeps its level."""

import numpy as np
import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.matrix import SETTING
from ganmatrix.results.statistics import observed

FAR = 6.0
"""Deviations from the median, which runs of equal spread hardly ever reach."""

_DEVIATION = 1.4826
"""That of a normal distribution over its median absolute deviation."""


def far_runs(claim: Claim, frame: pd.DataFrame) -> list[str]:
    """The runs of the claim's method and baseline that lie FAR from the median of their setting and method.

    Deviations are told by the median of all distances, which a run that went bad does not move. A relative
    effect is looked at as a logarithm, as in its test. Where half of the values are equal none is far.
    """
    runs = frame[frame["method"].isin([claim.method, claim.baseline])]
    values = observed(runs, claim.metric).astype(float).replace([np.inf, -np.inf], np.nan)
    if claim.effect == "relative":
        values = values.where(values > 0).map(np.log)
    kinds = [runs[key] for key in (*SETTING, "method")]
    distance = (values - values.groupby(kinds).transform("median")).abs()
    deviation = _DEVIATION * distance.groupby(kinds).transform("median")
    return runs.loc[(deviation > 0) & (distance > FAR * deviation), "run"].astype(str).tolist()
