"""Reading YAML: one document of plain values, whatever the text is, within bounds.

ruamel.yaml's C parser makes nodes of the text, ten times as fast as the one in Python; what it refuses the
latter tries, for it knows more of YAML and says better what is wrong. On a text of many brackets the C
parser would overflow the stack, and constructors expand aliases without end; so depth and size are bounded
here. Nodes become values by the rules of YAML 1.2, in which `on` is a word and a date is text.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import implicit_resolvers
from ruamel.yaml.tag import Tag

LONGEST_RETRY = 200_000
"""Characters of a text that the parser in Python tries, too: it needs seconds for as many."""
DEEPEST = 40
"""Lists and mappings within each other."""
LONGEST_LIST = 10_000
MOST_VALUES = 1_000_000
"""Values in all, those of an alias counted each time that it stands."""
LONGEST_NUMBER = 60
"""Characters: no setting needs more, and a number of thousands of digits cannot even be printed."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_PREFIX = "tag:yaml.org,2002:"
_NAMES = ("str", "seq", "map", "int", "float", "bool", "null", "merge")
_TAGS = {name: Tag(suffix=_PREFIX + name) for name in _NAMES}
_STR, _INT, _MERGE = (_TAGS[name] for name in ("str", "int", "merge"))
_COLLECTIONS: dict[type[Node], Tag] = {SequenceNode: _TAGS["seq"], MappingNode: _TAGS["map"]}
_PLAIN: dict[str, list[tuple[Any, Callable[[str], Any]]]] = {}
"""First character of a scalar without quotes -> what it may be, in the order of trial."""
for _versions, _tag, _pattern, _firsts in implicit_resolvers:
    if (1, 2) in _versions and (_name := _tag.removeprefix(_PREFIX)) in _TAGS:
        for _first in _firsts:
            _PLAIN.setdefault(_first, []).append((_TAGS[_name], _pattern.match))


class BadYaml(ValueError):
    """What is wrong with a text, in one line, which begins with the text's where that is known."""


