"""One clear line for whatever is wrong with params.yaml."""

import difflib
import types
from collections.abc import Iterable
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ganmatrix.params.base import NAME_PATTERN

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
    close = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def unknown_name(key: str, name: str, known: Iterable[str], section: str) -> str:
    """The line for a name that points nowhere."""
    choices = sorted(known)
    return (
        f"{key}: {name} is not among `{section}` (choose from {', '.join(choices)}){nearest(name, choices)}"
    )


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """The first problem of a failed validation in one line, with the number of the others."""
    problems = error.errors(include_url=False)
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    line = _explain_one(first, model)
    others = len(problems) - 1
    return line + (f" (and {others} more)" if others else "")


def _explain_one(problem: Any, model: type[BaseModel]) -> str:
    path, enclosing, annotation = _locate(problem["loc"], model)
    key = _joined(path)
    value, kind, context = problem["input"], problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        keys = list(enclosing.model_fields)
        return f"{key}: unknown key{nearest(path[-1], keys) or '; expected ' + ', '.join(keys)}"
    if kind == "missing":
        described = enclosing.model_fields[path[-1]].description
        return f"{key} is missing; add it" + (f" ({described})" if described else "")
    if kind == "union_tag_not_found":
        return f"{key}.kind is missing; choose from {', '.join(_variants(annotation))}"
    if kind == "union_tag_invalid":
        return f"{key}.kind is {_shown(value['kind'])}; {_choose(value['kind'], list(_variants(annotation)))}"
    if kind == "literal_error":
        choices = [str(choice) for member in _members(annotation) for choice in get_args(member)]
        return f"{key} is {_shown(value)}; {_choose(value, choices)}"
    if problem["loc"][-1] == "[key]" and kind == "string_type":
        return f"{_joined(path[:-1])}: the name {_shown(value)} is no text; put it in quotes"
    if kind == "string_too_long":
        place = _joined(path[:-1]) if problem["loc"][-1] == "[key]" else key
        longest = context["max_length"]
        return f"{place}: the name {_shown(value)} has {len(value)} characters; expected at most {longest}"
    if kind == "string_pattern_mismatch" and context.get("pattern") == NAME_PATTERN:
        mended = "".join(c if c.isascii() and c.isalnum() else "_" for c in value.lower()) or "a"
        return f"{key}: {_shown(value)} is an ill-formed name; names match [a-z0-9_]+, such as {mended}"
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
    return f"{key} is {_shown(value)}; " + (
        f"expected {_WANTED[kind]}" if kind in _WANTED else problem["msg"]
    )


def _choose(value: Any, choices: list[str]) -> str:
    return f"choose from {', '.join(choices)}" + (nearest(value, choices) if isinstance(value, str) else "")


def _shown(value: Any) -> str:
    """The value as YAML would have it, cut to 60 characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _number(value: float) -> str:
    return f"{value:.15g}"


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _joined(path: list[Any]) -> str:
    """`a.b[2]`: keys joined by dots, places in a list in brackets."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def _locate(loc: tuple[Any, ...], model: Any) -> tuple[list[Any], Any, Any]:
    """Pydantic's location as the user wrote it, with the enclosing type and the type found there.

    Pydantic adds the tag of each discriminated union that it passes, and a final `[key]` where the
    key itself is at fault; params.yaml has neither.
    """
    path: list[Any] = []
    enclosing, here = None, model
    for part in loc[:-1] if loc[-1] == "[key]" else loc:
        if variants := _variants(here):
            here = variants[part]
        else:
            path.append(part)
            enclosing, here = here, _descend(here, part)
    return path, enclosing, here


def _variants(annotation: Any) -> dict[str, Any]:
    """The members of a discriminated union by their `kind`; none for any other type."""
    members = [member for member in _members(annotation) if "kind" in getattr(member, "model_fields", {})]
    if len(members) < 2:
        return {}
    return {get_args(member.model_fields["kind"].annotation)[0]: member for member in members}


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        members = tuple(member for member in get_args(annotation) if member is not types.NoneType)
        return _members(members[0]) if len(members) == 1 else members
    return (annotation,)


def _descend(annotation: Any, part: Any) -> Any:
    """The type of a key or place within a type; None if it has no such key."""
    (outer,) = _members(annotation)
    if hasattr(outer, "model_fields"):
        return outer.model_fields[part].annotation if part in outer.model_fields else None
    return get_args(outer)[-1] if get_origin(outer) in (dict, list) else None
