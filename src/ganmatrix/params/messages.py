"""One clear line for each problem of params.yaml."""

import difflib
import re
import types
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ganmatrix.params.base import NAME_LENGTH, NAME_PATTERN
from ganmatrix.params.kinds import Chosen, kind_of, with_joined

LISTED = 40
"""The most choices that a message names. If there are more, it gives their number."""

_BOUNDS = {
    "greater_than": (">", "gt"),
    "greater_than_equal": (">=", "ge"),
    "less_than": ("<", "lt"),
    "less_than_equal": ("<=", "le"),
}
_WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "string_type": "text",
    "string_too_short": "some text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}


def nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean X?` for the choice closest to word, or nothing."""
    close = _closest(word, choices, 1, 0.5)
    return f"; did you mean {close[0]}?" if close else ""


def _closest(word: str, choices: Iterable[str], count: int, cutoff: float) -> list[str]:
    return difflib.get_close_matches(word, list(choices), count, cutoff)


def three_nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean X, Y or Z?` with the closest of many choices, first those with the same beginning."""
    known, first = list(choices), word.split("_")[0]
    alike = [each for each in known if each.split("_")[0] == first]
    close = [*dict.fromkeys(name for each in (alike, known) for name in _closest(word, each, 3, 0.0))][:3]
    return f"; did you mean {', '.join(close[:-1])} or {close[-1]}?"


def printable(text: str) -> str:
    """A text as it is, if it is short and can be printed; otherwise cut, and in quotes."""
    return text if len(text) <= 60 and text.isprintable() else _shown(text)


def unknown_name(key: str, name: str, known: Iterable[str], section: str) -> str:
    """The line for an unknown name."""
    choices = sorted(known)
    found = f"{key}: {printable(name)} is not among `{section}`"
    return f"{found} (choose from {listed(choices)}){nearest(name, choices)}"


def listed(choices: Sequence[str]) -> str:
    """The choices, or only the first if there are very many."""
    more = len(choices) - LISTED
    return ", ".join(choices[:LISTED]) + (f" and {more:,} more" if more > 0 else "")


_OF_PLUGINS = ("datasets", "architectures", "methods")
_OWN_KIND = "; a kind of your own needs its file in the list `plugins`"


def explain(error: ValidationError, model: Any) -> list[str]:
    """The problems of a failed validation, one line each.

    Unknown keys come first, because they explain others.
    """
    problems = sorted(error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden")
    meant = {_meant(each, model) for each in problems if each["type"] == "extra_forbidden"}
    return [
        _explain_one(each, model)
        for each in problems
        if each["type"] != "missing" or each["loc"] not in meant  # said already: did you mean it?
    ]


def _meant(problem: Any, model: Any) -> tuple[Any, ...]:
    """The location of the key that the user probably meant."""
    path, enclosing, _, _ = _locate(problem["loc"], model)
    close = _closest(str(path[-1]), getattr(enclosing, "model_fields", {}), 1, 0.5)
    return (*problem["loc"][:-1], *close)


def _explain_one(problem: Any, model: type[BaseModel]) -> str:
    path, enclosing, annotation, kinds = _locate(problem["loc"], model)
    key, place = _joined(path), _joined(path[:-1])
    value, kind, context = problem["input"], problem["type"], problem.get("ctx", {})
    fields = getattr(enclosing, "model_fields", {})
    if kind == "extra_forbidden":
        expected = f"; expected {', '.join(fields)}"
        if having := [kind for kind, section in kinds.items() if path[-1] in section.model_fields]:
            have = "has" if len(having) == 1 else "have"
            return f"{key}: unknown key (only {listed(having)} {have} it){expected}"
        return f"{key}: unknown key{nearest(path[-1], fields) or expected}"
    if kind == "missing":
        described = fields[path[-1]].description if path and path[-1] in fields else None
        return f"{key} is missing; add it" + (f" ({described})" if described else "")
    if kind == "union_tag_not_found":
        return f"{key}.kind is missing; choose from {', '.join(_variants(annotation))}"
    if kind == "union_tag_invalid":
        named = value["kind"]
        choice = _choose(named, list(_variants(annotation)))
        own = _OWN_KIND if path[0] in _OF_PLUGINS and _is_name(named) and "did you mean" not in choice else ""
        return f"{key}.kind is {_shown(named)}; {choice}{own}"
    if kind == "literal_error":
        choices = [str(choice) for member in _members(annotation) for choice in get_args(member)]
        return f"{key} is {_shown(value)}; {_choose(value, choices)}"
    if kind == "invalid_key" or (problem["loc"][-1:] == ("[key]",) and kind == "string_type"):
        what = "key" if kind == "invalid_key" else "name"
        return f"{place or 'the document'}: the {what} {_shown(value)} is no text; put it in quotes"
    if kind == "string_too_long" and isinstance(value, str):
        longest = context["max_length"]
        if longest != NAME_LENGTH:
            return f"{key} has {len(value)} characters; expected at most {longest}"
        where = place if problem["loc"][-1:] == ("[key]",) else key
        return f"{where}: the name {_shown(value)} has {len(value)} characters; expected at most {longest}"
    if kind == "string_pattern_mismatch" and context.get("pattern") == NAME_PATTERN:
        where = place if problem["loc"][-1:] == ("[key]",) else key
        return f"{where}: the name {_cut(ascii(value))} is ill-formed; {well_formed(value)}"
    if kind == "string_pattern_mismatch":
        described = fields[path[-1]].description if path and path[-1] in fields else None
        return f"{key} is {_shown(value)}; expected {described or 'text like ' + context['pattern']}"
    if kind in _BOUNDS:
        sign, bound = _BOUNDS[kind]
        return f"{key} is {_shown(value)}; expected {sign} {_number(context[bound])}"
    if kind == "multiple_of":
        return f"{key} is {_shown(value)}; expected a multiple of {_number(context['multiple_of'])}"
    if kind == "too_short":
        least, length = context["min_length"], context["actual_length"]
        has = f"has {length} {_entries(length)}" if length else "is empty"
        return f"{key} {has}; expected at least {least} {_entries(least)}"
    if kind == "value_error":
        return f"{key} is {_shown(value)}; {context['error']}"
    if kind == "model_attributes_type" and (kinds := _variants(annotation)):
        return f"{key} is {_shown(value)}; expected a mapping with a kind ({', '.join(kinds)})"
    return f"{key or 'the document'} is {_shown(value)}; " + (
        f"expected {_WANTED[kind]}" if kind in _WANTED else problem["msg"]
    )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= NAME_LENGTH and bool(re.fullmatch(NAME_PATTERN, value))


def well_formed(name: str) -> str:
    mended = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower())[:NAME_LENGTH] or "a"
    return f"names match [a-z0-9_]+, such as {mended}"


def _choose(value: Any, choices: list[str]) -> str:
    return f"choose from {', '.join(choices)}" + (nearest(value, choices) if isinstance(value, str) else "")


def _shown(value: Any) -> str:
    """The value as YAML writes it, cut to 60 characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    try:
        return _cut(repr(value[:60]) if isinstance(value, str) and len(value) > 60 else repr(value))
    except ValueError:  # Python does not print numbers with thousands of digits.
        return "a number of thousands of digits"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _number(value: float) -> str:
    return f"{value:.15g}"


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _joined(path: list[Any]) -> str:
    """`a.b[2]`: keys joined by dots, places in a list in brackets."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{printable(str(part))}" for part in path]
    return "".join(parts).removeprefix(".")


def _locate(loc: tuple[Any, ...], model: Any) -> tuple[list[Any], Any, Any, dict[str, Any]]:
    """Pydantic's location as the user wrote it, with the enclosing type, the type found there, and the kinds.

    The kinds are those that the enclosing section could have, if it is part of a union.

    Pydantic adds the tag of each discriminated union on the way, and a final `[key]` if the key itself is
    wrong; params.yaml has neither.
    """
    path: list[Any] = []
    enclosing, here = None, model
    kinds: dict[str, Any] = {}
    passed: dict[str, Any] = {}
    for part in loc[:-1] if loc[-1:] == ("[key]",) else loc:
        if variants := _variants(here):
            here, passed = variants[part], variants
        else:
            path.append(part)
            enclosing, here = _only(here), _descend(here, part)
            kinds, passed = passed, {}
    return path, enclosing, here, kinds


def _variants(annotation: Any) -> dict[str, Any]:
    """The members of a discriminated union by their `kind`; empty for any other type."""
    members = [member for member in _members(annotation) if "kind" in getattr(member, "model_fields", {})]
    if len(members) < 2:
        return {}
    chosen = all(issubclass(member, Chosen) for member in members)
    return {kind_of(member): member for member in (with_joined(tuple(members)) if chosen else members)}


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = tuple(member for member in get_args(annotation) if member is not types.NoneType)
        return _members(members[0]) if len(members) == 1 else members
    return (annotation,)


def _only(annotation: Any) -> Any:
    """The only allowed type besides null; None if there are several."""
    members = _members(annotation)
    return members[0] if len(members) == 1 else None


def _descend(annotation: Any, part: Any) -> Any:
    """The type of a key or place within a type; None if it has no such key."""
    outer = _only(annotation)
    if hasattr(outer, "model_fields"):
        return outer.model_fields[part].annotation if part in outer.model_fields else None
    return get_args(outer)[-1] if get_origin(outer) in (dict, list) else None
