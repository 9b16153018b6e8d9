"""`train CELL`: weights, history, run record and a sample grid of each run, under cells/<cell>/train/."""

import copy
import math
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch

from ganmatrix import limits
from ganmatrix.cell import Cell, Run, resolved
from ganmatrix.errors import UserError
from ganmatrix.making import Made
from ganmatrix.methods import method as methods
from ganmatrix.networks.pair import Pair, parameter_count
from ganmatrix.params import Params
from ganmatrix.params.recipes import Recipe
from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import compute, provenance
from ganmatrix.runtime.checkpoints import KEPT, Checkpoints
from ganmatrix.runtime.granted import threads
from ganmatrix.runtime.progress import Progressing
from ganmatrix.runtime.signals import Stopped
from ganmatrix.store.dataset import PreparedData, open_dataset
from ganmatrix.store.files import as_json, check_room, file_digest, size, text_digest
from ganmatrix.store.layout import HISTORY, RUN, SAMPLES, WEIGHTS
from ganmatrix.store.manifest import sealed
from ganmatrix.store.tables import pack_arrow
from ganmatrix.training import averaging, memory, operations, pictures, seeding, weights
from ganmatrix.training.data import Data
from ganmatrix.training.data import open_data as open_samples
from ganmatrix.training.seeding import Stream
from ganmatrix.training.trainer import Trainer

POINT_SAMPLES = 2000


@dataclass(frozen=True)
class Effort:
    """The time that the step loop took, including interrupted runs, and the processors or GPUs."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    devices: tuple[str, ...] = ()


def into(
    folder: Path,
    cell: Cell,
    seed: int,
    plan: Plan,
    device_name: str,
    checkpoint_seconds: float,
    received: Sequence[signal.Signals] = (),
) -> Made:
    """Train one run into that folder, or continue it. A diverged run is a result like any other.

    Raises Stopped after saving a checkpoint if a signal was received, and UserError if the data do not fit
    the recipe. A signal before the first step has its effect after that step. A signal after the last step
    has no effect, because there is nothing left to stop.
    """
    started = datetime.now(UTC)
    run, params = cell.run(seed), plan.params
    device = compute.device(device_name, received)
    environment = compute.environment(device)
    data = open_dataset(plan.open("prepare", cell.dataset))
    limits.check_cell(params, cell, data.card)
    checkpoints = Checkpoints(
        plan.layout.scratch("train", cell.id, str(seed)),
        run.id,
        text_digest(as_json(asdict(plan.made_from(Task("train", cell.id), seed)))),
        environment,
    )
    recipe = params.recipe(run.dataset, run.architecture, run.variant)
    check_memory(run, params, recipe, data.shape, compute.free_bytes(device))
    samples = open_samples(data.samples("train"), device, compute.free_bytes(device))
    with compute.enough_memory(device, of_step(run), LESS_MEMORY):
        operations_per_step = operations.per_step(
            untrained(run, params, recipe.model_copy(update={"compile": False}), data.shape, samples)[1]
        )
    pair, trainer, found = restored(run, params, recipe, data.shape, samples, checkpoints)
    check_room(room(trainer), folder, "make room")
    resumed_from = trainer.step
    earlier = with_device(found or Effort(), provenance.device_name(device))
    effort = advance(trainer, checkpoints, run.id, checkpoint_seconds, earlier, received)
    # The checkpoint stays until the run is published, so a kill before that does not cost another training.
    if found is None or trainer.step > resumed_from:
        checkpoints.save(trainer.step, trainer.state_dict() | {"effort": asdict(effort)})
    write(folder, run, params, data, pair, trainer)
    facts = identity(run, params, pair, data) | outcome(trainer)
    facts["operations_per_step"] = None if trainer.divergence else operations_per_step
    facts["weights_sha256"] = file_digest(folder / WEIGHTS)
    this_run = provenance.this_run(started, threads()) | spent(trainer, effort, resumed_from)
    record = sealed({"run": run.id, "reproducible": facts, "this_run": this_run})
    (folder / RUN).write_text(as_json(record), encoding="utf-8")
    return Made(environment, finished=checkpoints.clear)


def check_memory(run: Run, params: Params, recipe: Recipe, shape: tuple[int, ...], free: float) -> None:
    """UserError if not even the least that a step of the run takes is free."""
    method = methods.build(params.method(run.method, run.variant))
    least = memory.least_bytes(run, params.architectures[run.architecture], method, recipe, shape)
    if least > free:
        raise UserError(
            f"{of_step(run)} takes at least {size(least)} of memory, but {size(free)} are free; {LESS_MEMORY}"
        )


def room(trainer: Trainer) -> int:
    """Bytes on disk of a run: its weights, and the checkpoints beside while it trains."""
    generator, discriminator = (
        sum(value.nbytes for value in player.network.state_dict().values())
        for player in (trainer.generator, trainer.discriminator)
    )
    averages = (1 + len(trainer.recipe.snapshots)) * generator
    moments = 2 * (generator + discriminator)
    return (1 + KEPT) * (generator + discriminator + averages) + KEPT * moments


LESS_MEMORY = "lower batch_size, raise accumulate, or use narrower networks"
"""What to change where a step takes too much memory."""


def of_step(run: Run) -> str:
    """A step of the run, for errors."""
    return f"recipes.{run.dataset}: a step of {run.id}"


def untrained(
    run: Run, params: Params, recipe: Recipe, shape: tuple[int, ...], samples: Data
) -> tuple[Pair, Trainer]:
    """The run's networks and trainer before the first step."""
    method = methods.build(params.method(run.method, run.variant))
    pair = weights.initialise(run, params.architectures[run.architecture], method, shape)
    return pair, Trainer(run, pair, method, recipe, samples)


