"""Reading YAML: one document of plain values, within bounds.

Brackets or aliases can turn a short text into a deep or an endless document. Therefore its events are counted
first. Only then ruamel.yaml makes values from it, by the rules of YAML 1.2, in which `on` is a word.
"""

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    ScalarEvent,
)

DEEPEST = 40
"""The most levels of lists and mappings within each other."""
MOST_ENTRIES = 10_000
"""The most entries of one list or mapping."""
MOST_VALUES = 100_000
"""The most values in all. Values of an alias count each time that it is used."""

LONGEST_NUMBER = 60
"""The most characters of a number. No setting needs more, and Python cannot print thousands of digits."""

_NUMBER = re.compile(r"[-+]?[0-9][0-9A-Fa-fox_.]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


class BadYaml(ValueError):
    """The problem of a text in one line. It begins with the line of the text, if that is known."""


@dataclass
class _Open:
    """A list or mapping that has not ended yet."""

    anchor: str | None
    values_before: int
    is_mapping: bool
    entries: int = 0
    key: str = ""
    """The last key of a mapping."""


def parse(text: str) -> Any:
    """The value of a YAML document; None for an empty one. BadYaml if it is not a valid document."""
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise BadYaml(f"line {line}: not valid YAML: it has the control character U+{ord(found[0]):04X}")
    try:
        _check(text)
        return YAML(typ="safe").load(text)
    except DuplicateKeyError as error:
        name = str(error.problem).split('"')[1] if '"' in str(error.problem) else "a key"
        raise _at(error.problem_mark, f"{name[:60]} stands twice; keep one of them") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _at(mark, f"not valid YAML: {error.problem or error.context}") from None
    except (YAMLError, LookupError, TypeError, ValueError) as error:  # A scalar that contradicts its tag.
        if isinstance(error, BadYaml):
            raise
        raise BadYaml(f"not valid YAML: {' '.join(str(error).split())[:200]}") from None


def _check(text: str) -> None:
    """BadYaml for a text that is too deep or has too many values."""
    sizes: dict[str, int] = {}
    stack: list[_Open] = []
    values = 0
    for event in YAML(typ="safe").parse(text):
        mark = event.start_mark
        if isinstance(event, CollectionEndEvent):
            ended = stack.pop()
            if ended.anchor:
                sizes[ended.anchor] = values - ended.values_before
            continue
        if not isinstance(event, (AliasEvent, CollectionStartEvent, ScalarEvent)):
            continue
        word = str(event.value) if isinstance(event, ScalarEvent) else ""
        is_plain = isinstance(event, ScalarEvent) and not event.style
        if stack:
            inner = stack[-1]
            inner.entries += 1
            if word and inner.is_mapping and inner.entries % 2:
                inner.key = word[:60]
            if inner.entries > MOST_ENTRIES * (2 if inner.is_mapping else 1):
                key = ".".join(each.key for each in stack if each.key) or "the document"
                raise _at(mark, f"{key} has more than {MOST_ENTRIES:,} entries; give fewer")
        if is_plain and len(word) > LONGEST_NUMBER and _NUMBER.fullmatch(word):
            raise _at(mark, f"the number {word[:20]}... has {len(word):,} characters; expected at most 60")
        if isinstance(event, AliasEvent) and any(each.anchor for each in stack):
            raise _at(mark, f"the alias *{event.anchor} stands within what has an anchor; write it out")
        values += sizes.get(event.anchor, 1) if isinstance(event, AliasEvent) else 1
        if values > MOST_VALUES:
            raise _at(mark, f"more than {MOST_VALUES:,} values, aliases written out; give fewer")
        if isinstance(event, CollectionStartEvent):
            stack.append(_Open(event.anchor, values, isinstance(event, MappingStartEvent)))
            if len(stack) > DEEPEST:
                raise _at(
                    mark, f"lists and mappings stand more than {DEEPEST} deep in each other; write it flatter"
                )


def _at(mark: Any, problem: str) -> BadYaml:
    return BadYaml(f"line {mark.line + 1}: {problem}" if mark else problem)
