"""What of `grid.variants` and `grid.lattice` names nothing, does not fit, or changes nothing."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pydantic import ValidationError

from ganmatrix.params.base import NAME_LENGTH
from ganmatrix.params.messages import explain, printable, unknown_name
from ganmatrix.params.methods import Method
from ganmatrix.params.params import Params
from ganmatrix.params.recipes import Recipe
from ganmatrix.params.variants import METHODS, RATES, RECIPE, Variant, listed

LONGEST_ID = 200
"""Characters of a cell's id: names of files add some, and most file systems end at 255."""


def variant_problem(params: Params) -> str | None:
    """The first key, value or name of a variant that is wrong; None if all are sound."""
    grid = params.grid
    if "trains_within" in grid.model_fields_set and not (grid.variants or grid.lattice):
        return "grid.trains_within is given, but the grid has neither variants nor a lattice; leave it out"
    for name in grid.variants:
        if name.isdecimal():
            return f"grid.variants: the name {name} is a number, as seeds are; add a letter"
    every = listed(grid)
    for each in every:
        for key, _ in each.overrides:
            if problem := _key_problem(params, each.where, key):
                return problem
        if problem := _clash(each):
            return problem
    return _name_problem(every) or _value_problem(params, every) or _cell_problem(params)


def _key_problem(params: Params, where: str, key: str) -> str | None:
    head, _, rest = key.partition(".")
    name, _, of_method = rest.partition(".")
    if head == METHODS and name and name not in params.methods:
        return unknown_name(f"{where}.{key}", name, params.methods, METHODS)
    if not (rest if head == RECIPE else of_method if head == METHODS else ""):
        return (
            f"{where}: {printable(key)} is no key of a recipe or a method; expected recipe.<key> or "
            "methods.<name>.<key>, such as recipe.optimizer.beta1"
        )
    if head == METHODS and name not in params.grid.methods:
        return f"{where}.{key}: {name} is not in grid.methods; add it there, or leave this out"
    return None


def _clash(variant: Variant) -> str | None:
    """Two keys of a variant that set the same value, or one within the other."""
    seen: dict[str, str] = {}
    for key, _ in variant.overrides:
        section, _, rest = key.partition(".")
        for each in (f"{section}.{own}." for own in RATES.get(rest, (rest,))):
            for other, by in seen.items():
                if each.startswith(other) or other.startswith(each):
                    return f"{variant.where}: {by} and {key} set the same value; leave one out"
            seen[each] = key
    return None


def _name_problem(every: list[Variant]) -> str | None:
    seen: set[str] = set()
    for each in every:
        if each.name in seen:
            return f"{each.where}: two variants would be called {each.name}; state each once"
        if len(each.name) > NAME_LENGTH:
            return (
                f"{each.where}: the name {each.name} has {len(each.name)} characters; expected at most "
                f"{NAME_LENGTH}, so take fewer axes"
            )
        seen.add(each.name)
    return None


def _value_problem(params: Params, every: list[Variant]) -> str | None:
    """The line on the first value that pydantic refuses, under the key that states it."""
    for each in every:
        for section, model, resolve in _sections(params, each):
            try:
                resolve()
            except ValidationError as error:
                line = re.sub(r" \(and \d+ more\)$", "", explain(error, model)).lstrip(".")
                for short, (first, _) in RATES.items():
                    line = line.replace(first, short) if short in each.within(section) else line
                return f"{each.where}.{section}.{line}"
    return None


def _sections(params: Params, variant: Variant) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
    """The sections that a variant changes: their key, their type, and what gives them."""
    grid, name = params.grid, variant.name
    for method in grid.methods:
        if variant.within(f"{METHODS}.{method}"):
            yield f"{METHODS}.{method}", Method, partial(params.method, method, name)
    for dataset in grid.datasets:
        for architecture in grid.architectures:
            yield RECIPE, Recipe, partial(params.recipe, dataset, architecture, name)


def _cell_problem(params: Params) -> str | None:
    """The first variant that adds no cell, or cell whose name is too long."""
    grid = params.grid
    if not params.variants:
        return None
    added: set[str] = set()
    for dataset in grid.datasets:
        for architecture in grid.architectures:
            for method in grid.methods:
                standing = params.standing(dataset, architecture, method)
                added |= set(standing.values())
                for name in standing.values():
                    size = len("-".join((dataset, architecture, method, name)))
                    if size > LONGEST_ID:
                        return (
                            f"grid: the cell {dataset}-{architecture}-{method}-{name} has a name of {size} "
                            f"characters; expected at most {LONGEST_ID}, so shorten one of its parts"
                        )
    for name in grid.variants:
        if name not in added:
            return (
                f"grid.variants.{name} adds no cell: every cell has these values already, from its sections "
                "or an earlier variant; leave it out"
            )
    return None
