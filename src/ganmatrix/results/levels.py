"""How sure a verdict must be, and the fewest seeds with which one is possible at all.

Snakemake reads this before each run, so it loads neither pandas nor scipy.
"""

import itertools
import math
from collections.abc import Sequence

from ganmatrix.columns import column
from ganmatrix.params import Params
from ganmatrix.params.claims import Claim

CONFIDENCE = 0.95
"""Of every interval."""

LEVEL = (1 - CONFIDENCE) / 2
"""Of each way that an interval can miss, and that a verdict can be wrong over all claims."""

FEWEST_PAIRS = math.ceil(math.log2(1 / LEVEL))
"""With fewer, no pattern of signs is as rare as LEVEL: there is no interval, and nothing is decided."""


def fewest_seeds(settings: int, level: float) -> int:
    """Seeds a setting below which no outcome is rare enough to decide anything at this level."""
    return math.ceil(math.log2(1 / level) / settings)


def family(least: Sequence[float]) -> list[bool]:
    """Which tests can reach the level that they share: the others need no correction (Tarone 1990).

    `least` are the smallest p values that each test can give. With the smallest k for which at most k of them
    are up to LEVEL / k, these k share the level, and no test outside can ever reach it.
    """
    for k in range(1, len(least) + 1):
        members = [p <= LEVEL / k for p in least]
        if sum(members) <= k:
            break
    return members if least else []


def too_few(params: Params) -> str | None:
    """A sentence if the grid has too few seeds for any verdict, even if no run is lost."""
    claims = [claim for claim in params.claims.values() if claim.metric != "diverged"]
    settings = [count for claim in claims if (count := _settings(claim, params))]
    seeds = len(params.grid.seeds)
    if not settings or any(_decidable(settings, seeds)):
        return None
    needed = next(n for n in itertools.count(seeds + 1) if any(_decidable(settings, n)))
    return (
        f"with {seeds} seed{'s' if seeds > 1 else ''} none of {len(settings)} claims can be decided; "
        f"{needed} seeds would do for some"
    )


def _decidable(settings: Sequence[int], seeds: int) -> list[bool]:
    """Of each claim with so many settings; below FEWEST_PAIRS there is no test."""
    pairs = [seeds * count for count in settings]
    return family([0.5**n if n >= FEWEST_PAIRS else 1.0 for n in pairs])


def _settings(claim: Claim, params: Params) -> int:
    """In how many settings its column can be measured, at most; 0 if the grid lacks one of its methods."""
    grid, metric = params.grid, column(claim.metric)
    if not {claim.method, claim.baseline} <= {*grid.methods}:
        return 0
    of_points = {name for name in grid.datasets if params.datasets[name].is_points}
    datasets = {*grid.datasets}
    if metric.extractor:
        datasets -= of_points
    elif metric.measure.scored and metric.key not in ("modes", "reverse_kl"):
        datasets &= of_points
    return len(datasets) * len(grid.architectures)
