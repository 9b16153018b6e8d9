"""The command line, with one verb for each stage. Bad input ends with one line and exit status 2."""

import os
import re
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Annotated

import typer

from ganmatrix import __version__
from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.params import load, schema
from ganmatrix.params.messages import unknown_name
from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import granted, signals
from ganmatrix.store.files import describe, write_text
from ganmatrix.store.layout import OF_VARIANTS
from ganmatrix.terminal import sharing
from ganmatrix.terminal.commands import DEFAULT_PARAMS, Given, check, compare, diff, show, status
from ganmatrix.terminal.estimate import estimate
from ganmatrix.terminal.judge import judge
from ganmatrix.terminal.output import printing
from ganmatrix.terminal.scoring import score

if TYPE_CHECKING:
    from ganmatrix.making import Maker

app = typer.Typer(
    name="ganmatrix",
    help="Rebuild a matrix of GAN training runs from params.yaml, stage by stage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Device = Annotated[
    str, typer.Option("--device", envvar="GANMATRIX_DEVICE", help="auto, cpu, cuda or cuda:N.")
]
DatasetName = Annotated[
    str | None, typer.Argument(metavar="DATASET", help="A name under `datasets`.", show_default=False)
]
CellId = Annotated[
    str | None,
    typer.Argument(
        metavar="CELL",
        help="An id such as digits-conventional-gan, or digits-conventional-gan-slow of a variant; see "
        "`ganmatrix cells`.",
        show_default=False,
    ),
]
ReportName = Annotated[
    str | None, typer.Argument(metavar="NAME", help="A notebook under reports/templates.", show_default=False)
]
Seeds = Annotated[
    str | None, typer.Option("--seeds", metavar="N,...", help="Only these seeds of the grid, such as 4,5.")
]
CheckpointSeconds = Annotated[float, typer.Option(min=0, help="Seconds between two checkpoints.")]
DEFAULT_SOURCES = Path()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit()


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None: ...


@app.command()
def new(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder that is empty or not there yet.")
    ],
    images: Annotated[
        Path | None,
        typer.Argument(
            metavar="[IMAGES]",
            help="With `--from images`: your folder of images or of Parquet files.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str,
        typer.Option(
            "--from", metavar="NAME", help="digits, images, cifar10, or another file of pipeline/scales."
        ),
    ] = "digits",
) -> None:
    """Make a project of your own in FOLDER: params.yaml, both engines, reports, git and DVC set up."""
    from ganmatrix.stages import new as stage

    typer.echo(stage.run(folder, start, images))


app.command()(check)


@app.command()
def digest(params: Given = DEFAULT_PARAMS) -> None:
    """Write dependencies of stages that are not files, for both engines: digests/."""
    from ganmatrix.stages import digest as stage

    typer.echo(stage.run(Plan.load(params)))


@app.command()
def prepare(
    dataset: DatasetName = None,
    params: Given = DEFAULT_PARAMS,
    sources: Annotated[
        Path, typer.Option("--sources", metavar="FOLDER", help="Where relative paths of sources start.")
    ] = DEFAULT_SOURCES,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out images that cannot be used; the card lists them.")
    ] = False,
    checkpoint_seconds: CheckpointSeconds = 5.0,
) -> None:
    """Prepare a dataset, or continue where it was stopped: data/DATASET/.

    SIGTERM ends the command with status 75. The same command then continues.
    """
    received = signals.raising()
    plan, task = _of_dataset("prepare", dataset, params)

    def load() -> "Maker":
        from ganmatrix.stages import prepare as stage

        return lambda _, folder: stage.into(
            folder, task.target, plan, sources, skip_bad, checkpoint_seconds, received
        )

    _make(plan, task, load)


@app.command()
def reference(dataset: DatasetName = None, params: Given = DEFAULT_PARAMS, device: Device = "auto") -> None:
    """Measure the real data for scoring generators: references/DATASET/."""
    signals.raising()
    plan, task = _of_dataset("reference", dataset, params)

    def load() -> "Maker":
        from ganmatrix.stages import reference as stage

        return lambda _, folder: stage.into(folder, task.target, plan, device)

    _make(plan, task, load)


