"""The command line: one verb a stage. Bad input ends in one line and exit status 2."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ganmatrix import __version__
from ganmatrix.cell import Cell, expand, find, of_dataset
from ganmatrix.errors import UserError
from ganmatrix.params import Params, load, schema
from ganmatrix.params.messages import unknown_name
from ganmatrix.stages import planned, signals
from ganmatrix.stages.files import describe, write_text
from ganmatrix.stages.layout import Layout
from ganmatrix.terminal.commands import diff, show

app = typer.Typer(
    name="ganmatrix",
    help="Rebuild a matrix of GAN training runs from params.yaml, stage by stage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ParamsPath = Annotated[Path, typer.Option("--params", metavar="FILE", help="The params file to read.")]
Device = Annotated[
    str, typer.Option("--device", envvar="GANMATRIX_DEVICE", help="auto, cpu, cuda or cuda:N.")
]
DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="A name under `datasets`.")]
CellId = Annotated[
    str,
    typer.Argument(metavar="CELL", help="An id such as digits-conventional-gan-0; see `ganmatrix cells`."),
]
Templates = Annotated[Path, typer.Option("--templates", metavar="FOLDER", help="Where the notebooks are.")]
DEFAULT_PARAMS = Path("params.yaml")
DEFAULT_TEMPLATES = Path("reports/templates")
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
def digest(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="A stage, such as train, or a key of params.yaml, such as methods.gan."
        ),
    ],
    params: ParamsPath = DEFAULT_PARAMS,
) -> None:
    """Note what artifacts depend on: the code of a stage, or a value of params.yaml, in digests/."""
    from ganmatrix.stages import digest as stage

    _say(stage.run(what, *load(params), Layout()))


@app.command()
def prepare(
    dataset: DatasetName,
    params: ParamsPath = DEFAULT_PARAMS,
    sources: Annotated[
        Path, typer.Option("--sources", metavar="FOLDER", help="What relative paths of sources count from.")
    ] = DEFAULT_SOURCES,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out images that cannot be used; the card lists them.")
    ] = False,
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds between notes of the progress under scratch/data/DATASET/.")
    ] = 5.0,
) -> None:
    """Prepare a dataset, or go on where it was stopped: data/DATASET/.

    SIGTERM ends with status 75; the same command then continues.
    """
    received = signals.raising()
    try:
        from ganmatrix.stages import prepare as stage

        name, loaded = _dataset(dataset, params, "prepare")
        found = loaded.datasets[name]
        _say(stage.run(name, found, Layout(), sources, skip_bad, checkpoint_seconds, received))
    except signals.Stopped as stop:
        typer.echo(f"{dataset}: stopped by {stop}; the same command goes on", err=True)
        raise typer.Exit(signals.INTERRUPTED) from None
    finally:
        signals.ignore()


@app.command()
def reference(dataset: DatasetName, params: ParamsPath = DEFAULT_PARAMS, device: Device = "auto") -> None:
    """Measure the real data that generators are scored against: references/DATASET/."""
    from ganmatrix.stages import reference as stage

    name, loaded = _dataset(dataset, params, "reference")
    _say(stage.run(name, loaded.evaluation, Layout(), device))


@app.command()
def train(
    cell: CellId,
    params: ParamsPath = DEFAULT_PARAMS,
    device: Device = "auto",
    checkpoint_seconds: Annotated[
        float, typer.Option(min=0, help="Seconds between checkpoints under scratch/CELL/.")
    ] = 60.0,
) -> None:
    """Train a cell, or go on where it was stopped: weights, history, run record, samples in cells/CELL/.

    SIGTERM saves a checkpoint and ends with status 75; the same command then continues.
    """
    received = signals.noted()
    from ganmatrix.stages import train as stage

    found, loaded = _cell(cell, params, "train")
    try:
        _say(stage.run(found, loaded, Layout(), device, checkpoint_seconds, received))
    except stage.InterruptedTraining as stop:
        typer.echo(str(stop), err=True)
        raise typer.Exit(signals.INTERRUPTED) from None
    except signals.Stopped as stop:
        typer.echo(f"{cell}: stopped by {stop} while it waited for a device", err=True)
        raise typer.Exit(signals.INTERRUPTED) from None
    finally:
        signals.ignore()


@app.command()
def evaluate(cell: CellId, params: ParamsPath = DEFAULT_PARAMS, device: Device = "auto") -> None:
    """Score a cell's generators: cells/CELL/metrics.json."""
    from ganmatrix.stages import evaluate as stage

    found, loaded = _cell(cell, params, "evaluate")
    _say(stage.run(found, loaded.evaluation, Layout(), device))


