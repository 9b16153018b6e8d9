"""The verbs that only read and print: `check`, `status`, `show` and `diff`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ganmatrix.errors import one_line
from ganmatrix.plan import Plan, Task

if TYPE_CHECKING:
    from ganmatrix.results.artifacts import Assembled


class ShowChoice(StrEnum):
    """The parts that `show` can print. Without one it prints the matrix and the claims."""

    MATRIX = "matrix"
    CLAIMS = "claims"
    RUNS = "runs"


Names = list[str]
Columns = Annotated[
    Names, typer.Option("--column", metavar="NAME", help="A column, or a measure such as fid; repeatable.")
]
Datasets = Annotated[Names, typer.Option("--dataset", metavar="NAME", help="Only this; repeatable.")]
Architectures = Annotated[
    Names, typer.Option("--architecture", metavar="NAME", help="Only this; repeatable.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Given = Annotated[
    Path,
    typer.Option(
        "--params",
        metavar="FILE",
        help="The params file; any file but params.yaml works in scales/<its name>/.",
    ),
]
Place = Annotated[
    str | None, typer.Option("--results", metavar="PLACE", help="A results folder, or a git revision.")
]
ParamsOfResults = Annotated[
    Path, typer.Option("--params", metavar="FILE", help="The params file whose results to show.")
]
NOTHING: Names = []
HERE = Path()
DEFAULT_PARAMS = Path("params.yaml")


def show(
    part: Annotated[
        ShowChoice | None, typer.Argument(help="One of these parts; without it, the matrix and the claims.")
    ] = None,
    column: Columns = NOTHING,
    dataset: Datasets = NOTHING,
    architecture: Architectures = NOTHING,
    method: Annotated[
        Names, typer.Option("--method", metavar="NAME", help="Only this; repeatable.")
    ] = NOTHING,
    results: Place = None,
    params: ParamsOfResults = DEFAULT_PARAMS,
    as_json: Json = False,
) -> None:
    """Print the matrix (mean [95% interval] over seeds) and the claims with their verdicts."""
    from ganmatrix.reporting.run_counts import preview_sentence
    from ganmatrix.terminal import matrix
    from ganmatrix.terminal.claims import claims
    from ganmatrix.terminal.selection import Selection
    from ganmatrix.terminal.tables import console

    found = _results(results, params)
    selection = Selection(column, dataset, architecture, method)
    selection.check(found)
    parts = [part] if part else [ShowChoice.MATRIX, ShowChoice.CLAIMS]
    if as_json:
        rows: dict[ShowChoice, Callable[[], Any]] = {
            ShowChoice.MATRIX: lambda: matrix.records(found, selection),
            ShowChoice.CLAIMS: lambda: _rows(found.claims),
            ShowChoice.RUNS: lambda: _rows(matrix.run_records(found, selection)),
        }
        typer.echo(json.dumps({each: rows[each]() for each in parts}, indent=2))
        return
    tables = {
        ShowChoice.MATRIX: matrix.matrix(found, selection),
        ShowChoice.CLAIMS: [claims(found)],
        ShowChoice.RUNS: matrix.runs(found, selection),
    }
    if said := preview_sentence(found.summary):
        console().print(said, style="bold", end="\n\n")
    for each in parts:
        console().print(*tables[each], sep="\n")


def _results(place: str | None, params: Path) -> "Assembled":
    """The results at a place, or those of a params file, with a line on stderr if these are not current."""
    from ganmatrix.terminal.reading import read, read_in

    if place:
        return read(place)
    plan = Plan.load(params)
    found = read_in(plan.layout)
    if not (state := plan.state(Task("assemble"))).is_current:
        maker = plan.layout.all_command
        typer.echo(f"these results are not current: {state.reason}; `{maker}` makes them again", err=True)
    return found


class Scale(StrEnum):
    """How a difference is told. By default, as claims about the metric have it."""

    DIFFERENCE = "difference"
    RELATIVE = "relative"


def compare(
    method: Annotated[str, typer.Argument(metavar="METHOD_A", help="A method of the results.")],
    baseline: Annotated[str, typer.Argument(metavar="METHOD_B", help="The one to compare it with.")],
    metric: Annotated[
        Names,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="A column, or a measure such as fid; repeatable. By default the leading score.",
        ),
    ] = NOTHING,
    dataset: Datasets = NOTHING,
    architecture: Architectures = NOTHING,
    scale: Annotated[
        Scale | None, typer.Option("--scale", help="A difference, or relative to METHOD_B.")
    ] = None,
    results: Place = None,
    params: ParamsOfResults = DEFAULT_PARAMS,
    as_json: Json = False,
) -> None:
    """Print how METHOD_A differs from METHOD_B: effect, interval, plot, and the seeds that would decide.

    The test is two-sided and not corrected. If you ask many questions, some answers are wrong by chance.
    """
    from ganmatrix.results.two_methods import answer
    from ganmatrix.terminal.effects import effects
    from ganmatrix.terminal.selection import asked
    from ganmatrix.terminal.tables import console

    found, columns = asked(_results(results, params), (method, baseline), metric, dataset, architecture)
    relative = None if scale is None else scale is Scale.RELATIVE
    answers = [answer(found, method, baseline, each, relative) for each in columns]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in answers], indent=2))
        return
    for each in answers:
        console().print(*effects(each), sep="\n")


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A results folder, or a git revision.")],
    after: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    column: Columns = NOTHING,
    as_json: Json = False,
) -> None:
    """Print what has changed from A to B: cells, protocols, verdicts, and means that changed beyond noise.

    The results of a revision come from DVC's cache, as its dvc.lock names them. The workspace does not
    change.
    """
    from ganmatrix.results.changes import compare
    from ganmatrix.terminal.changes import changes
    from ganmatrix.terminal.reading import read
    from ganmatrix.terminal.selection import matches, require_columns
    from ganmatrix.terminal.tables import console

    one, other = read(before), read(after)
    require_columns(column, [one, other])
    found = compare(one, other, lambda name: not column or matches(name, column))
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=2))
        return
    console().print(*changes(found, (before, after), every=bool(column)), sep="\n")


def _rows(frame: Any) -> list[dict[str, Any]]:
    """The rows of a table as JSON, with null for NaN."""
    rows: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return rows


def check(
    params: Given = DEFAULT_PARAMS,
    sources: Annotated[
        Path, typer.Option("--sources", metavar="FOLDER", help="Where relative paths of sources start.")
    ] = HERE,
) -> None:
    """List all problems of a params file, one line each, or print the size of the study.

    For prepared data it also checks whether there are enough samples.
    """
    from ganmatrix.stages import check as stage

    problems, notes = stage.run(params, sources)
    for problem in problems:
        typer.echo(f"error: {params}: {one_line(problem)}", err=True)
    for note in notes:
        typer.echo(f"{params}: {one_line(note)}", err=bool(problems))
    if problems:
        raise typer.Exit(2)


def status(
    params: Given = DEFAULT_PARAMS,
    files: Annotated[
        bool, typer.Option("--files", help="Also compare every file with its manifest; this reads all files.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print what is current, what is stale and why, and what is missing."""
    from ganmatrix.stages import status as stage

    found = stage.run(Plan.load(params), files)
    if as_json:
        rows = [
            {
                "stage": each.task.stage,
                "target": each.task.target,
                "seed": each.seed,
                "state": each.state.kind,
                "reason": each.state.reason,
            }
            for each in found
        ]
        typer.echo(json.dumps(rows, indent=2))
    else:
        typer.echo("\n".join(stage.lines(found)))