@app.command()
def train(
    cell: CellId = None,
    params: Given = DEFAULT_PARAMS,
    seeds: Seeds = None,
    device: Device = "auto",
    checkpoint_seconds: CheckpointSeconds = 60.0,
) -> None:
    """Train the runs of a cell that are missing or outdated: cells/CELL/train/SEED/.

    It trains as many runs at once as there are cores, or OMP_NUM_THREADS. SIGTERM saves checkpoints and ends
    the command with status 75. The same command then continues.
    """
    received = signals.noted()
    plan, task, found = _of_cell("train", cell, params)

    def load() -> "Maker":
        from ganmatrix.stages import train as stage

        return lambda seed, folder: stage.into(
            folder, found, _number(seed), plan, device, checkpoint_seconds, received
        )

    _make(plan, task, load, seeds, received)


@app.command()
def evaluate(
    cell: CellId = None, params: Given = DEFAULT_PARAMS, seeds: Seeds = None, device: Device = "auto"
) -> None:
    """Score the generators of a cell's runs: cells/CELL/evaluate/SEED/."""
    signals.raising()
    plan, task, found = _of_cell("evaluate", cell, params)

    def load() -> "Maker":
        from ganmatrix.stages import evaluate as stage

        return lambda seed, folder: stage.into(folder, found, _number(seed), plan, device)

    _make(plan, task, load, seeds)


@app.command()
def probe(
    cell: CellId = None, params: Given = DEFAULT_PARAMS, seeds: Seeds = None, device: Device = "auto"
) -> None:
    """Probe the discriminators of a cell's runs: cells/CELL/probe/SEED/."""
    signals.raising()
    plan, task, found = _of_cell("probe", cell, params)

    def load() -> "Maker":
        from ganmatrix.stages import probe as stage

        return lambda seed, folder: stage.into(folder, found, _number(seed), plan, device)

    _make(plan, task, load, seeds)


@app.command()
def transfer(
    dataset: DatasetName = None,
    params: Given = DEFAULT_PARAMS,
    seeds: Seeds = None,
    device: Device = "auto",
) -> None:
    """Try attacks on one run's discriminator against the others of its seed: transfers/DATASET/SEED/."""
    signals.raising()
    plan, task = _of_dataset("transfer", dataset, params)

    def load() -> "Maker":
        from ganmatrix.stages import transfer as stage

        return lambda seed, folder: stage.into(folder, task.target, _number(seed), plan, device)

    _make(plan, task, load, seeds)


@app.command()
def assemble(params: Given = DEFAULT_PARAMS) -> None:
    """Turn all runs of the grid into the tables of results/, with verdicts on the claims."""
    signals.raising()
    plan = Plan.load(params)

    def load() -> "Maker":
        from ganmatrix.stages import assemble as stage

        return lambda _, folder: stage.into(folder, plan)

    _make(plan, Task("assemble"), load)


@app.command()
def report(name: ReportName = None, params: Given = DEFAULT_PARAMS) -> None:
    """Render a report from results/: reports/NAME.html."""
    signals.raising()
    plan = Plan.load(params)
    given = _target("NAME", name, "report", plan.reports, "reports")

    def load() -> "Maker":
        from ganmatrix.stages import report as stage

        return lambda _, folder: stage.into(folder, given, plan)

    _make(plan, Task("report", given), load)


@app.command()
def preview(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Reports to render; without names, all.")
    ] = None,
    params: Given = DEFAULT_PARAMS,
) -> None:
    """Make results and reports of the finished part of the grid: preview/results/, preview/reports/.

    Pages say what is missing. results/ and reports/ do not change.
    """
    from ganmatrix.stages import preview as stage

    typer.echo(describe(stage.run(Plan.load(params), names or [])))


