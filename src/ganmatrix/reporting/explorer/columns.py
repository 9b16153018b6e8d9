"""Which columns are in view at first, and how the others are told apart."""

from collections.abc import Iterable

from ganmatrix.columns import EXTRACTORS, SECTIONS, Column, ordered
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.results.matrix import COSTS

OVERVIEW = (
    ("fid",),
    ("kid",),
    ("precision",),
    ("recall",),
    ("coverage",),
    ("modes",),
    ("high_quality_share",),
    ("energy_distance",),
    ("clean_auroc",),
    ("pgd_auroc", "fgsm_auroc"),
    ("lipschitz_ascent", "gradient_norm_real_max"),
    ("operations_per_step",),
)
"""In view at first: of each entry the first measure that a dataset has."""

BEFORE_TRAINING = ("fid", "energy_distance")
"""Beside these stands what they were before training."""

_CHECKPOINTS = (None, "ema", "best", "last", "init")


def columns_of(evidence: Evidence, dataset: str) -> list[Column]:
    """What was measured on a dataset, costs at the end."""
    return ordered([*evidence.columns(dataset), *COSTS])


def overview(evidence: Evidence) -> list[str]:
    """The columns in view at first: of averaged weights and the first extractor, where there is a choice."""
    chosen: dict[str, None] = {}
    for keys in OVERVIEW:
        for dataset in evidence.datasets:
            columns = sorted(columns_of(evidence, dataset), key=_preference)
            key = next((key for key in keys if any(c.key == key for c in columns)), None)
            candidates = [c for c in columns if c.key == key]
            untrained = [c for c in candidates if c.checkpoint == "init" and key in BEFORE_TRAINING]
            chosen |= dict.fromkeys(c.name for c in [*candidates[:1], *untrained[:1]])
    return list(chosen)


def sections(columns: Iterable[Column]) -> dict[str, list[Column]]:
    """The columns by section of the catalogue; those without one at the end."""
    listed = list(columns)
    found = {title: [c for c in listed if c.key in measures] for title, measures in SECTIONS.items()}
    found["Others"] = [c for c in listed if not any(c.key in measures for measures in SECTIONS.values())]
    return {title: within for title, within in found.items() if within}


def _preference(measured: Column) -> tuple[int, int]:
    """Averaged weights before others; general features before those of one task."""
    extractors = [None, *EXTRACTORS]
    known = measured.extractor in extractors
    rank = extractors.index(measured.extractor) if known else len(extractors)
    return _CHECKPOINTS.index(measured.checkpoint), rank