def parse(text: str) -> Any:
    """The value of a YAML document; None for an empty one. BadYaml for everything else."""
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise BadYaml(f"line {line}: not valid YAML: it has the control character U+{ord(found[0]):04X}")
    try:
        node = _composed(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _at(mark, f"not valid YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise BadYaml(f"not valid YAML: {' '.join(str(error).split())}") from None
    return None if node is None else _Values().of(node).value


def _composed(text: str) -> Any:
    """The root node of a text; None of an empty one."""
    try:
        return _Composer(text).get_single_node()
    except YAMLError:
        if len(text) > LONGEST_RETRY:
            raise
    try:
        return YAML(typ="safe", pure=True).compose(text)
    except RecursionError:
        raise BadYaml(_too_deep()) from None


def _at(mark: Any, problem: str) -> BadYaml:
    return BadYaml(f"line {mark.line + 1}: {problem}" if mark else problem)


class _Composer(CParser):  # type: ignore[misc]
    """Nodes of a text. The parser calls these methods before, within and after each of them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._path: list[Any] = []

    def descend_resolver(self, parent: Any, index: Any) -> None:
        self._path.append(index)
        if len(self._path) > DEEPEST + 1:  # a scalar descends, too
            raise _at(parent.start_mark, _too_deep())
        if index.__class__ is int and index >= LONGEST_LIST:
            names = ".".join(str(each.value)[:60] for each in self._path if isinstance(each, ScalarNode))
            raise _at(
                parent.start_mark,
                f"{names or 'a list'} has more than {LONGEST_LIST:,} entries; expected at most so many",
            )

    def ascend_resolver(self) -> None:
        self._path.pop()

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> Tag:
        if kind is not ScalarNode:
            return _COLLECTIONS[kind]
        if implicit[0]:
            for tag, matches in _PLAIN.get(value[:1], ()):
                if matches(value):
                    return tag
        return _STR


def _too_deep() -> str:
    return f"lists and mappings stand more than {DEEPEST} deep in each other; write it flatter"


class _Made(NamedTuple):
    """A value, how many lists and mappings deep it is, and how many values it holds, itself included."""

    value: Any
    depth: int = 0
    size: int = 1


class _Values:
    """Nodes as values. An alias gives the very value that it names."""

    def __init__(self) -> None:
        self._made: dict[Node, _Made] = {}
        self._entries: dict[Node, dict[Any, _Made]] = {}
        """Of mappings, for those that take them in."""
        self._open: set[Node] = set()
        self._count = 0

    def of(self, node: Node) -> _Made:
        """The value of a node. BadYaml if it has none, or one beyond the bounds."""
        if isinstance(node, ScalarNode):
            made = _Made(_scalar(node))
        elif node in self._made:
            made = self._made[node]
        elif node in self._open:
            raise _at(node.start_mark, "a list or mapping holds itself by an alias; write it out")
        else:
            self._open.add(node)
            made = self._made[node] = self._collection(node)
            self._open.remove(node)
            if made.depth > DEEPEST:
                raise _at(node.start_mark, _too_deep())
            return made
        self._count += made.size
        if self._count > MOST_VALUES:
            problem = f"the document has more than {MOST_VALUES:,} values, aliases written out"
            raise _at(node.start_mark, f"{problem}; make it smaller")
        return made

    def _collection(self, node: Node) -> _Made:
        tag = "seq" if isinstance(node, SequenceNode) else "map"
        if node.ctag is not _TAGS[tag] and str(node.ctag) != _PREFIX + tag:
            raise _strange(node)
        if isinstance(node, SequenceNode):
            found = [self.of(each) for each in node.value]
            return _joined([each.value for each in found], found)
        entries = self._entries[node] = self._mapping(node)
        return _joined({key: each.value for key, each in entries.items()}, entries.values())

    def _mapping(self, node: Node) -> dict[Any, _Made]:
        own: dict[Any, _Made] = {}
        merged: dict[Any, _Made] | None = None
        for key_node, value_node in node.value:
            is_merge = key_node.ctag is _MERGE or str(key_node.ctag) == str(_MERGE)
            if is_merge and merged is None:
                merged = self._merged(value_node)
                continue
            if not isinstance(key_node, ScalarNode):
                raise _at(key_node.start_mark, "a list or mapping stands as a key; expected a word")
            key = self.of(key_node).value
            if key in own or is_merge:
                raise _at(key_node.start_mark, f"{key_node.value[:60]} stands twice; keep one of them")
            own[key] = self.of(value_node)
        return (merged or {}) | own

    def _merged(self, node: Node) -> dict[Any, _Made]:
        """What `<<` takes in: the entries of a mapping, or of several, of which the first counts."""
        found: dict[Any, _Made] = {}
        for each in reversed(node.value) if isinstance(node, SequenceNode) else [node]:
            if not isinstance(each, MappingNode):
                raise _at(each.start_mark, "<< takes in a mapping, or a list of them")
            self.of(each)
            found |= self._entries[each]
        return found


def _joined(value: Any, parts: Iterable[_Made]) -> _Made:
    depth, size = 0, 1
    for each in parts:
        depth, size = max(depth, each.depth), size + each.size
    return _Made(value, depth + 1, size)


def _strange(node: Node) -> BadYaml:
    return _at(node.start_mark, f"the tag {str(node.ctag)[:60]!r} is not read; leave it out")


def _scalar(node: Node) -> Any:
    """The value of a scalar; of one with a tag, as the tag has it."""
    tag, text = node.ctag, node.value
    if tag is _STR:
        return text
    if tag is _INT and len(text) <= LONGEST_NUMBER and text.isdecimal():
        return int(text)
    name = str(tag).removeprefix(_PREFIX)
    if name not in _READERS:
        raise _strange(node)
    if name != "str" and len(text) > LONGEST_NUMBER:
        problem = f"the number {text[:20]}... has {len(text):,} characters"
        raise _at(node.start_mark, f"{problem}; expected at most {LONGEST_NUMBER}")
    try:
        return _READERS[name](text)
    except ValueError:
        raise _at(node.start_mark, f"{text!r} is no {name}; mend it, or leave out the tag") from None


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    sign, digits = (-1 if plain.startswith("-") else 1), plain.lstrip("+-")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2], 10)
    return sign * int(digits if base == 10 else digits[2:], base)


def _float(text: str) -> float:
    plain = text.replace("_", "").lower()
    return float(plain.replace(".inf", "inf").replace(".nan", "nan"))


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_READERS: dict[str, Callable[[str], Any]] = {
    "str": str,
    "merge": str,
    "timestamp": str,
    "int": _integer,
    "float": _float,
    "bool": _boolean,
    "null": lambda text: None,
}