@app.command()
def probe(cell: CellId, params: ParamsPath = DEFAULT_PARAMS, device: Device = "auto") -> None:
    """Probe a cell's discriminator: cells/CELL/probes.json."""
    from ganmatrix.stages import probe as stage

    found, loaded = _cell(cell, params, "probe")
    _say(stage.run(found, loaded.probes, Layout(), device))


@app.command()
def transfer(dataset: DatasetName, params: ParamsPath = DEFAULT_PARAMS, device: Device = "auto") -> None:
    """Try attacks made on one cell's discriminator on every other's: transfers/DATASET.parquet.

    All pairs of the grid's cells of one dataset with the same seed, across methods and architectures.
    """
    from ganmatrix.stages import transfer as stage

    name, loaded = _dataset(dataset, params, "transfer")
    _say(stage.run(name, of_dataset(loaded, name), loaded.probes, Layout(), device))


@app.command()
def assemble(params: ParamsPath = DEFAULT_PARAMS) -> None:
    """Gather all cells of the grid into results/."""
    from ganmatrix.stages import assemble as stage

    planned.check("assemble", load(params)[1])
    _say(stage.run(params, Layout()))


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A notebook under reports/templates.")],
    params: ParamsPath = DEFAULT_PARAMS,
    templates: Templates = DEFAULT_TEMPLATES,
) -> None:
    """Render a report from results/: reports/NAME.html."""
    from ganmatrix.stages import report as stage

    planned.check("report", load(params)[1])
    _say(stage.run(name, Layout(), templates))


@app.command()
def preview(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Reports to render; all otherwise.")
    ] = None,
    params: ParamsPath = DEFAULT_PARAMS,
    templates: Templates = DEFAULT_TEMPLATES,
) -> None:
    """Results and reports of as much of the grid as there is so far: preview/results/, preview/reports/.

    Pages say what is still to come; results/ and reports/ stay as they are.
    """
    from ganmatrix.stages import preview as stage

    _say(stage.run(params, Layout(), templates, names or []))


@app.command()
def record(params: ParamsPath = DEFAULT_PARAMS) -> None:
    """Commit what Snakemake has made to DVC's cache and dvc.lock, as far as it is up to date."""
    from ganmatrix.stages import record as stage

    typer.echo(stage.run(params, *load(params)))


@app.command()
def adopt(params: ParamsPath = DEFAULT_PARAMS) -> None:
    """Make known to Snakemake what `dvc repro` has made or `dvc checkout` has restored."""
    from ganmatrix.stages import adopt as stage

    load(params)
    typer.echo(stage.run(params))


app.command()(show)
app.command()(diff)


@app.command()
def cells(params: ParamsPath = DEFAULT_PARAMS) -> None:
    """List the ids of the grid's cells, one a line."""
    loaded, _ = load(params)
    for each in expand(loaded):
        typer.echo(each.id)


@app.command(name="schema")
def schema_(
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write here.")] = None,
) -> None:
    """Export the JSON schema of params.yaml, for editors."""
    if output is None:
        typer.echo(schema(), nl=False)
    else:
        write_text(output, schema())
        _say([output])


def _dataset(name: str, path: Path, stage: str) -> tuple[str, Params]:
    loaded, document = load(path)
    if name not in loaded.datasets:
        raise UserError(f"{path}: {unknown_name('DATASET', name, loaded.datasets, 'datasets')}")
    planned.check(stage, document, dataset=name)
    return name, loaded


def _cell(cell_id: str, path: Path, stage: str) -> tuple[Cell, Params]:
    loaded, document = load(path)
    cell = find(loaded, cell_id)
    planned.check(stage, document, **cell.names)
    return cell, loaded


def _say(written: list[Path]) -> None:
    typer.echo(describe(written))


def main(run: Callable[[], None] = app) -> None:
    """The `ganmatrix` command."""
    try:
        run()
    except UserError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        sys.exit(2)
