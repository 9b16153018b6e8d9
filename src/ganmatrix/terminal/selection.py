"""The part of the matrix that the user asks for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ganmatrix.columns import Column, column, ordered, primary
from ganmatrix.errors import UserError
from ganmatrix.params.messages import nearest
from ganmatrix.results.artifacts import Assembled
from ganmatrix.results.matrix import COSTS
from ganmatrix.results.two_methods import default_columns, of_metric


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
            require(getattr(self, axis), results.summary["grid"][axis], f"--{axis}")
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


def asked(
    results: Assembled,
    methods: tuple[str, str],
    metrics: Sequence[str],
    dataset: Sequence[str],
    architecture: Sequence[str],
) -> tuple[Assembled, list[Column]]:
    """The part of the results in which two methods are to be compared, and the columns to compare them in.

    UserError for one method given twice, and for names that are not in the results.
    """
    require(methods, results.summary["grid"]["method"], "METHOD")
    if methods[0] == methods[1]:
        raise UserError(f"METHOD_A and METHOD_B are both {methods[0]}; name two methods")
    Selection(dataset=dataset, architecture=architecture).check(results)
    frame = results.matrix
    for axis, wanted in (("dataset", dataset), ("architecture", architecture)):
        frame = frame[frame[axis].isin(wanted)] if wanted else frame
    part = replace(results, matrix=frame)
    found = {metric: of_metric(part, metric) for metric in metrics}
    if unknown := [metric for metric, columns in found.items() if not columns]:
        require_columns(unknown, [results], "--metric")
    chosen = [each for columns in found.values() for each in columns]
    chosen = chosen or default_columns(part, *methods)
    if not chosen:
        raise UserError("these results have no score that speaks for the data; name one with --metric")
    return part, list(dict.fromkeys(chosen))


def matches(name: str, wanted: Iterable[str]) -> bool:
    """Whether a column is wanted: by its name, or by that of its measure, such as `fid`."""
    return not {name, column(name).key}.isdisjoint(wanted)


def require_columns(wanted: Iterable[str], of: Sequence[Assembled], option: str = "--column") -> None:
    """UserError for a column or measure that none of the results has."""
    names = dict.fromkeys(c for each in of for columns in each.protocols.values() for c in [*columns, *COSTS])
    known = dict.fromkeys([*(column(name).key for name in names), *names])
    for name in wanted:
        if name not in known:
            raise UserError(
                f"{option} {name}: these results have no such column or measure{nearest(name, known)}"
            )


def require(wanted: Iterable[str], known: Sequence[str], option: str) -> None:
    """UserError for a name that is not known."""
    for name in wanted:
        if name not in known:
            choices = f"choose from {', '.join(known)}"
            raise UserError(f"{option} {name}: not in these results ({choices}){nearest(name, known)}")
