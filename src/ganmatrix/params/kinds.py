"""Unions of sections, in which `kind` chooses the section. Sections of plugins join the others."""

from collections.abc import Iterable
from functools import cache
from pkgutil import resolve_name
from typing import Annotated, Any, ClassVar, Union, get_args

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema

from ganmatrix.params.base import Section


class Chosen(Section):
    """One of several sections, chosen by its `kind`."""


class Member(Chosen):
    """A section with code of its own: a method, a loss, a dataset, a network."""

    code: ClassVar[str]
    """Where that code is, as module:name."""

    @classmethod
    def module(cls) -> str:
        """The module that the code is in."""
        return cls.code.partition(":")[0]

    @classmethod
    def load(cls) -> Any:
        """The code itself. This imports its module."""
        return resolve_name(cls.code)


class _ByKind:
    """Marks a union of sections from which `kind` chooses; it includes sections that joined it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        sections = tuple(with_joined(get_args(source)))
        return handler.generate_schema(Annotated[Union[sections], Field(discriminator="kind")])  # noqa: UP007


BY_KIND = _ByKind()

_joined: list[type[Chosen]] = []


def join(sections: Iterable[type[Chosen]]) -> None:
    """Make these sections, and no others, join the unions of their families."""
    _joined[:] = sections
    adapter.cache_clear()


def family(section: type[Chosen]) -> type[Chosen]:
    """The base class of all sections of a union, such as `MethodSection`."""
    return next(each for each in section.__mro__ if {Chosen, Member} & {*each.__bases__})


def kind_of(section: type[Chosen]) -> str:
    """The function that chooses a section."""
    return str(get_args(section.model_fields["kind"].annotation)[0])


def kinds(union: Any) -> dict[str, Any]:
    """The sections of `Annotated[A | B | ..., BY_KIND]` by kind, in the order of the union."""
    return {kind_of(section): section for section in with_joined(get_args(get_args(union)[0]))}


def with_joined(stated: tuple[type[Chosen], ...]) -> list[type[Chosen]]:
    """These sections of a union, and those that joined it."""
    return [*stated, *(each for each in _joined if family(each) is family(stated[0]))]


@cache
def adapter(union: Any) -> TypeAdapter[Any]:
    """The validator of a single section of a union."""
    return TypeAdapter(union)
