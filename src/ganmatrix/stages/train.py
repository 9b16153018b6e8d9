"""`train CELL`: weights, history, run record and a sample grid under cells/<cell>/."""

import copy
import hashlib
import io
import json
import math
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from ganmatrix.cell import Cell, resolved
from ganmatrix.errors import UserError
from ganmatrix.methods import catalogue as methods
from ganmatrix.networks.pair import Pair, parameter_count
from ganmatrix.params import Params
from ganmatrix.params.methods import Method as MethodParams
from ganmatrix.params.recipes import Recipe
from ganmatrix.plan import code_digest
from ganmatrix.stages import checksums, compute, pictures, provenance
from ganmatrix.stages.data import Prepared, open_data
from ganmatrix.stages.files import replacing, write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.progress import Progressing
from ganmatrix.stages.scratch import Scratch
from ganmatrix.stages.threads import threads
from ganmatrix.training import averaging, seeding, weights
from ganmatrix.training.data import open_data as open_samples
from ganmatrix.training.seeding import Stream
from ganmatrix.training.trainer import Trainer

POINT_SAMPLES = 2000


class InterruptedTraining(Exception):
    """Training stopped on a signal after saving a checkpoint."""


@dataclass(frozen=True)
class Effort:
    """What the step loop has taken, interrupted runs included, and on which processors or GPUs."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    devices: tuple[str, ...] = ()


def run(
    cell: Cell,
    params: Params,
    layout: Layout,
    device_name: str,
    checkpoint_seconds: float,
    received: Sequence[signal.Signals] = (),
) -> list[Path]:
    """Train one cell, or go on with it. A diverged cell is a result like any other.

    Raises InterruptedTraining when a signal has been received, UserError when the data do not fit the
    recipe. A signal that comes before the first step is heeded after it, or raises Stopped where a
    device is waited for; one that comes after the last step finds nothing left to stop.
    """
    started = datetime.now(UTC)
    device = compute.device(device_name, received)
    data = open_data(layout.data(cell.dataset))
    recipe = params.recipe(cell.dataset, cell.architecture)
    check_batch(data, recipe)
    check_epoch(data, recipe, cell, params.methods[cell.method])
    method = methods.build(params.methods[cell.method])
    pair = weights.initialise(cell, params.architectures[cell.architecture], method, data.shape)
    facts = identity(cell, params, pair, data)
    scratch = Scratch(layout.scratch(cell.id), cell.id, fingerprint(facts, device, threads()))
    samples = open_samples(data.samples("train"), device, compute.free_bytes(device))
    with scratch.claimed():
        trainer = Trainer(cell, pair, method, recipe, samples)
        earlier = Effort()
        if (state := scratch.restore()) is not None:
            trainer.load_state_dict(state)
            earlier = Effort(**state["effort"])
        first_step = trainer.step
        earlier = with_device(earlier, provenance.device_name(device))
        effort = advance(trainer, scratch, cell.id, checkpoint_seconds, earlier, received)
        # Kept until `evaluate`, which the engine starts when it has taken note of the outputs. One that is
        # killed before deletes them, and starts the cell once more.
        if state is None or trainer.step > first_step:
            scratch.save(trainer.step, trainer.state_dict() | {"effort": asdict(effort)})

        files = layout.cell(cell.id)
        generator = finished_generator(trainer, cell)
        divergence = trainer.divergence
        packed = weights.pack(
            weights.Header(
                cell=cell,
                architecture=facts["params"]["architecture"],
                method=facts["params"]["method"],
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
                **finished_snapshots(trainer, cell, pair),
            },
        )
        write_bytes(files.weights, packed)
        write_history(files.history, trainer.history)
        write_bytes(files.samples, sample_picture(generator, cell, data, pair.latent))
        sha256 = hashlib.sha256(packed).hexdigest()
        checksums.write(cell, sha256, layout)
        reproducible = facts | outcome(trainer) | {"weights_sha256": sha256}
        this_run = provenance.this_run(started, threads()) | {
            "wall_seconds": round(effort.wall_seconds, 3),
            "cpu_seconds": round(effort.cpu_seconds, 3),
            "devices": effort.devices,
            "resumed_from_step": first_step,
            "images_per_second": round(
                images_per_step(recipe) * trainer.step / max(effort.wall_seconds, 1e-9), 1
            ),
        }
        record = {"cell": cell.id, "reproducible": reproducible, "this_run": this_run}
        write_json(files.run, record)
        checksum = layout.checksum(cell.dataset, cell.id)
        return [files.weights, files.history, files.samples, files.run, checksum]


def with_device(effort: Effort, name: str) -> Effort:
    """The effort of a run that goes on, on the device of that name."""
    return replace(effort, devices=tuple(dict.fromkeys([*effort.devices, name])))


def check_batch(data: Prepared, recipe: Recipe) -> None:
    """UserError if the training set cannot fill one batch."""
    name, count = data.card.dataset, data.card.counts["train"]
    if recipe.batch_size > count:
        raise UserError(
            f"recipes.{name}.batch_size is {recipe.batch_size}, but {name} has {count} training samples; "
            f"expected <= {count}"
        )


def check_epoch(data: Prepared, recipe: Recipe, cell: Cell, method: MethodParams) -> None:
    """UserError if an epoch of the training set is too short for a part of the method ever to be on."""
    if problem := method.idle(data.card.counts["train"] // recipe.batch_size):
        raise UserError(f"methods.{cell.method} on {cell.dataset}: {problem}")


def identity(cell: Cell, params: Params, pair: Pair, data: Prepared) -> dict[str, Any]:
    """What is trained, with every default filled in: the part of run.json that is known beforehand."""
    method = params.methods[cell.method]
    return {
        **cell.names,
        "seed": cell.seed,
        "modality": data.card.modality,
        "method_kind": method.kind,
        "loss": method.loss.kind,
        "techniques": [technique.kind for technique in method.techniques],
        "networks": {"generator": pair.generator_name, "discriminator": pair.discriminator_name},
        "parameters": {
            "generator": parameter_count(pair.generator),
            "discriminator": parameter_count(pair.discriminator),
        },
        "params": resolved(params, cell),
        "code_digest": code_digest("train"),
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


def fingerprint(facts: dict[str, Any], device: torch.device, threads: int) -> str:
    """A digest of everything that the bytes of the result depend on."""
    parts = [facts, device.type, threads, torch.__version__]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def images_per_step(recipe: Recipe) -> int:
    """Reals that D sees in one generator step: the usual count of training speed."""
    return recipe.batch_size * recipe.discriminator_steps


def advance(
    trainer: Trainer,
    scratch: Scratch,
    title: str,
    checkpoint_seconds: float,
    earlier: Effort,
    received: Sequence[signal.Signals],
) -> Effort:
    """Train to the end, saving now and then; on a signal save at once and raise InterruptedTraining.

    Gives the effort of training, `earlier` included.
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
                scratch.save(trainer.step, trainer.state_dict() | {"effort": asdict(effort())})
            if stop:
                raise InterruptedTraining(
                    f"{title}: stopped by {received[0].name} at step {trainer.step}; checkpoint saved"
                )
    return effort()


