"""`ganmatrix estimate`: hours, memory and disk of the runs that are still to make, from a few timed steps."""

import math
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from ganmatrix.cell import Cell, resolved
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import ImageFiles
from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import devices, granted
from ganmatrix.runtime.progress import Progressing
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.files import as_json, check_room, size

if TYPE_CHECKING:
    from ganmatrix.stages.timing import StepCost

PARTS = ("train", "evaluate", "probe")

Timing = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function of `stages.timing` and its arguments."""

LENGTHS = frozenset({"generator_steps", "snapshots", "log_every", "decay", "ema_half_life"})
"""Values of a recipe that no step's time depends on."""

LONG_STEPS, LONG_VALUES = 50_000, 500_000_000
"""Generator steps, or values of images that discriminators see, from which on a plan is long."""


@dataclass(frozen=True)
class CellCost:
    """One cell: what is still to make of it, and what that takes."""

    cell: str
    steps: int
    """Generator steps of a run."""
    to_train: int
    to_score: int
    to_probe: int
    """Numbers of runs."""
    step_seconds: float
    operations: float
    """Millions of multiply-adds a step."""
    train_hours: float
    """Of the runs to train, one after the other; the next two likewise."""
    score_hours: float
    probe_hours: float

    @property
    def runs(self) -> int:
        """Runs of which something is to make."""
        return max(self.to_train, self.to_score, self.to_probe)

    @property
    def hours(self) -> float:
        """Of all its runs, one after the other."""
        return self.train_hours + self.score_hours + self.probe_hours


@dataclass(frozen=True)
class Estimate:
    """What the rest of a grid takes on this machine."""

    cells: list[CellCost]
    at_once: int
    """Runs at the same time."""
    device: str
    memory: int
    """Bytes that a run takes at most while it trains."""
    free_memory: float
    disk: int
    """Bytes of weights, their copies in DVC's cache, and checkpoints."""

    @property
    def hours(self) -> float:
        """Until the end, if the runs keep all places busy; no less than the longest run."""
        longest = max((cell.hours / cell.runs for cell in self.cells), default=0.0)
        return max(longest, sum(cell.hours for cell in self.cells) / self.at_once)


def is_long(plan: Plan) -> bool:
    """Whether so much is to be trained that it is worth an estimate."""
    steps = values = 0
    for cell in plan.cells.values():
        recipe = plan.params.recipe(cell.dataset, cell.architecture, cell.variant)
        runs = _pending(plan, "train", cell)
        steps += runs * recipe.generator_steps
        values += (
            runs
            * recipe.generator_steps
            * recipe.discriminator_steps
            * recipe.batch_size
            * math.prod(_shape(plan, cell.dataset))
        )
    return steps >= LONG_STEPS or values >= LONG_VALUES


def run(plan: Plan, device_name: str) -> Estimate:
    """Time a few steps of every kind of run that is still to make.

    UserError if a run takes more memory than is free, or the plan more disk, with the figures.
    """
    from ganmatrix.stages import timing

    on_gpu = device_name.startswith("cuda") or (device_name == "auto" and devices.count() > 0)
    at_once = max(1, devices.count()) * granted.runs_per_device() if on_gpu else granted.workers()
    cells = [cell for cell in plan.cells.values() if any(_pending(plan, each, cell) for each in PARTS)]
    at_once = max(1, min(at_once, sum(max(_pending(plan, each, cell) for each in PARTS) for cell in cells)))
    timings: dict[tuple[str, str], Timing] = {}
    for cell in cells:
        given = (cell.run(plan.seeds[0]), plan.params, _shape(plan, cell.dataset), device_name)
        timings.setdefault(("step", _step_key(plan, cell)), (timing.of_step, given))
        if not plan.params.datasets[cell.dataset].is_points:
            timings.setdefault(("score", _networks_key(plan, cell)), (timing.of_scored_image, given))
        timings.setdefault(("probe", _networks_key(plan, cell)), (timing.of_probing, given))
    found = dict(zip(timings, _each_in_a_process(list(timings.values()), at_once), strict=True))
    steps: list[StepCost] = [value for (kind, _), value in found.items() if kind == "step"]
    free = timing.free_memory()
    samples = max((_sample_bytes(plan, dataset, free) for dataset in plan.params.grid.datasets), default=0)
    return Estimate(
        cells=[_cost(plan, cell, found) for cell in cells],
        at_once=at_once,
        device="cuda" if on_gpu else "cpu",
        memory=max((each.memory for each in steps), default=0) + samples,
        free_memory=free,
        disk=sum(
            2 * _pending(plan, "train", cell) * found["step", _step_key(plan, cell)].disk for cell in cells
        ),
    )


