"""How sure a verdict must be, and the fewest seeds with which one is possible at all."""

import math

from ganmatrix.params import Params

CONFIDENCE = 0.95
"""Of every interval."""

LEVEL = (1 - CONFIDENCE) / 2
"""Of each way that an interval can miss, and that a verdict can be wrong over all claims."""

FEWEST_PAIRS = math.ceil(math.log2(1 / LEVEL))
"""With fewer, no pattern of signs is as rare as LEVEL: there is no interval, and nothing is decided."""


def fewest_seeds(settings: int, level: float) -> int:
    """Seeds a setting below which no outcome is rare enough to decide anything at this level."""
    return math.ceil(math.log2(1 / level) / settings)


def too_few(params: Params) -> str | None:
    """A sentence if the grid has too few seeds for any verdict, even if every setting has the column."""
    grid = params.grid
    claims = sum(
        {claim.method, claim.baseline} <= {*grid.methods} and claim.metric != "diverged"
        for claim in params.claims.values()
    )
    if not claims:
        return None
    settings, seeds = len(grid.datasets) * len(grid.architectures), len(grid.seeds)
    needed = fewest_seeds(settings, LEVEL / claims)
    if seeds >= needed:
        return None
    return (
        f"with {seeds} seed{'s' if seeds > 1 else ''} and {settings} setting{'s' if settings > 1 else ''} "
        f"none of {claims} claims can be decided; {needed} seeds would do"
    )
