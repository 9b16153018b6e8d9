"""What a column measures, in plain words: its name, which way is better, how it is printed."""

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal["lower", "higher"]

Bounds = tuple[float, float]
"""The least and the greatest value that is possible."""

ANY: Bounds = (-math.inf, math.inf)
SHARE: Bounds = (0, 1)
POSITIVE: Bounds = (0, math.inf)


@dataclass(frozen=True)
class Measure:
    """A kind of column: its title, which way is better, what it says."""

    title: str
    better: Direction | None
    explanation: str
    percent: bool = False
    """A share, printed as a percentage."""
    ratio: bool = False
    """Compared as a share of the baseline's value."""
    unit: str = ""
    limits: Bounds | None = None
    """What its mean can be; by default anything, of a share 0 to 1."""
    scored: Literal["checkpoints", "training"] | None = None
    """Whether it is a score of each generator that is scored, or of all averaged ones over training."""
    features: Literal["always", "images"] | None = None
    """Whether it is of an extractor's features; `images`: of points it is of the points themselves."""
    is_followed: bool = False
    """Whether it is followed over training, which gives it a value before."""
    leads: int | None = None
    """Its place among the scores that speak for a generator; the first that was measured leads."""

    @property
    def bounds(self) -> Bounds:
        """What the mean can be."""
        return self.limits or (SHARE if self.percent else ANY)
