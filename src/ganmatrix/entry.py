"""One number of metrics.json or probes.json: its value, its protocol, and the curve that it sums up."""

from collections.abc import Iterable
from typing import Any, Literal, NotRequired, TypeVar

from typing_extensions import TypedDict

from ganmatrix.columns import Column

Axis = Literal[
    "strength", "generator_steps", "degrees", "side_share", "scale", "severity", "share", "distance"
]
"""What a curve runs over."""


class Curve(TypedDict):
    """A measure at ascending points of an axis; a value is None where there was none."""

    axis: Axis
    at: list[float]
    value: list[float | None]


class Entry(TypedDict):
    """A measured number. `value` is None exactly when `reason` says why.

    `applies` is False where no network could have a value: the data, or the method, lack what is
    measured.
    """

    value: float | None
    protocol: dict[str, Any]
    std: NotRequired[float]
    curve: NotRequired[Curve]
    reason: NotRequired[str]
    beyond: NotRequired[float]
    """What a value that is None is known to exceed: it was not reached within so much."""
    applies: NotRequired[bool]


Scores = dict[Column, Entry]
"""Of one generator; its checkpoint is not in the columns and protocols yet."""

Key = TypeVar("Key", str, Column)


def null_entries(columns: Iterable[Key], reason: str) -> dict[Key, Entry]:
    """What could not be measured: nothing, and why."""
    return {name: {"value": None, "protocol": {}, "reason": reason} for name in columns}


def inapplicable(columns: Iterable[str], reason: str) -> dict[str, Entry]:
    """What these data or this method do not have, and why; the matrix takes it for absent."""
    return {name: {**entry, "applies": False} for name, entry in null_entries(columns, reason).items()}
