"""Whether a run has learned anything: a claim about methods that have not is tested on noise."""

from collections.abc import Sequence

import pandas as pd

from ganmatrix.columns import leading
from ganmatrix.results.floors import Floor
from ganmatrix.results.matrix import setting
from ganmatrix.results.protocols import Protocols

LEAST_SHARE = 0.5
"""Of the way from the untrained generator's score to that of real data, which a run must have gone."""

LEARNED = "learned"
"""The matrix's column: true, false, or missing where it cannot be told."""


def learned(frame: pd.DataFrame, protocols: Protocols, floors: Sequence[Floor]) -> pd.Series:
    """For each row of the matrix, whether its run has learned.

    Judged by the dataset's first FID or energy distance, of the averaged weights where they are scored: it
    must be at least half way from the score of the run's own untrained generator to the floor, the score
    of real data that training did not see; to 0 where there is none. Missing where a run has no such scores:
    it diverged, or its recipe keeps no snapshots; and
    where real data score no better than the untrained generator.
    """
    real = {(row["dataset"], row["column"]): row["value"] or 0.0 for row in floors}
    found = pd.Series(pd.NA, index=frame.index, dtype="boolean")
    for dataset, columns in protocols.items():
        score = leading(columns, distance=True)
        if score is None or (before := score.at("init").name) not in frame:
            continue
        rows = frame[(frame["dataset"] == dataset) & (frame["outcome"] == "completed")]
        start, end = rows[before], rows[score.name]
        way = start - real.get((dataset, score.at(None).name), 0.0)
        known = rows.index[start.notna() & end.notna() & (way > 0)]
        found[known] = (start - end)[known] >= LEAST_SHARE * way[known]
    return found


def teaching(frame: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """The rows of the settings in which at least one of the methods has learned, in half of its runs or more.

    A setting where nothing is known counts as one.
    """
    if LEARNED not in frame:
        return frame
    compared, keys = frame[frame["method"].isin(methods)], setting(frame)
    shares = compared.groupby([*keys, "method"], sort=False)[LEARNED].mean()
    best = shares.groupby(level=keys, sort=False).max()
    failed = best.index[(best < LEAST_SHARE).fillna(False)]
    return frame[~pd.MultiIndex.from_frame(frame[keys]).isin(failed)]