def restored(
    run: Run,
    params: Params,
    recipe: Recipe,
    shape: tuple[int, ...],
    samples: Data,
    checkpoints: Checkpoints,
) -> tuple[Pair, Trainer, Effort | None]:
    """The run's networks and trainer in the newest usable state, and its effort so far; None at the start."""
    for state in checkpoints.states():
        pair, trainer = untrained(run, params, recipe, shape, samples)
        try:
            check_state(state, recipe)
            trainer.load_state_dict(state)
            effort = Effort(**state["effort"])
        except (AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError) as error:
            checkpoints.unusable(" ".join(str(error).split())[:200])
            continue
        checkpoints.say_resumed(trainer.step)
        return pair, trainer, effort
    return *untrained(run, params, recipe, shape, samples), None


def check_state(state: dict[str, Any], recipe: Recipe) -> None:
    """ValueError for a state that this recipe cannot reach."""
    step, steps = state["step"], recipe.generator_steps
    if not 0 <= step <= steps:
        raise ValueError(f"its step is {step} of {steps}")
    if state["discriminator_updates"] != step * recipe.discriminator_steps:
        raise ValueError("its updates of D do not fit its step")
    rows = [step for step in range(1, step + 1) if step % recipe.log_every == 0 or step == steps]
    if state["divergence"] is not None and step not in rows:
        rows.append(step)
    if [row["step"] for row in state["history"]] != rows:
        raise ValueError("its history does not fit its step")
    if sorted(state["snapshots"]) != sorted(each for each in recipe.snapshots if each <= step):
        raise ValueError("its snapshots do not fit its step")


def write(folder: Path, run: Run, params: Params, data: PreparedData, pair: Pair, trainer: Trainer) -> None:
    """Write weights, history and samples."""
    generator = finished_generator(trainer, run)
    divergence, recipe, sections = trainer.divergence, trainer.recipe, resolved(params, run)
    packed = weights.pack(
        weights.Header(
            run=run,
            architecture=sections["architecture"],
            method=sections["method"],
            shape=data.shape,
            data_sha256=data.digest,
            generator_steps=trainer.step,
            snapshots=tuple(recipe.snapshots),
            diverged=divergence.reason.value if divergence else None,
        ),
        {
            "generator": pair.generator,
            "generator_ema": generator,
            "discriminator": pair.discriminator,
            **finished_snapshots(trainer, run, pair),
        },
    )
    (folder / WEIGHTS).write_bytes(packed)
    (folder / HISTORY).write_bytes(history(trainer.history))
    (folder / SAMPLES).write_bytes(sample_picture(generator, run, data, pair.latent))


def with_device(effort: Effort, name: str) -> Effort:
    """The effort of a run that continues on the device of that name."""
    return replace(effort, devices=tuple(dict.fromkeys([*effort.devices, name])))


def identity(run: Run, params: Params, pair: Pair, data: PreparedData) -> dict[str, Any]:
    """The part of run.json that is known before training: what is trained, with every default filled in."""
    method = params.method(run.method, run.variant)
    return {
        "dataset": run.dataset,
        "architecture": run.architecture,
        "method": run.method,
        **({"variant": run.variant} if run.variant else {}),
        "seed": run.seed,
        "modality": data.card.modality,
        "method_kind": method.kind,
        "loss": method.loss.kind,
        "techniques": [technique.kind for technique in method.techniques],
        "networks": {"generator": pair.generator_name, "discriminator": pair.discriminator_name},
        "parameters": {
            "generator": parameter_count(pair.generator),
            "discriminator": parameter_count(pair.discriminator),
        },
        "params": resolved(params, run),
        "data_sha256": data.digest,
    }