@app.command()
def record(params: Given = DEFAULT_PARAMS) -> None:
    """Commit everything that is current to DVC's cache and dvc.lock: the quick form of a `dvc repro`."""
    from ganmatrix.stages import record as stage

    typer.echo(stage.run(params, Plan.load(params)))


for verb in (status, estimate, show, compare, diff, judge, score, *sharing.VERBS):
    app.command()(verb)


@app.command()
def cells(params: Given = DEFAULT_PARAMS) -> None:
    """List the ids of the grid's cells, one per line."""
    for each in Plan.load(params).cells:
        typer.echo(each)


@app.command(name="schema")
def schema_(
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write here.")] = None,
    params: Annotated[
        Path | None, typer.Option("--params", metavar="FILE", help="Include the plugins of this params file.")
    ] = None,
) -> None:
    """Export the JSON schema of params.yaml, for editors."""
    if params is not None:
        load(params)
    if output is None:
        typer.echo(schema(), nl=False)
    else:
        write_text(output, schema())
        typer.echo(describe([output]))


def _make(
    plan: Plan,
    task: Task,
    load: Callable[[], "Maker"],
    seeds: str | None = None,
    received: Sequence[Signals] = (),
) -> None:
    """Bring a stage up to date and print what was done. Exit status 75 after a signal."""
    from ganmatrix.making import make

    try:
        began = time.monotonic()
        done = make(plan, task, load, _chosen(seeds, plan), granted.workers(), received)
        typer.echo(done)
        if done.startswith(f"{task}: made "):
            used = granted.processor_seconds()
            wall = time.monotonic() - began
            typer.echo(f"{task}: took {wall:.1f} s, {used:.1f} s of processor time", err=True)
    except signals.Stopped as stop:
        typer.echo(f"{task}: stopped by {stop}; the same command goes on", err=True)
        raise typer.Exit(signals.INTERRUPTED) from None
    finally:
        signals.ignore()


def _chosen(text: str | None, plan: Plan) -> list[int]:
    """The requested seeds; an empty list means all."""
    if text is None:
        return []
    chosen = []
    for part in text.split(","):
        if not re.fullmatch("[0-9]{1,10}", part.strip()):
            raise UserError(f"--seeds is {text[:100]!r}; expected seeds with commas between, such as 4,5")
        if (seed := int(part)) not in plan.seeds:
            raise UserError(f"--seeds names {seed}, which is not in grid.seeds; add it there first")
        chosen.append(seed)
    return list(dict.fromkeys(chosen))


def _of_dataset(stage: str, name: str | None, path: Path) -> tuple[Plan, Task]:
    plan = Plan.load(path)
    given = _target("DATASET", name, stage, plan.params.datasets, "datasets")
    if given not in plan.params.grid.datasets and stage != "prepare":
        raise UserError(f"{given} is not in grid.datasets, which has {', '.join(plan.params.grid.datasets)}")
    return plan, Task(stage, given)


def _of_cell(stage: str, cell_id: str | None, path: Path) -> tuple[Plan, Task, Cell]:
    plan = Plan.load(path)
    cell = plan.cell(_asked("CELL", cell_id, stage))
    return plan, Task(stage, cell.id), cell


def _target(what: str, name: str | None, stage: str, known: Collection[str], section: str) -> str:
    given = _asked(what, name, stage)
    if given not in known:
        raise UserError(unknown_name(what, given, list(known), section))
    return given


def _asked(what: str, name: str | None, stage: str) -> str:
    """The target of a verb: its argument, or, in dvc.yaml, the target in DVC's name of the stage.

    So no name of params.yaml reaches a shell before it is validated.
    """
    if name is not None:
        return name
    verb, _, target = os.environ.get("DVC_STAGE", "").partition("@")
    if verb not in (stage, f"{stage}{OF_VARIANTS}") or not target:
        raise UserError(f"{what} is missing; `ganmatrix {stage} --help` says what it is")
    return target


def _number(seed: int | None) -> int:
    assert seed is not None, "a stage with seeds"
    return seed


def main(run: Callable[[], None] = app) -> None:
    """The `ganmatrix` command."""
    with printing():
        run()
