"""What a probe is given, and what it answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor, nn

from ganmatrix.params.probes import Probes
from ganmatrix.probes import views


class Curve(TypedDict):
    """A measure against the strength of a perturbation, an L-infinity radius in data units."""

    strength: list[float]
    value: list[float]


class Entry(TypedDict):
    """One number of probes.json. `value` is None exactly when `reason` says why."""

    value: float | None
    protocol: dict[str, Any]
    curve: NotRequired[Curve]
    reason: NotRequired[str]


@dataclass(frozen=True)
class Subject:
    """D's view of each side with the reals and fakes to probe it at, float32 in data units.

    A view is D in eval mode: it maps a batch to logits (n,), each of its own sample alone. `bounded`
    data stay within [-1, 1] when perturbed.
    """

    real_view: nn.Module
    fake_view: nn.Module
    reals: Tensor
    fakes: Tensor
    strengths: tuple[float, ...]
    params: Probes
    bounded: bool
    generator: torch.Generator

    @property
    def protocol(self) -> dict[str, Any]:
        """The conditions that all probes share."""
        return {
            "real_samples": len(self.reals),
            "fake_samples": len(self.fakes),
            "batch_statistics": views.RULE,
            "dtype": str(self.reals.dtype).removeprefix("torch."),
        }


@dataclass(frozen=True)
class Probe:
    """A measurement and the columns that it fills.

    `measure` raises FloatingPointError when the discriminator answers with what is not finite.
    """

    columns: tuple[str, ...]
    measure: Callable[[Subject], dict[str, Entry]]


def null_entries(columns: Iterable[str], reason: str) -> dict[str, Entry]:
    """What a probe without an answer reports: nothing, and why."""
    return {name: {"value": None, "protocol": {}, "reason": reason} for name in columns}
