"""The part of the matrix that the user asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ganmatrix.columns import Column, column, ordered, primary
from ganmatrix.errors import UserError
from ganmatrix.params.messages import nearest
from ganmatrix.results.artifacts import Assembled
from ganmatrix.results.matrix import COSTS


@dataclass(frozen=True)
class Selection:
    """Names to keep, by axis of the grid, and columns.

    An empty list keeps all names, or the primary columns.
    """

    columns: Sequence[str] = ()
    dataset: Sequence[str] = ()
    architecture: Sequence[str] = ()
    method: Sequence[str] = ()

    def check(self, results: Assembled) -> None:
        """UserError for a name that is not in these results."""
        for axis in ("dataset", "architecture", "method"):
            require(getattr(self, axis), results.summary["grid"][axis], axis)
        require_columns(self.columns, [results])

    def axis(self, results: Assembled, name: str) -> list[str]:
        """The names of one axis to keep, in the order of the grid."""
        wanted = getattr(self, name)
        return [each for each in results.summary["grid"][name] if not wanted or each in wanted]

    def of(self, results: Assembled, dataset: str) -> list[Column]:
        """The columns to show of a dataset."""
        measured = [*results.protocols[dataset], *COSTS]
        if self.columns:
            return ordered(name for name in measured if matches(name, self.columns))
        return primary(measured)


def matches(name: str, wanted: Iterable[str]) -> bool:
    """Whether a column is wanted: by its name, or by that of its measure, such as `fid`."""
    return not {name, column(name).key}.isdisjoint(wanted)


def require_columns(wanted: Iterable[str], of: Sequence[Assembled]) -> None:
    """UserError for a column or measure that none of the results has."""
    names = dict.fromkeys(c for each in of for columns in each.protocols.values() for c in [*columns, *COSTS])
    known = dict.fromkeys([*(column(name).key for name in names), *names])
    for name in wanted:
        if name not in known:
            raise UserError(
                f"--column {name}: these results have no such column or measure{nearest(name, known)}"
            )


def require(wanted: Iterable[str], known: Sequence[str], option: str) -> None:
    """UserError for a name that is not known."""
    for name in wanted:
        if name not in known:
            choices = f"choose from {', '.join(known)}"
            raise UserError(f"--{option} {name}: not in these results ({choices}){nearest(name, known)}")