def check(estimate: Estimate, plan: Plan) -> None:
    """UserError if the plan takes more memory or disk than there is."""
    check_room(estimate.disk, plan.layout.root / "cells", "make room, or name fewer cells or seeds")
    needed = estimate.at_once * estimate.memory
    if estimate.device == "cpu" and needed > estimate.free_memory:
        fewer = int(estimate.free_memory // estimate.memory)
        mend = f"use {fewer}" if fewer else "use narrower networks or smaller batches"
        raise UserError(
            f"--cores: {estimate.at_once} runs at once take {size(needed)} of memory, but "
            f"{size(estimate.free_memory)} are free; {mend}"
        )


def _cost(plan: Plan, cell: Cell, found: dict[tuple[str, str], Any]) -> CellCost:
    recipe = plan.params.recipe(cell.dataset, cell.architecture, cell.variant)
    to_train, to_score, to_probe = (_pending(plan, each, cell) for each in PARTS)
    step = found["step", _step_key(plan, cell)]
    image = found.get(("score", _networks_key(plan, cell)), 0.0)
    probing = found["probe", _networks_key(plan, cell)]
    return CellCost(
        cell=cell.id,
        steps=recipe.generator_steps,
        to_train=to_train,
        to_score=to_score,
        to_probe=to_probe,
        step_seconds=step.seconds,
        operations=step.operations,
        train_hours=to_train * recipe.generator_steps * step.seconds / 3600,
        score_hours=to_score * _scored_images(plan, len(recipe.snapshots)) * image / 3600,
        probe_hours=to_probe * probing / 3600,
    )


def _scored_images(plan: Plan, snapshots: int) -> int:
    """Images of a run that are scored: of its checkpoints, and of its curve with both ends."""
    evaluation = plan.params.evaluation
    curve = (snapshots + 2) * evaluation.curves.samples if snapshots else 0
    return len(evaluation.checkpoints) * evaluation.images.samples + curve


def _pending(plan: Plan, stage: str, cell: Cell) -> int:
    return sum(not plan.state(Task(stage, cell.id), seed).is_current for seed in plan.seeds)


def _shape(plan: Plan, dataset: str) -> tuple[int, ...]:
    """The shape of a sample. Images that are not prepared yet count as colour if the params do not say."""
    if plan.state(task := Task("prepare", dataset)).is_current:
        return open_dataset(plan.open(task.stage, task.target)).shape
    section: Any = plan.params.datasets[dataset]
    if section.is_points:
        return (2,)
    channels = section.channels if isinstance(section, ImageFiles) else 3
    return (channels, section.resolution, section.resolution)


def _sample_bytes(plan: Plan, dataset: str, free: float) -> int:
    """Bytes of the training set in memory; 0 if it is read from the disk, or is not prepared yet."""
    from ganmatrix.training.data import LARGEST_SHARE

    if not plan.state(task := Task("prepare", dataset)).is_current:
        return 0
    needed = int(open_dataset(plan.open(task.stage, task.target)).samples("train").nbytes)
    return needed if needed <= LARGEST_SHARE * free else 0


def _step_key(plan: Plan, cell: Cell) -> str:
    """What the cost of a step depends on."""
    sections = resolved(plan.params, cell)
    recipe = {key: value for key, value in sections["recipe"].items() if key not in LENGTHS}
    sections["recipe"] = recipe | {"optimizer": recipe["optimizer"]["kind"]}
    return as_json([_shape(plan, cell.dataset), sections])


def _networks_key(plan: Plan, cell: Cell) -> str:
    """What the cost of scoring and probing depends on; that of a method is taken for all."""
    return as_json([_shape(plan, cell.dataset), resolved(plan.params, cell)["architecture"]])


def _each_in_a_process(timings: Sequence[Timing], at_once: int) -> list[Any]:
    """The answers, in order. As many processes work at once as runs will.

    UserError of the first that fails.
    """
    context = multiprocessing.get_context("fork")
    answers: dict[int, Any] = {}
    running: dict[Connection, int] = {}
    waiting = list(enumerate(timings))
    with Progressing("estimate", len(timings), unit="timings") as progress:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, (function, given) = waiting.pop(0)
                mine, theirs = context.Pipe(duplex=False)
                context.Process(target=_answer, args=(theirs, function, given), daemon=True).start()
                theirs.close()
                running[mine] = number
            for each in wait(list(running)):
                assert isinstance(each, Connection)
                answers[running.pop(each)] = _received(each)
                progress.show(len(answers), {})
    return [answers[number] for number in range(len(timings))]


def _answer(to: Connection, function: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        to.send(function(*given))
    except UserError as error:
        to.send(error)


def _received(connection: Connection) -> Any:
    try:
        answer = connection.recv()
    except EOFError:
        raise UserError(
            "a timing was killed, perhaps for want of memory; use narrower networks or smaller batches"
        ) from None
    if isinstance(answer, UserError):
        raise answer
    return answer
