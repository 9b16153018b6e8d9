"""Problems of `grid.variants` and `grid.lattice`: unknown keys, invalid values, no change at all."""

import functools
import itertools
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
"""The most characters of a cell's id. Names of files add some, and most file systems allow 255."""


def variant_problems(params: Params) -> Iterator[str]:
    """Wrong keys, values and names of variants. If keys are wrong, values are not checked."""
    every = listed(params.grid)
    of_keys = itertools.chain.from_iterable(_key_problems(params, each) for each in every)
    wrong = [*_grid_problems(params), *of_keys]
    yield from wrong or [*_name_problems(every), *_value_problems(params, every)] or _cell_problems(params)


def _grid_problems(params: Params) -> Iterator[str]:
    grid = params.grid
    if "trains_within" in grid.model_fields_set and not (grid.variants or grid.lattice):
        yield "grid.trains_within is given, but the grid has neither variants nor a lattice; leave it out"
    for name in grid.variants:
        if name.isdecimal():
            yield f"grid.variants: the name {name} is a number, as seeds are; add a letter"


def _key_problems(params: Params, variant: Variant) -> Iterator[str]:
    """Keys that belong to no recipe or method of the grid, or set the same value."""
    keys = (key for key, _ in variant.overrides)
    unknown = itertools.chain.from_iterable(_key_problem(params, variant.where, key) for key in keys)
    yield from [*unknown] or _clashes(variant)


def _key_problem(params: Params, where: str, key: str) -> Iterator[str]:
    head, _, rest = key.partition(".")
    name, _, of_method = rest.partition(".")
    if head == METHODS and name and name not in params.methods:
        yield unknown_name(f"{where}.{key}", name, params.methods, METHODS)
    elif not (rest if head == RECIPE else of_method if head == METHODS else ""):
        yield (
            f"{where}: {printable(key)} is no key of a recipe or a method; expected recipe.<key> or "
            "methods.<name>.<key>, such as recipe.optimizer.beta1"
        )
    elif head == METHODS and name not in params.grid.methods:
        yield f"{where}.{key}: {name} is not in grid.methods; add it there, or leave this out"


def _clashes(variant: Variant) -> Iterator[str]:
    """Two keys of a variant that set the same value, or of which one is inside the other."""
    seen: dict[str, str] = {}
    for key, _ in variant.overrides:
        section, _, rest = key.partition(".")
        for each in (f"{section}.{own}." for own in RATES.get(rest, (rest,))):
            for other, by in seen.items():
                if each.startswith(other) or other.startswith(each):
                    yield f"{variant.where}: {by} and {key} set the same value; leave one out"
            seen[each] = key


def _name_problems(every: list[Variant]) -> Iterator[str]:
    seen: set[str] = set()
    for each in every:
        if each.name in seen:
            yield f"{each.where}: two variants would be called {each.name}; state each once"
        if len(each.name) > NAME_LENGTH:
            yield (
                f"{each.where}: the name {each.name} has {len(each.name)} characters; expected at most "
                f"{NAME_LENGTH}, so take fewer axes"
            )
        seen.add(each.name)


def _value_problems(params: Params, every: list[Variant]) -> Iterator[str]:
    """One line for each value that pydantic refuses, with the key that states it."""
    for each in every:
        for section, model, resolve in _sections(params, each):
            try:
                resolve()
            except ValidationError as error:
                own = each.within(section)
                stated = {first: short for short, (first, _) in RATES.items() if short in own}
                for line in explain(error, model):
                    shown = functools.reduce(lambda text, rate: text.replace(*rate), stated.items(), line)
                    yield f"{each.where}.{section}.{shown.lstrip('.')}"


def _sections(params: Params, variant: Variant) -> Iterator[tuple[str, Any, Callable[[], Any]]]:
    """The sections that a variant changes: key, type, and the function that returns them."""
    grid, name = params.grid, variant.name
    for method in grid.methods:
        if variant.within(f"{METHODS}.{method}"):
            yield f"{METHODS}.{method}", Method, partial(params.method, method, name)
    for dataset in grid.datasets:
        for architecture in grid.architectures:
            yield RECIPE, Recipe, partial(params.recipe, dataset, architecture, name)


def _cell_problems(params: Params) -> Iterator[str]:
    """Variants that add no cell, and cells whose names are too long."""
    grid = params.grid
    if not params.variants:
        return
    added: set[str] = set()
    for dataset in grid.datasets:
        for architecture in grid.architectures:
            for method in grid.methods:
                standing = params.standing(dataset, architecture, method)
                added |= set(standing.values())
                for name in standing.values():
                    size = len("-".join((dataset, architecture, method, name)))
                    if size > LONGEST_ID:
                        yield (
                            f"grid: the cell {dataset}-{architecture}-{method}-{name} has a name of {size} "
                            f"characters; expected at most {LONGEST_ID}, so shorten one of its parts"
                        )
    for name in grid.variants:
        if name not in added:
            yield (
                f"grid.variants.{name} adds no cell: every cell has these values already, from its sections "
                "or an earlier variant; leave it out"
            )
