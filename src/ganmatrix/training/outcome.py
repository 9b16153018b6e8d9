"""How a training run ended. Divergence is a value, never an exception."""

import math
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


@dataclass(frozen=True)
class Descent:
    """What one optimiser step met: its generator step, loss and gradient norm."""

    step: int
    loss: float
    gradient_norm: float


def first_divergence(descents: list[Descent]) -> Divergence | None:
    """The earliest non-finite value; a loss before the gradient that it causes."""
    for descent in sorted(descents, key=lambda d: d.step):
        if not math.isfinite(descent.loss):
            return Divergence(Reason.LOSS, descent.step)
        if not math.isfinite(descent.gradient_norm):
            return Divergence(Reason.GRADIENT, descent.step)
    return None
