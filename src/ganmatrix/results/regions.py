"""Where methods train: the share of the variants, and their scores along an axis of the lattice."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.columns import leading
from ganmatrix.params import Params
from ganmatrix.params.variants import Variant, listed, number
from ganmatrix.results.matrix import SETTING
from ganmatrix.results.protocols import Protocols
from ganmatrix.results.statistics import estimate, observed


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
