"""The verbs that take results out: `sample`, `export`, `bundle` and `verify`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ganmatrix.errors import one_line
from ganmatrix.plan import Plan
from ganmatrix.terminal.commands import DEFAULT_PARAMS, Given

MOST_SAMPLES, LARGEST_LATENT_SEED = 100_000, 2**31 - 1


class CheckpointChoice(StrEnum):
    """The generators of a run."""

    EMA = "ema"
    LAST = "last"
    BEST = "best"
    INIT = "init"


class FormatChoice(StrEnum):
    """The files of samples."""

    PNG = "png"
    NPZ = "npz"
    CSV = "csv"


Cell = Annotated[str, typer.Argument(metavar="CELL", help="An id such as digits-conventional-gan.")]
Seed = Annotated[
    int | None, typer.Option("--seed", help="A training seed of the grid; by default its first one.")
]
Checkpoint = Annotated[
    CheckpointChoice,
    typer.Option(
        "--checkpoint",
        help="ema: the running average of G's weights; last: after the last step; best: the snapshot with "
        "the best score; init: before training.",
    ),
]
OutFolder = Annotated[
    Path,
    typer.Option("--out", metavar="FOLDER", help="A new folder, or one that this verb wrote before."),
]


def sample(
    cell: Cell,
    out: OutFolder,
    seed: Seed = None,
    checkpoint: Checkpoint = CheckpointChoice.EMA,
    count: Annotated[int, typer.Option("--count", min=1, max=MOST_SAMPLES, help="How many samples.")] = 64,
    latent_seed: Annotated[
        int,
        typer.Option("--latent-seed", min=0, max=LARGEST_LATENT_SEED, help="Another number, other samples."),
    ] = 0,
    kind: Annotated[
        FormatChoice | None,
        typer.Option("--format", help="Images: png (default) or npz. Points: npz (default) or csv."),
    ] = None,
    grid: Annotated[bool, typer.Option("--grid", help="Also write a picture of the samples.")] = False,
    params: Given = DEFAULT_PARAMS,
    device: Annotated[
        str, typer.Option("--device", envvar="GANMATRIX_DEVICE", help="auto, cpu, cuda or cuda:N.")
    ] = "auto",
) -> None:
    """Draw samples of a trained generator: files, labels of digits, and a record with SHA-256 sums."""
    from ganmatrix.stages import sample as stage

    order = stage.Order(count, latent_seed, kind.value if kind else None, grid)
    typer.echo(stage.run(Plan.load(params), cell, seed, checkpoint.value, order, out, device))


def export(
    cell: Cell,
    out: OutFolder,
    seed: Seed = None,
    checkpoint: Checkpoint = CheckpointChoice.EMA,
    params: Given = DEFAULT_PARAMS,
) -> None:
    """Export a trained generator as a program that torch loads without ganmatrix, with a model card."""
    from ganmatrix.stages import export as stage

    typer.echo(stage.run(Plan.load(params), cell, seed, checkpoint.value, out))


def bundle(
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="By default results.zip.", show_default=False),
    ] = None,
    with_weights: Annotated[
        bool, typer.Option("--with-weights", help="Also the weights of all runs.")
    ] = False,
    params: Given = DEFAULT_PARAMS,
) -> None:
    """Put params, manifests, tables, reports and the environment into one archive, with RO-Crate metadata."""
    from ganmatrix.stages import bundle as stage

    typer.echo(stage.run(Plan.load(params), out, with_weights))


def verify(
    archive: Annotated[Path, typer.Argument(metavar="BUNDLE", help="An archive that the verb bundle wrote.")],
) -> None:
    """Check a bundle: its files, what they were made from, and that the verdicts follow from the tables.

    Nothing in it is trusted or run. Problems are listed, one line each, with exit status 2.
    """
    from ganmatrix.stages import verify as stage

    found = stage.run(archive)
    for problem in found.problems:
        typer.echo(f"error: {archive}: {one_line(problem)}", err=True)
    if found.problems:
        raise typer.Exit(2)
    typer.echo(f"{archive}: nothing is wrong. " + one_line("; ".join(found.said)) + ".")


VERBS = (sample, export, bundle, verify)
