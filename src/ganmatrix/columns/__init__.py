"""The columns of the results: each one's name, title, direction, unit, bounds and explanation, once."""

from ganmatrix.columns.column import (
    CHECKPOINTS,
    EXTRACTORS,
    MEASURES,
    SECTIONS,
    Checkpoint,
    Column,
    column,
    every,
    leading,
    ordered,
    preferred,
    primary,
)
from ganmatrix.columns.measure import ANY, SHARE, Bounds, Direction, Measure

__all__ = [
    "ANY",
    "CHECKPOINTS",
    "EXTRACTORS",
    "MEASURES",
    "SECTIONS",
    "SHARE",
    "Bounds",
    "Checkpoint",
    "Column",
    "Direction",
    "Measure",
    "column",
    "every",
    "leading",
    "ordered",
    "preferred",
    "primary",
]
