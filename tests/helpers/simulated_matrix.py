"""Matrices drawn from a model whose truth is known: settings of different level and effect, seeds, noise."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ganmatrix.params.claims import Claim
from ganmatrix.results.artifacts import Protocols
from helpers.stated import STATED

DATASETS, ARCHITECTURES, SEEDS = ("digits", "photos"), ("conventional", "resnet_sn"), (0, 1, 2)
PROTOCOLS: Protocols = {dataset: {f"fid_{i}": {} for i in range(12)} for dataset in DATASETS}


def claim(metric: str = "fid_0", **changes: object) -> Claim:
    """`new` lowers the metric by more than 10% of `old`'s."""
    fields = {
        **STATED,
        "metric": metric,
        "method": "new",
        "baseline": "old",
        "direction": "lower",
        "effect": "relative",
        "smallest_effect": 0.1,
    }
    return Claim(**(fields | changes))


def simulate(
    rng: np.random.Generator,
    gains: Mapping[str, float],
    columns: Sequence[str] = ("fid_0",),
    noise: float = 0.08,
    spread: float = 0.1,
    seeds: Sequence[int] = SEEDS,
    noises: Sequence[float] = (0.5, 0.83, 1.17, 1.5),
) -> pd.DataFrame:
    """Score = level (1 - gain) + level noise: each method's mean gain over settings is that of `gains`.

    Levels differ between settings by factors, gains by up to +-`spread` (which averages out over them),
    noise by the factors `noises`. A seed shifts all methods alike, which is why they are paired.
    """
    settings = [(dataset, architecture) for dataset in DATASETS for architecture in ARCHITECTURES]
    keys = [(*setting, method, seed) for setting in settings for method in gains for seed in seeds]
    table = pd.DataFrame(keys, columns=["dataset", "architecture", "method", "seed"])
    table["run"] = table.astype(str).agg("-".join, axis=1)
    table["cell"] = table["run"].str.rpartition("-")[0]
    table = table.assign(outcome="completed", outcome_reason=None, outcome_step=None)
    table = table.assign(
        operations_per_step=30.0, wall_seconds=9.0, cpu_seconds=8.0, images_per_second=7000.0
    )
    tilt = np.linspace(-spread, spread, len(settings))
    for column in columns:
        level = 40 * np.exp(rng.normal(size=(len(settings), 1, 1)))
        gain = np.array(list(gains.values()))[None, :, None]
        gain = gain + np.where(gain == gain[0, 0, 0], 0, tilt[:, None, None])
        scale = noise * np.array(noises)[:, None, None]
        shared = rng.normal(size=(len(settings), 1, len(seeds)))
        own = rng.normal(size=(len(settings), len(gains), len(seeds)))
        table[column] = (level * (1 - gain + scale * (shared + own) / np.sqrt(2))).ravel()
    return table
