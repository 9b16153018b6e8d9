"""One clear line for whatever is wrong with params.yaml."""

import difflib
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ganmatrix.params.base import NAME_PATTERN

_BOUNDS = {
    "greater_than": ("> {gt}"),
    "greater_than_equal": (">= {ge}"),
    "less_than": ("< {lt}"),
    "less_than_equal": ("<= {le}"),
}


def nearest(word: str, choices: Iterable[str]) -> str:
    """`; did you mean X?` for the choice closest to word, or nothing."""
    close = difflib.get_close_matches(str(word), list(choices), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""


def unknown_name(key: str, name: str, known: Iterable[str], section: str) -> str:
    """The line for a name that points nowhere."""
    choices = sorted(known)
    return (
        f"{key}: {name} is not among `{section}` (choose from {', '.join(choices)}){nearest(name, choices)}"
    )


def explain(error: ValidationError, document: Any, model: type[BaseModel]) -> str:
    """The first problem of a failed validation in one line, with the number of the others."""
    problems = error.errors(include_url=False)
    first = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    line = _explain_one(first, document, model)
    others = len(problems) - 1
    return line + (f" (and {others} more)" if others else "")


def _explain_one(problem: Any, document: Any, model: type[BaseModel]) -> str:
    path, parent, keys = _locate(problem["loc"], document, model)
    key = ".".join(str(part) for part in path)
    value, kind, context = problem["input"], problem["type"], problem.get("ctx", {})
    if kind == "extra_forbidden":
        known = f"; expected {', '.join(keys)}" if keys else ""
        return f"{key}: unknown key{nearest(str(path[-1]), keys) or known}"
    if kind == "missing":
        return f"{key} is missing; {_purpose(parent, str(path[-1]))}"
    if kind == "union_tag_not_found":
        return f"{key}.kind is missing; choose from {_tags(parent)}"
    if kind == "union_tag_invalid":
        tags = [tag.strip("' ") for tag in context["expected_tags"].split(",")]
        return f"{key}.kind is {context['tag']}; choose from {', '.join(tags)}{nearest(context['tag'], tags)}"
    if kind == "literal_error":
        choices = [str(c).strip("'") for c in context["expected"].replace(" or ", ", ").split(", ")]
        return f"{key} is {_shown(value)}; choose from {', '.join(choices)}{nearest(value, choices)}"
    if kind == "string_pattern_mismatch" and context.get("pattern") == NAME_PATTERN:
        mended = "".join(c if c.isascii() and c.isalnum() else "_" for c in str(value).lower())
        return f"{key}: {_shown(value)} is an ill-formed name; names match [a-z0-9_]+, such as {mended}"
    if kind in _BOUNDS:
        return f"{key} is {_shown(value)}; expected {_BOUNDS[kind].format(**context)}"
    if kind == "too_short":
        return f"{key} is empty; expected at least {context['min_length']} entry"
    if kind == "value_error":
        return f"{key} is {_shown(value)}; {context['error']}"
    if kind == "finite_number":
        return f"{key} is {_shown(value)}; expected a finite number"
    wanted = {
        "int_type": "a whole number",
        "int_from_float": "a whole number",
        "float_type": "a number",
        "bool_type": "true or false",
        "string_type": "text",
        "list_type": "a list",
        "dict_type": "a mapping",
        "model_type": "a mapping",
        "model_attributes_type": "a mapping",
    }.get(kind)
    return f"{key} is {_shown(value)}; {'expected ' + wanted if wanted else problem['msg']}"


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _purpose(model: Any, field: str) -> str:
    info = getattr(model, "model_fields", {}).get(field)
    if info is not None and info.description:
        return f"expected {info.description}"
    return "add it"


def _tags(union: Any) -> str:
    return ", ".join(sorted(_variants(union)))


def _variants(annotation: Any) -> dict[str, Any]:
    """The members of a discriminated union by their `kind`."""
    found = {}
    for member in _members(annotation):
        field = getattr(member, "model_fields", {}).get("kind")
        if field is not None and get_origin(field.annotation) is Literal:
            found[get_args(field.annotation)[0]] = member
    return found


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _locate(loc: tuple[Any, ...], document: Any, model: Any) -> tuple[list[Any], Any, list[str]]:
    """Pydantic's location as the user wrote it, with the enclosing type and its keys.

    Pydantic puts the tag of a discriminated union and the marker `[key]` into the location;
    params.yaml has neither.
    """
    path: list[Any] = []
    here, raw, parent = model, document, model
    for part in loc:
        if part == "[key]":
            continue
        variants = _variants(here)
        is_tag = part in variants and isinstance(raw, dict) and raw.get("kind") == part and part not in raw
        if is_tag:
            here = variants[part]
            continue
        path.append(part)
        parent, here = here, _descend(here, part)
        raw = raw.get(part) if isinstance(raw, dict) else None
        if isinstance(raw, dict) and raw.get("kind") in (tags := _variants(here)) and len(tags) == 1:
            here = tags[raw["kind"]]
    if isinstance(raw, dict) and not getattr(here, "model_fields", None):
        parent = here
    keys = list(getattr(parent, "model_fields", {}))
    return path or ["params"], here if _variants(here) and len(_variants(here)) > 1 else parent, keys


def _descend(annotation: Any, part: Any) -> Any:
    for member in _members(annotation):
        if fields := getattr(member, "model_fields", None):
            if part in fields:
                info = fields[part]
                return info.annotation
        elif get_origin(member) is dict:
            return get_args(member)[1]
        elif get_origin(member) is list:
            return get_args(member)[0]
    return None
