"""Views of the runs that readers of rliable expect. They describe the runs; no verdict rests on them.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice" (NeurIPS, arXiv
2108.13264). Of a method's runs in a setting, in each leading score (`primary`):

- *Interquartile mean*: a quarter of the weight is trimmed at each end, so that of five runs the middle three
  count 3/4, 1, 3/4. rliable takes scipy's `trim_mean(0.25)`, which trims int(n / 4) whole runs: the same if 4
  divides n, but the plain mean of three runs.
- *Probability of improvement* over the baseline: of all pairs of a run with a run of the baseline, the share
  in which it has the better score, plus half the ties. This is Mann and Whitney's U over n m, and 1/2 for
  methods that are alike.
- *Performance profile*: the share of runs that score at or beyond each of `POINTS` thresholds, from the mean
  of the setting's untrained generators (`_init`) to its best run. Every score has these two ends, so that
  profiles of all settings share an axis; a new best run moves it. Thresholds of a distance stand in equal
  ratios, since trained runs would crowd at the end of equal steps; all others stand in equal steps.

A diverged run is worse than every score and ties with another that diverged. So the interquartile mean exists
only if all diverged runs fall within the trimmed quarter. Runs without a score are left out and counted.

Intervals are percentiles of a bootstrap over seeds, stratified by setting and method. They describe, too, and
are too narrow for few seeds: of normal scores they cover the truth in 75% to 80% of cases with three seeds,
90% with five, 93% to 95% with ten to twenty. Settings weigh alike where they are put together.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ganmatrix.columns import column as parsed
from ganmatrix.columns import primary
from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import Values, observed

DRAWS = 2000
"""Resamples of the bootstrap."""

POINTS = 41
"""Thresholds of a profile, both ends included."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """The runs of one method in one setting, at least one."""

    scores: Values
    """(n,) ascending. Greater is better: distances are negated. -inf where training diverged."""
    counts: Values
    """(1 + DRAWS, n): how often each run is taken, first as observed (once each), then by each resample.

    NaN in the resamples of a single run, which says nothing about spread.
    """


def sample(scores: ArrayLike, name: str) -> Sample:
    """Runs with these scores, in any order, resampled by the random stream of that name."""
    ascending = np.sort(np.asarray(scores, dtype=float))
    n = len(ascending)
    counts = np.full((1 + DRAWS, n), np.nan)
    counts[0] = 1
    if n > 1:
        counts[1:] = np.random.default_rng(list(name.encode())).multinomial(n, [1 / n] * n, DRAWS)
    return Sample(ascending, counts)


def interquartile_means(runs: Sample) -> Values:
    """(1 + DRAWS,) means of the middle half; -inf where diverged runs reach it."""
    quarter = runs.counts.sum(axis=1, keepdims=True) / 4
    ends = np.clip(np.cumsum(runs.counts, axis=1), quarter, 3 * quarter)
    weights = np.diff(ends, prepend=quarter, axis=1) / (2 * quarter)
    return np.multiply(weights, runs.scores, out=np.zeros_like(weights), where=weights != 0).sum(axis=1)


def improvements(runs: Sample, baseline: Sample) -> Values:
    """(1 + DRAWS,) shares in [0, 1] of the pairs in which the run scores better, plus half the ties."""
    better = runs.scores[:, None] > baseline.scores
    tied = runs.scores[:, None] == baseline.scores
    shares = ((runs.counts @ (better + tied / 2)) * baseline.counts).mean(axis=1)
    return shares / len(runs.scores)


def profile(runs: Sample, untrained: float, best: float) -> Values | None:
    """(POINTS,) shares in [0, 1] of the runs at or beyond thresholds from `untrained` to `best`.

    These are negated for a distance, as scores are. None if no run is beyond the untrained generators.
    """
    if not untrained < best or untrained < 0 <= best:
        return None
    thresholds = (np.geomspace if untrained < 0 else np.linspace)(untrained, best, POINTS)
    return (runs.scores[:, None] >= thresholds).mean(axis=0)


def describe(frame: pd.DataFrame, protocols: Protocols, baselines: Mapping[str, str]) -> dict[str, list[Row]]:
    """The views of each leading score within every setting, and over all; docs/results.md has the keys.

    `frame` is the matrix, `baselines` names a method's. A method without any run to describe in a setting has
    no row there, and none over all.
    """
    leading = {dataset: [c.name for c in primary(columns)] for dataset, columns in protocols.items()}
    rows: dict[str, list[Row]] = {"settings": [], "overall": []}
    for column in dict.fromkeys(name for names in leading.values() for name in names):
        settings = {
            (str(dataset), str(architecture)): runs
            for (dataset, architecture), runs in frame.groupby(SETTING, sort=False)
            if column in leading[str(dataset)]
        }
        views: dict[str, list[list[Values | None]]] = {}
        for (dataset, architecture), runs in settings.items():
            where = {"dataset": dataset, "architecture": architecture, "column": column}
            for row, view in _within(runs, column, f"{dataset}/{architecture}/{column}", baselines):
                rows["settings"].append(where | row | _stated(view))
                views.setdefault(row["method"], []).append(view)
        rows["overall"] += [
            {"column": column, "method": method, "baseline": baselines.get(method)}
            | _stated([_mean(parts) for parts in zip(*each, strict=True)])
            for method, each in views.items()
            if len(each) == len(settings)
        ]
    return rows


def _within(
    runs: pd.DataFrame, column: str, name: str, baselines: Mapping[str, str]
) -> Iterator[tuple[Row, list[Values | None]]]:
    """Of each method in one setting: what can be said there only; its improvements and its profile."""
    score = parsed(column)
    sign, before = -1 if score.measure.better == "lower" else 1, score.at("init").name
    scores = (sign * observed(runs, column)).mask(runs["outcome"] == "diverged", -np.inf)
    untrained = sign * float(runs[before].mean()) if before in runs else np.nan
    best = float(scores.max())
    methods = {str(m): each for m, each in scores.groupby(runs["method"], sort=False) if each.notna().any()}
    samples = {method: sample(each.dropna(), f"{name}/{method}") for method, each in methods.items()}
    for method, own in samples.items():
        opponent = samples.get(baselines.get(method, ""))
        row = {
            "method": method,
            "baseline": baselines.get(method),
            "runs": len(own.scores),
            "diverged": int(np.isinf(own.scores).sum()),
            "missing": int(methods[method].isna().sum()),
            "interquartile_mean": _estimate(sign * interquartile_means(own)),
            "untrained": _finite(sign * untrained),
            "best": _finite(sign * best),
        }
        yield row, [improvements(own, opponent) if opponent else None, profile(own, untrained, best)]


def _stated(view: list[Values | None]) -> Row:
    improved, reached = view
    return {
        "improvement": None if improved is None else _estimate(improved),
        "profile": None if reached is None else reached.tolist(),
    }


def _mean(parts: tuple[Values | None, ...]) -> Values | None:
    """Over settings, which weigh alike; None unless each has a value."""
    known = [part for part in parts if part is not None]
    return np.mean(known, axis=0) if len(known) == len(parts) else None


def _estimate(values: Values) -> dict[str, float | None]:
    """The value as observed, and percentiles of the resamples; None for what is no finite number."""
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values[1:], [tail, 1 - tail], method="inverted_cdf")
    return {"value": _finite(values[0]), "low": _finite(low), "high": _finite(high)}


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
