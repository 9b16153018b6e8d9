"""How a training run ended. Divergence is a value, never an exception."""

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """The first value that was not finite."""

    LOSS = "non_finite_loss"
    GRADIENT = "non_finite_gradient"
    WEIGHT = "non_finite_weight"


@dataclass(frozen=True)
class Divergence:
    """Which value was not finite, and in which generator step (counted from 1)."""

    reason: Reason
    step: int
