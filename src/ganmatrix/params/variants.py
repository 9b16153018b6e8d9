"""`grid.variants` and `grid.lattice`: separate cells with other values of a recipe or a method."""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from ganmatrix.params.base import fraction
from ganmatrix.params.grid import Grid

RECIPE, METHODS = "recipe", "methods"

RATES = {"optimizer.lr": ("optimizer.generator_lr", "optimizer.discriminator_lr")}
"""Keys of a recipe that set two values: one learning rate for G and D."""

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Variant:
    """Values that replace the grid's own, by dotted key, such as `methods.as_gan.epsilon`."""

    name: str
    where: str
    """The key of params.yaml that states it."""
    overrides: tuple[tuple[str, Any], ...]

    def of(self, method: str) -> "Variant | None":
        """The part of the variant that changes cells of this method; None if there is none.

        A point of the lattice is then named after the axes that change them.
        """
        own = tuple(each for each in self.overrides if not _is_of_another(each[0], method))
        if not own:
            return None
        return Variant(_point_name(own) if self.is_point else self.name, self.where, own)

    @property
    def is_point(self) -> bool:
        """Whether it is a point of `grid.lattice`."""
        return self.where == "grid.lattice"

    def within(self, section: str) -> dict[str, Any]:
        """The overrides within `recipe` or `methods.<name>`, by the rest of the key."""
        return {
            key.removeprefix(f"{section}."): value
            for key, value in self.overrides
            if key.startswith(f"{section}.")
        }


def listed(grid: Grid) -> list[Variant]:
    """The variants in their order, then the points of the lattice. The last axis changes fastest."""
    named = [
        Variant(name, f"grid.variants.{name}", tuple(overrides.items()))
        for name, overrides in grid.variants.items()
    ]
    if not grid.lattice:
        return named
    axes = [[(key, value) for value in values] for key, values in grid.lattice.items()]
    return named + [Variant(_point_name(point), "grid.lattice", point) for point in itertools.product(*axes)]


def by_name(grid: Grid) -> dict[str, Variant]:
    """The same by name, with the part that changes cells of each method."""
    every = listed(grid)
    found: dict[str, Variant] = {each.name: each for each in every}
    for each in every:
        for method in grid.methods:
            if own := each.of(method):
                known = found.get(own.name, own)
                found[own.name] = replace(
                    known, overrides=tuple(dict([*known.overrides, *own.overrides]).items())
                )
    return found


def changed(section: S, validate: Callable[[Any], S], overrides: Mapping[str, Any]) -> S:
    """A section with other values, validated; pydantic's ValidationError if one does not fit."""
    document, stated = section.model_dump(), section.model_dump(exclude_unset=True)
    for key, value in sorted(overrides.items(), key=lambda item: not item[0].endswith(".kind")):
        for each in RATES.get(key, (key,)):
            document = _with(document, stated, each.split("."), value)
    return validate(document) if overrides else section


def number(value: Any) -> float | None:
    """A value as a number, if it is one or is written as a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(fraction(value))
    except ValueError:
        return None


def label(key: str) -> str:
    """The last word of a key: `epsilon` for `methods.as_gan.epsilon`."""
    return key.rpartition(".")[2]


def _is_of_another(key: str, method: str) -> bool:
    return key.startswith(f"{METHODS}.") and not key.startswith(f"{METHODS}.{method}.")


def _point_name(point: tuple[tuple[str, Any], ...]) -> str:
    """`lr_0_001_beta1_0_5`: labels and values, with `_` for characters that a name may not have."""
    return re.sub("[^a-z0-9]+", "_", "_".join(f"{label(key)}_{_text(value)}" for key, value in point).lower())


def _text(value: Any) -> str:
    if isinstance(value, str | bool):
        return str(value)
    return f"{'minus_' if value < 0 else ''}{abs(value):.15g}"


def _with(section: Any, stated: Any, path: Sequence[str], value: Any) -> Any:
    """A section with the value at a path of keys and of places in lists.

    A value on the way becomes a section. Another kind drops the defaults of the former kind: only values
    that params.yaml states stay.
    """
    if not path:
        return value
    key, *rest = path
    if isinstance(section, list) and key.isdecimal() and int(key) < len(section):
        place = int(key)
        changed = _with(section[place], stated[place] if isinstance(stated, list) else None, rest, value)
        return [*section[:place], changed, *section[place + 1 :]]
    said = stated if isinstance(stated, dict) else {}
    known = said if path == ["kind"] else section if isinstance(section, dict) else {}
    return known | {key: _with(known.get(key), said.get(key), rest, value)}
