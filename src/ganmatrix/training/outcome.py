"""How a training run ended. Divergence is a value, never an exception."""

from dataclasses import dataclass
from enum import Enum


class Reason(Enum):
    """What was first found not to be finite."""

    LOSS = "non_finite_loss"
    GRADIENT = "non_finite_gradient"
    WEIGHT = "non_finite_weight"


@dataclass(frozen=True)
class Divergence:
    """What was not finite, and in which generator step (counted from 1)."""

    reason: Reason
    step: int