def outcome(trainer: Trainer) -> dict[str, Any]:
    """How training ended."""
    divergence = trainer.divergence
    return {
        "outcome": "diverged" if divergence else "completed",
        "outcome_reason": divergence.reason.value if divergence else None,
        "outcome_step": divergence.step if divergence else None,
        "generator_steps": trainer.step,
    }


def spent(trainer: Trainer, effort: Effort, resumed_from: int) -> dict[str, Any]:
    """The part of run.json that tells what this run has taken."""
    images = images_per_step(trainer.recipe) * trainer.step
    return {
        "wall_seconds": round(effort.wall_seconds, 3),
        "cpu_seconds": round(effort.cpu_seconds, 3),
        "devices": effort.devices,
        "resumed_from_step": resumed_from,
        "images_per_second": round(images / max(effort.wall_seconds, 1e-9), 1),
    }


def images_per_step(recipe: Recipe) -> int:
    """Reals that D sees in one generator step. Training speed is usually counted in them."""
    return recipe.batch_size * recipe.discriminator_steps


def advance(
    trainer: Trainer,
    checkpoints: Checkpoints,
    title: str,
    checkpoint_seconds: float,
    earlier: Effort,
    received: Sequence[signal.Signals],
) -> Effort:
    """Train to the end, and save regularly. After a signal, save at once and raise Stopped.

    Returns the effort of training, including `earlier`.
    """
    began = saved = time.monotonic()
    began_cpu = time.process_time()

    def effort() -> Effort:
        return replace(
            earlier,
            wall_seconds=earlier.wall_seconds + time.monotonic() - began,
            cpu_seconds=earlier.cpu_seconds + time.process_time() - began_cpu,
        )

    with Progressing(title, trainer.recipe.generator_steps, trainer.step) as progress:
        while not trainer.finished:
            trainer.take_step()
            progress.show(trainer.step, _losses(trainer))
            now, stop = time.monotonic(), bool(received)
            if stop or now - saved >= checkpoint_seconds:
                saved = now
                checkpoints.save(trainer.step, trainer.state_dict() | {"effort": asdict(effort())})
            if stop:
                raise Stopped(f"{received[0].name} at step {trainer.step} of {title}; checkpoint saved")
    return effort()


def _losses(trainer: Trainer) -> dict[str, float]:
    if not trainer.history:
        return {}
    row = trainer.history[-1]
    return {"D": row["loss_discriminator"], "G": row["loss_generator"]}


def finished_generator(trainer: Trainer, run: Run) -> torch.nn.Module:
    """The averaged generator with its own batch statistics, on the CPU."""
    return averaging.with_batch_statistics(
        trainer.average.network.cpu(), averaging.statistics_latents(run, trainer.latent)
    )


def finished_snapshots(trainer: Trainer, run: Run, pair: Pair) -> dict[str, torch.nn.Module]:
    """The averaged generators that were kept during training, with their own batch statistics, by name."""
    snapshots = {}
    for step, state in trainer.snapshots.items():
        generator = copy.deepcopy(pair.generator).cpu()
        generator.load_state_dict(state)
        snapshots[weights.snapshot_name(step)] = averaging.with_batch_statistics(
            generator, averaging.statistics_latents(run, trainer.latent)
        )
    return snapshots


def sample_picture(generator: torch.nn.Module, run: Run, data: PreparedData, latent: int) -> bytes:
    """A PNG of the averaged generator's samples from the evaluation latents."""
    count = pictures.GRID**2 if data.is_image else POINT_SAMPLES
    stream = seeding.generator(run, Stream.EVALUATION_LATENTS)
    with torch.no_grad():
        samples = generator(torch.randn(count, latent, generator=stream))
    if data.is_image:
        return pictures.image_grid(samples)
    mean, std = data.card.mean, data.card.std
    extent = max(abs(m) + 2 * s for m, s in zip(mean, std, strict=True))
    return pictures.point_raster(samples, extent)


def history(rows: list[dict[str, float]]) -> bytes:
    """The history as Parquet. Values that are not finite stay NaN or infinite."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["step"]
    columns = {name: [row.get(name, math.nan) for row in rows] for name in names}
    types = {name: pa.int64() if name == "step" else pa.float64() for name in names}
    return pack_arrow(pa.table({name: pa.array(columns[name], types[name]) for name in names}))
