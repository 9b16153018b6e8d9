"""The rules that every perturbation shares."""

from enum import IntEnum

from torch import Tensor


class Push(IntEnum):
    """Where an attack drives the logit: a real is to look fake, a fake is to look real."""

    DOWN = -1
    UP = 1


def within_bounds(inputs: Tensor, bounded: bool) -> Tensor:
    """Images clipped to [-1, 1]; points, which have no bounds, as they are."""
    return inputs.clamp(-1, 1) if bounded else inputs
