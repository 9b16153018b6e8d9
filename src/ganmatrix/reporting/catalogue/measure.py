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
    """A kind of column.

    `percent` prints a share as a percentage; `ratio` compares as a share of the baseline's value;
    `limits` are what its mean can be, by default anything, of a share 0 to 1.
    """

    title: str
    better: Direction | None
    explanation: str
    percent: bool = False
    ratio: bool = False
    unit: str = ""
    limits: Bounds | None = None

    @property
    def bounds(self) -> Bounds:
        """What the mean can be."""
        return self.limits or (SHARE if self.percent else ANY)
