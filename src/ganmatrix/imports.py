"""The source files that a stage's code consists of, found by following imports.

A member of a catalogue is loaded by the name that its section of the params gives, which no import shows:
a stage names those that params.yaml chooses among its roots.
What stages share and no number depends on is left out: params (their values are compared themselves),
paths, locks, printing. How arithmetic is set up (`runtime.compute`) counts.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from ganmatrix.params import plugins

PACKAGE = Path(__file__).parent
NAME = PACKAGE.name

_SHARED = {
    *("columns", "params", "store", "terminal", "errors", "imports", "limits", "making", "notebooks", "plan"),
    *("runtime.checkpoints", "runtime.devices", "runtime.granted"),
    *("runtime.progress", "runtime.provenance", "runtime.signals"),
}
"""Modules and packages that do not count."""

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""The fields of a syntax tree that hold statements, or what holds them."""


def sources(roots: Iterable[str]) -> list[str]:
    """The files of these modules and of all that they import from this package, sorted.

    Those of the package as paths in it, plugins as paths from the working folder.
    """
    found: set[str] = set()
    waiting = [root for root in roots if _counts(root)]
    while waiting:
        if (module := waiting.pop()) not in found:
            found.add(module)
            waiting += _imported(module)
    return sorted({file for module in found if (file := _file(module))})


@cache
def digest(roots: frozenset[str], more: tuple[Path, ...] = ()) -> str:
    """One SHA-256 of the names and bytes of these modules' files, and of other files."""
    own = "".join(f"{_file_digest(_path(name))}  {name}\n" for name in sources(roots))
    others = "".join(sorted(f"{_file_digest(path)}  {path.name}\n" for path in more))
    return hashlib.sha256((own + others).encode()).hexdigest()


@cache
def _imported(module: str) -> tuple[str, ...]:
    """The modules of this package that one imports, anywhere in its file."""
    file = _file(module)
    return tuple(named(ast.parse(_path(file).read_bytes()))) if file else ()


def named(tree: ast.Module) -> list[str]:
    """The modules of this package that a piece of source imports, as far as they count."""
    names: list[str] = []
    for statement in _statements(tree):
        if isinstance(statement, ast.Import):
            names += [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names.append(statement.module)
            names += [f"{statement.module}.{alias.name}" for alias in statement.names]
    return [name for name in dict.fromkeys(names) if _counts(name) and _file(name)]


def _statements(block: ast.AST) -> Iterator[ast.stmt]:
    """All statements within, however deep; expressions hold none, and are most of a tree."""
    for field in _BLOCKS:
        for inner in getattr(block, field, ()):
            if isinstance(inner, ast.stmt):
                yield inner
            yield from _statements(inner)


def _counts(module: str) -> bool:
    package, *parts = module.split(".")
    if package == plugins.PACKAGE:
        return bool(parts)
    shared = parts[0] in _SHARED or ".".join(parts[:2]) in _SHARED if parts else True
    return package == NAME and not shared


@cache
def _file(module: str) -> str | None:
    """The module's file in the package; None for a name that is no module, such as a class in one."""
    package, *parts = module.split(".")
    path = "/".join(parts)
    if package == plugins.PACKAGE:
        return f"{plugins.FOLDER}/{path}.py"
    for candidate in (f"{path}.py", f"{path}/__init__.py"):
        if (PACKAGE / candidate).is_file():
            return candidate
    return None


def _path(file: str) -> Path:
    """Where a file of `sources` lies."""
    return Path(file) if file.startswith(f"{plugins.FOLDER}/") else PACKAGE / file


@cache
def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
