"""What describes many runs at once: the views that readers of rliable expect, and where methods train.

No verdict rests on them.

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
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ganmatrix.cell import Cell
from ganmatrix.columns import column as parsed
from ganmatrix.columns import leading, primary
from ganmatrix.params import Params
from ganmatrix.params.variants import Variant, listed, number
from ganmatrix.results.artifacts import Protocols
from ganmatrix.results.effect import Values
from ganmatrix.results.levels import CONFIDENCE
from ganmatrix.results.matrix import SETTING
from ganmatrix.results.statistics import estimate, observed

DRAWS = 2000
"""Resamples of the bootstrap."""

POINTS = 41
"""Thresholds of a profile, both ends included."""

Row = dict[str, Any]


@dataclass(frozen=True)
class ResampledRuns:
    """The runs of one method in one setting, at least one."""

    scores: Values
    """(n,) ascending. Greater is better: distances are negated. -inf where training diverged."""
    counts: Values
    """(1 + DRAWS, n): how often each run is taken, first as observed (once each), then by each resample.

    NaN in the resamples of a single run, which says nothing about spread.
    """


def resampled(scores: ArrayLike, name: str) -> ResampledRuns:
    """Runs with these scores, in any order, resampled by the random stream of that name."""
    ascending = np.sort(np.asarray(scores, dtype=float))
    n = len(ascending)
    counts = np.full((1 + DRAWS, n), np.nan)
    counts[0] = 1
    if n > 1:
        counts[1:] = np.random.default_rng(list(name.encode())).multinomial(n, [1 / n] * n, DRAWS)
    return ResampledRuns(ascending, counts)


def interquartile_means(runs: ResampledRuns) -> Values:
    """(1 + DRAWS,) means of the middle half; -inf where diverged runs reach it."""
    quarter = runs.counts.sum(axis=1, keepdims=True) / 4
    ends = np.clip(np.cumsum(runs.counts, axis=1), quarter, 3 * quarter)
    weights = np.diff(ends, prepend=quarter, axis=1) / (2 * quarter)
    return np.multiply(weights, runs.scores, out=np.zeros_like(weights), where=weights != 0).sum(axis=1)


def improvements(runs: ResampledRuns, baseline: ResampledRuns) -> Values:
    """(1 + DRAWS,) shares in [0, 1] of the pairs in which the run scores better, plus half the ties."""
    better = runs.scores[:, None] > baseline.scores
    tied = runs.scores[:, None] == baseline.scores
    shares = ((runs.counts @ (better + tied / 2)) * baseline.counts).mean(axis=1)
    return shares / len(runs.scores)


def profile(runs: ResampledRuns, untrained: float, best: float) -> Values | None:
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
    samples = {method: resampled(each.dropna(), f"{name}/{method}") for method, each in methods.items()}
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


@dataclass(frozen=True)
class _Region:
    """The variants of a method on a dataset with an architecture, and the leading scores of their runs."""

    keys: Mapping[str, str]
    """Dataset, architecture, method, and the column that leads."""
    variants: Mapping[str, Variant]
    """By name, as cells of the method see them."""
    cells: Mapping[str, str]
    """By variant, the id of its cell."""
    scores: pd.DataFrame
    """A row a seed, a column a cell: infinite where training diverged, NaN where it has no score yet."""
    best: float
    """The lowest mean over seeds of any cell of the dataset and architecture."""


def regions(frame: pd.DataFrame, protocols: Protocols, params: Params) -> dict[str, list[dict[str, Any]]]:
    """summary.json's `variants`, `trains` and `sweeps`; docs/results.md describes them.

    A run trains if it did not diverge and its leading score, of which lower is better, is at most
    `grid.trains_within` times the best cell's. The best cell has the lowest mean over seeds, over all methods
    and variants of its dataset and architecture; one without a value for every seed counts only if all lack
    some. So the best does not fall with the number of seeds, as the best run's would.
    """
    found = list(_regions(frame, protocols, params))
    within = params.grid.trains_within
    return {
        "variants": [row for region in found for row in _variants(region, within)],
        "trains": [_trains(region, within) for region in found],
        "sweeps": [row for region in found for row in _sweeps(region)],
    }


def _regions(frame: pd.DataFrame, protocols: Protocols, params: Params) -> Iterator[_Region]:
    grid, every = params.grid, listed(params.grid)
    for dataset, architecture in product(grid.datasets, grid.architectures):
        score = leading(protocols[dataset], distance=True)
        runs = frame[(frame[SETTING] == [dataset, architecture]).all(axis="columns")]
        if score is None or (best := _best(runs, score.name)) is None:
            continue
        column = score.name
        diverged = runs["outcome"] == "diverged"
        scores = runs.assign(score=observed(runs, column).mask(diverged, np.inf))
        table = scores.set_index(["seed", "cell"])["score"].unstack()
        for method in grid.methods:
            seen = {own.name: own for each in every if (own := each.of(method))}
            if not seen:
                continue
            standing = params.standing(dataset, architecture, method)
            cells = {name: Cell(dataset, architecture, method, standing[name]).id for name in seen}
            keys = {"dataset": dataset, "architecture": architecture, "method": method, "column": column}
            yield _Region(keys, seen, cells, table[list(dict.fromkeys(cells.values()))], best)


def _best(runs: pd.DataFrame, column: str) -> float | None:
    """The lowest mean of a cell; of those without a missing value, if there are some."""
    found = [estimate(observed(of_cell, column)) for _, of_cell in runs.groupby("cell", sort=False)]
    means = [each.mean for each in found if each.mean is not None and not each.missing]
    return min(means or [each.mean for each in found if each.mean is not None], default=None)


def _variants(region: _Region, within: float) -> Iterator[dict[str, Any]]:
    for name, cell in region.cells.items():
        known = region.scores[cell].dropna()
        variant = region.variants[name]
        yield {
            **region.keys,
            "variant": name,
            "cell": cell,
            "values": dict(variant.overrides),
            "is_point": variant.is_point,
            "trained": int((known <= within * region.best).sum()),
            "of": len(known),
        }


def _trains(region: _Region, within: float) -> dict[str, Any]:
    known = region.scores.notna().sum(axis="columns")
    trained = (region.scores <= within * region.best).sum(axis="columns")
    seeds = [
        {"seed": int(seed), "trained": int(count), "of": int(of)}
        for seed, count, of in zip(region.scores.index, trained, known, strict=True)
        if of
    ]
    share = asdict(estimate(each["trained"] / each["of"] for each in seeds))
    return {**region.keys, "within": within, "best": region.best, **share, "seeds": seeds}


def _sweeps(region: _Region) -> Iterator[dict[str, Any]]:
    """Each numeric axis of the lattice: of each seed the median over the others, then over seeds an estimate.

    A median that lies among diverged runs is censored.
    """
    points = {name: dict(each.overrides) for name, each in region.variants.items() if each.is_point}
    for axis in dict.fromkeys(key for values in points.values() for key in values):
        along: dict[float, list[str]] = {}
        for name, values in points.items():
            if axis in values and (at := number(values[axis])) is not None:
                along.setdefault(at, []).append(region.cells[name])
        for at, cells in sorted(along.items()) if len(along) > 1 else ():
            scores = region.scores[list(dict.fromkeys(cells))]
            medians = scores.median(axis="columns").mask(scores.isna().any(axis="columns"))
            yield {**region.keys, "axis": axis, "at": at, "points": len(cells), **asdict(estimate(medians))}
