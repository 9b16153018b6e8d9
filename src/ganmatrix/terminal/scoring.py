"""The verb `score`."""

import contextlib
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from ganmatrix.errors import UserError, unreadable
from ganmatrix.runtime import signals
from ganmatrix.store.files import describe, replacing
from ganmatrix.terminal.commands import DEFAULT_PARAMS, Json, Names
from ganmatrix.terminal.sharing import CheckpointChoice

NO_NAMES: Names = []


def _presets(wanted: bool) -> None:
    if not wanted:
        return
    from ganmatrix.stages.score import described

    typer.echo(described())
    raise typer.Exit()


def score(
    fake: Annotated[
        str,
        typer.Argument(
            metavar="FAKE",
            help="Generated images: a folder, Parquet files, a .npy or .npz file, or a cell's id.",
            show_default=False,
        ),
    ],
    real: Annotated[
        str,
        typer.Argument(metavar="REAL", help="Real images, the same; or a dataset.", show_default=False),
    ],
    preset: Annotated[
        str, typer.Option("--as", metavar="PRESET", help="Score by this tool's protocol; see --presets.")
    ] = "ganmatrix",
    metric: Annotated[
        Names, typer.Option("--metric", metavar="NAME", help="Only this score, such as fid; repeatable.")
    ] = NO_NAMES,
    extractor: Annotated[
        str | None,
        typer.Option("--extractor", metavar="NAME", help="The network; by default efficientnet_lite0."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option("--weights", metavar="FILE", help="Its weights, in place of the published.")
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", metavar="HEX", help="What --weights must have, if it is no published file."),
    ] = None,
    input_size: Annotated[
        int | None, typer.Option("--input-size", metavar="PIXELS", help="The side that the network sees.")
    ] = None,
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            metavar="N",
            help="Images of each set, evenly spread; or to make.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="A cell's seed; by default the grid's first.")
    ] = None,
    value_range: Annotated[
        str | None,
        typer.Option("--range", metavar="LOW,HIGH", help="The range of floating-point arrays: -1,1 or 0,1."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Pass over images that cannot be used; the card lists them.")
    ] = False,
    as_json: Json = False,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Also write the JSON here.")
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--rows",
            metavar="FILE",
            help="Add the scores to this table for `imports`; FAKE has {seed} in it, and --cell is given.",
        ),
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option("--cell", metavar="ID", help="With --rows: DATASET-ARCHITECTURE-METHOD of the rows."),
    ] = None,
    checkpoint: Annotated[
        CheckpointChoice, typer.Option("--checkpoint", help="With --rows: which generator made the samples.")
    ] = CheckpointChoice.LAST,
    device: Annotated[
        str, typer.Option("--device", envvar="GANMATRIX_DEVICE", help="auto, cpu, cuda or cuda:N.")
    ] = "auto",
    params: Annotated[
        Path, typer.Option("--params", metavar="FILE", help="The params file of cells and datasets.")
    ] = DEFAULT_PARAMS,
    presets: Annotated[
        bool,
        typer.Option(
            "--presets",
            callback=_presets,
            is_eager=True,
            help="List presets and what differs.",
        ),
    ] = False,
) -> None:
    """Score the images FAKE against the images REAL: FID, KID, precision and others, with their protocol."""
    signals.raising()
    options: dict[str, Any] = {
        "metrics": metric,
        "extractor": extractor,
        "weights": weights,
        "sha256": sha256,
        "input_size": input_size,
        "samples": samples,
        "seed": seed,
        "value_range": None if value_range is None else _span(value_range),
        "skip_bad": skip_bad,
        "device": device,
        "params": params,
    }
    if (rows is None) != (cell is None) or (rows and (output or as_json)):
        raise UserError("--rows and --cell go together, without --json and --output")
    try:
        with contextlib.ExitStack() as stack:
            # Whether it can be written is found out before the work.
            target = stack.enter_context(replacing(path)) if (path := rows or output) else None
            from ganmatrix.stages import score as stage
            from ganmatrix.stages import score_runs

            if rows is not None and cell is not None and target is not None:
                found, table = score_runs.run(
                    fake, real, preset, cell, checkpoint.value, _content(rows), **options
                )
                target.write_bytes(table)
                typer.echo(found)
            else:
                scored = stage.score(fake, real, preset, **options)
                if target is not None:
                    target.write_text(scored.to_json(), encoding="utf-8")
                typer.echo(scored.to_json() if as_json else str(scored), nl=not as_json)
    except signals.Stopped as stop:
        typer.echo(f"score: stopped by {stop}; nothing was written", err=True)
        raise typer.Exit(signals.INTERRUPTED) from None
    finally:
        signals.ignore()
    if path:
        typer.echo(describe([path]), err=True)


def _content(path: Path) -> bytes:
    """What a file has; nothing if it is not there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UserError(unreadable(path, error)) from None


def _span(text: str) -> tuple[float, float]:
    number = r"[-+]?(?:[0-9]{1,9})(?:\.[0-9]{1,9})?"
    match = re.fullmatch(rf"({number}),({number})", text.replace(" ", ""))
    if match is None or not float(match[1]) < float(match[2]):
        raise UserError(f"--range is {text[:40]!r}; expected the least and the largest value, such as -1,1")
    return float(match[1]), float(match[2])
