"""`ganmatrix check`: all problems of a params file, before anything is made."""

from collections.abc import Iterator
from pathlib import Path

from ganmatrix import limits, params
from ganmatrix.params import Params
from ganmatrix.params.datasets import OwnImages
from ganmatrix.plan import Plan, Task
from ganmatrix.results.levels import too_few
from ganmatrix.stages import importing
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.layout import of_params


def run(path: Path, sources: Path) -> tuple[list[str], list[str]]:
    """The problems of a params file, and notes about it, one line each.

    Limits that depend on the data are checked for prepared datasets. Relative paths of a user's own images
    start at `sources`. UserError if the file cannot be read.
    """
    document, problems = params.check(path)
    if document is None:
        return problems, ["not checked yet: names, claims and folders; mend the above and check again"]
    missing = list(_missing(document, sources))
    imports = importing.opened(document)
    missing += imports.problems
    if problems:
        return problems + missing, []
    plan = Plan(document, of_params(path))
    of_data, prepared = _of_data(plan)
    notes = [*_described(plan, prepared), *_imported(document, imports), *filter(None, [too_few(document)])]
    return missing + of_data, notes


def _imported(document: Params, imports: importing.Imports) -> Iterator[str]:
    """How many runs each import has."""
    for name in document.imports:
        runs = sum(each.source == name for each in imports.runs)
        yield f"imports.{name}: {runs:,} run{'' if runs == 1 else 's'}"


def _missing(document: Params, sources: Path) -> Iterator[str]:
    """Folders and files of the user that do not exist."""
    for name, dataset in document.datasets.items():
        if name in document.grid.datasets and isinstance(dataset, OwnImages):
            for key in ("train", "held_out"):
                place = getattr(dataset, key)
                if place is not None and "*" not in place and not (sources / place).exists():
                    yield f"datasets.{name}.{key} is {place}, which does not exist; mend the path"


def _of_data(plan: Plan) -> tuple[list[str], list[str]]:
    """Values that need more samples than the prepared datasets have, and the names of these datasets."""
    prepared = [name for name in plan.params.grid.datasets if plan.state(Task("prepare", name)).is_current]
    cards = [open_dataset(plan.open("prepare", name)).card for name in prepared]
    return list(
        dict.fromkeys(line for card in cards for line in limits.problems(plan.params, card))
    ), prepared


def _described(plan: Plan, prepared: list[str]) -> Iterator[str]:
    """The size of the grid, and which data are not prepared and were not checked."""
    cells, seeds = len(plan.cells), len(plan.seeds)
    counts = ((cells, "cell"), (seeds, "seed"), (cells * seeds, "run"), (len(plan.params.claims), "claim"))
    yield ", ".join(f"{count:,} {name}{'' if count == 1 else 's'}" for count, name in counts)
    if rest := [name for name in plan.params.grid.datasets if name not in prepared]:
        yield f"not prepared, so that their sizes are not known: {', '.join(rest)}"