def _losses(trainer: Trainer) -> dict[str, float]:
    if not trainer.history:
        return {}
    row = trainer.history[-1]
    return {"D": row["loss_discriminator"], "G": row["loss_generator"]}


def finished_generator(trainer: Trainer, cell: Cell) -> torch.nn.Module:
    """The averaged generator with batch statistics of its own, on the CPU."""
    return averaging.with_batch_statistics(
        trainer.average.network.cpu(), averaging.statistics_latents(cell, trainer.latent)
    )


def finished_snapshots(trainer: Trainer, cell: Cell, pair: Pair) -> dict[str, torch.nn.Module]:
    """The averaged generators kept on the way, with batch statistics of their own, by name."""
    snapshots = {}
    for step, state in trainer.snapshots.items():
        generator = copy.deepcopy(pair.generator).cpu()
        generator.load_state_dict(state)
        snapshots[weights.snapshot_name(step)] = averaging.with_batch_statistics(
            generator, averaging.statistics_latents(cell, trainer.latent)
        )
    return snapshots


def sample_picture(generator: torch.nn.Module, cell: Cell, data: Prepared, latent: int) -> bytes:
    """A PNG of the averaged generator's samples from the evaluation latents."""
    count = pictures.GRID**2 if data.is_image else POINT_SAMPLES
    stream = seeding.generator(cell, Stream.EVALUATION_LATENTS)
    with torch.no_grad():
        samples = generator(torch.randn(count, latent, generator=stream))
    if data.is_image:
        return pictures.image_grid(samples)
    mean, std = data.card.mean, data.card.std
    extent = max(abs(m) + 2 * s for m, s in zip(mean, std, strict=True))
    return pictures.point_raster(samples, extent)


def write_bytes(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_history(path: Path, rows: list[dict[str, float]]) -> None:
    """The history as Parquet; a value that is not finite stays NaN or infinite."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["step"]
    columns = {name: [row.get(name, math.nan) for row in rows] for name in names}
    types = {name: pa.int64() if name == "step" else pa.float64() for name in names}
    table = pa.table({name: pa.array(columns[name], types[name]) for name in names})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_bytes(path, buffer.getvalue())
