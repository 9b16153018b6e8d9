"""The verb `estimate`: what the rest of a grid takes on this machine."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ganmatrix.plan import Plan
from ganmatrix.store.files import size
from ganmatrix.terminal.commands import DEFAULT_PARAMS, Given, Json

if TYPE_CHECKING:
    from ganmatrix.stages.estimate import CellCost, Estimate

Device = Annotated[
    str, typer.Option("--device", envvar="GANMATRIX_DEVICE", help="auto, cpu, cuda or cuda:N.")
]
Brief = Annotated[bool, typer.Option("--brief", help="Print the sums only.")]


def estimate(
    params: Given = DEFAULT_PARAMS, device: Device = "auto", brief: Brief = False, as_json: Json = False
) -> None:
    """Time some steps of each kind of run, and print hours, memory and disk of what is still to make.

    Exit status 2 if memory or disk are too small for it.
    """
    from ganmatrix.stages import estimate as stage

    plan = Plan.load(params)
    found = stage.run(plan, device)
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"hours": found.hours}, indent=2))
    else:
        if found.cells and not brief:
            _print_cells(found.cells)
        typer.echo(summary(found))
    stage.check(found, plan)


def summary(found: "Estimate") -> str:
    """The sums, one line each."""
    if not found.cells:
        return "nothing to train, score or probe"
    parts = {
        "training": sum(cell.train_hours for cell in found.cells),
        "scoring": sum(cell.score_hours for cell in found.cells),
        "probing": sum(cell.probe_hours for cell in found.cells),
    }
    shares = ", ".join(f"{name} {duration(hours)}" for name, hours in parts.items())
    runs = sum(cell.to_train for cell in found.cells)
    times = f"{found.at_once} runs at once" if found.at_once > 1 else "one run at a time"
    to_train = f"{runs:,} run{'' if runs == 1 else 's'} to train"
    return (
        f"estimate: about {duration(found.hours)} with {times}; {to_train} "
        f"({shares}, one run after the other)\n"
        f"memory: up to {size(found.memory)} a training run, {size(found.free_memory)} free; "
        f"disk: {size(found.disk)} for weights and checkpoints"
    )


def duration(hours: float) -> str:
    """`12 min` or `3.4 h`."""
    return f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.0f} min"


def _print_cells(cells: "list[CellCost]") -> None:
    from ganmatrix.terminal.tables import console, table

    header = ("cell", "ms", "steps", "runs", "train", "score", "probe")
    rows = [
        (
            cell.cell,
            f"{cell.step_seconds * 1000:,.3g}",
            f"{cell.steps:,}",
            f"{cell.to_train:,}",
            *(f"{hours:.2f}" for hours in (cell.train_hours, cell.score_hours, cell.probe_hours)),
        )
        for cell in cells
    ]
    note = (
        "ms: of a generator step with its discriminator steps. steps: of a run. runs: to train. "
        "train, score, probe: hours of all runs, one after the other. Scoring is drawing images and finding "
        "their features. The arithmetic of the scores, preparing data, references, transfers and reports "
        "come on top."
    )
    console().print(table("What is still to make", header, rows, note))
