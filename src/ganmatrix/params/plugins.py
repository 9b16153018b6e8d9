"""`plugins`: Python files of the user, with sections of params and the code that the sections name.

A plugin is one file in `plugins/`. It may import ganmatrix and installed packages, but no other file. Its
bytes count as code of the cells that use it.
"""

import inspect
import re
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from ganmatrix.errors import UserError, unreadable
from ganmatrix.params.architectures import Architecture, ArchitectureSection
from ganmatrix.params.base import NAME_PATTERN
from ganmatrix.params.datasets import Dataset, DatasetSection
from ganmatrix.params.kinds import Chosen, Member, join, kind_of, kinds
from ganmatrix.params.losses import LossByKind, LossSection
from ganmatrix.params.methods import Method, MethodSection
from ganmatrix.params.params import Params
from ganmatrix.params.techniques import Technique, TechniqueSection

FOLDER = "plugins"

PACKAGE = "ganmatrix_plugins"
"""The package that plugins are modules of."""

FAMILIES: dict[type[Chosen], Any] = {
    MethodSection: Method,
    LossSection: LossByKind,
    TechniqueSection: Technique,
    DatasetSection: Dataset,
    ArchitectureSection: Architecture,
}
"""What a plugin may add, and the union that it joins."""

CODE: dict[type[Chosen], tuple[str, tuple[str, ...]]] = {
    MethodSection: ("a subclass of methods.method.Method", ("networks", "update_discriminator")),
    LossSection: ("a subclass of methods.losses.loss.Loss", ("discriminator", "generator")),
    TechniqueSection: ("a subclass of methods.techniques.technique.Technique", ("discriminator_term",)),
}
"""The base class of a family's code, and its required methods. The code of other families is a function."""

_used: dict[Path, bytes] = {}
"""The plugins in use, with their bytes."""


def use(stated: Any) -> None:
    """Add the sections of these plugins, and of no others, to the package's sections.

    `stated` is the value in params.yaml, which may be anything. UserError for the first unusable plugin.
    """
    wanted = dict(_read(f"plugins[{i}]", place) for i, place in enumerate(_listed(stated)))
    if wanted == _used:
        return
    _used.clear()
    _have_join([])
    sections: list[type[Chosen]] = []
    for i, (path, source) in enumerate(wanted.items()):
        sections += _sections(f"plugins[{i}]", path, source, sections)
    _have_join(sections)
    _used.update(wanted)


def _listed(stated: Any) -> list[str]:
    """The texts of a list. The schema reports every other value."""
    return stated if isinstance(stated, list) and all(isinstance(each, str) for each in stated) else []


def _read(where: str, place: str) -> tuple[Path, bytes]:
    path = Path(place)
    if path.parent != Path(FOLDER) or not re.fullmatch(r"[a-z][a-z0-9_]*\.py", path.name):
        raise UserError(
            f"{where} is {place!r}; expected a file in {FOLDER}/ that ends in .py and whose name has a-z, "
            f"0-9 and _, a letter first, such as {FOLDER}/label_noise.py"
        )
    if path.exists() and not path.is_file():
        raise UserError(f"{where}: {place} is no file; give a Python file")
    try:
        return path, path.read_bytes()
    except FileNotFoundError:
        raise UserError(f"{where} is {place}, which does not exist in this folder; mend the path") from None
    except OSError as error:
        raise UserError(f"{where}: {unreadable(path, error)}") from None


def _sections(where: str, path: Path, source: bytes, others: list[type[Chosen]]) -> list[type[Chosen]]:
    """The sections of a plugin."""
    module = _module(where, path, source)
    classes: list[type[Chosen]] = [each for each in vars(module).values() if _is_section(each)]
    found = [each for each in classes if each.__module__ == module.__name__ and "kind" in each.model_fields]
    if not found:
        names = ", ".join(each.__name__ for each in FAMILIES)
        raise UserError(f"{where}: {path} has no section of params; give it a subclass of one of {names}")
    for i, each in enumerate(found):
        _check(f"{where}: {path}: {each.__name__}", each, [*others, *found[:i]])
    return found


def _is_section(value: Any) -> bool:
    return inspect.isclass(value) and issubclass(value, tuple(FAMILIES))


def _module(where: str, path: Path, source: bytes) -> ModuleType:
    """The plugin as a module, after its code has run."""
    module = ModuleType(f"{PACKAGE}.{path.stem}")
    module.__file__ = str(path)
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    sys.modules[module.__name__] = module
    try:
        with redirect_stdout(sys.stderr):  # Programs may read what verbs print.
            exec(compile(source, str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise UserError(f"{where}: {path} cannot be imported: {_shown(error, path)}; mend it") from None
    return module


def _shown(error: BaseException, path: Path) -> str:
    """The error in a plugin, and its line."""
    said, line = (error.msg, error.lineno) if isinstance(error, SyntaxError) else (str(error), None)
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"{type(error).__name__}: {said}" + (f" (line {line})" if line else "")


def _check(where: str, section: type[Chosen], others: list[type[Chosen]]) -> None:
    """UserError for a section without a kind of its own, or without code."""
    literals: tuple[Any, ...] = getattr(section.model_fields["kind"].annotation, "__args__", ())
    if len(literals) != 1 or not isinstance(literals[0], str):
        raise UserError(f'{where}.kind is not fixed; give it one name, as in kind: Literal["label_noise"]')
    if not re.fullmatch(NAME_PATTERN, literals[0]):
        raise UserError(f"{where}.kind is {literals[0]!r}; expected a name of a-z, 0-9 and _")
    base = next(each for each in FAMILIES if issubclass(section, each))
    taken = {*kinds(FAMILIES[base]), *(kind_of(each) for each in others if issubclass(each, base))}
    if kind_of(section) in taken:
        raise UserError(f"{where}.kind is {kind_of(section)}, which exists already; choose another name")
    for each in _members(section):
        if not isinstance(getattr(each, "code", None), str):
            mend = 'add code: ClassVar[str] = f"{__name__}:<class>"'
            raise UserError(f"{where} does not say where its code is; {mend}")
        try:
            code = each.load()
        except Exception as error:
            raise UserError(
                f"{where}.code is {each.code!r}, which cannot be found ({type(error).__name__}); "
                'name a class or function of the plugin, as in f"{__name__}:LabelNoise"'
            ) from None
        _check_code(f"{where}.code is {each.code}", code, base)


def _check_code(where: str, code: Any, base: type[Chosen]) -> None:
    """UserError for code that cannot be used. This is checked now, and not after hours of work."""
    expected, names = CODE.get(base, ("a function, or a class", ()))
    lacking = [name for name in names if not hasattr(code, name)]
    if not callable(code) or lacking or (names and not inspect.isclass(code)):
        raise UserError(f"{where}; expected {expected}")
    if unwritten := sorted(getattr(code, "__abstractmethods__", ())):
        raise UserError(f"{where}, which does not define {', '.join(unwritten)}; write what is missing")


def _members(section: type[Chosen]) -> list[type[Member]]:
    """The sections whose code counts: the section itself, or the networks of an architecture."""
    if issubclass(section, Member):
        return [section]
    sides = (section.model_fields[side].annotation for side in ("points", "images"))
    return [each for each in sides if inspect.isclass(each) and issubclass(each, Member)]


def _have_join(sections: list[type[Chosen]]) -> None:
    join(sections)
    for model in (*kinds(Method).values(), Params):
        if model.__pydantic_complete__:
            model.model_rebuild(force=True)
