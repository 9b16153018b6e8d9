"""What a training step, a scored image and a probed sample cost on this machine, each timed for a moment."""

import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ganmatrix.cell import Run
from ganmatrix.evaluation.extractor import build_all
from ganmatrix.evaluation.scoring import batches, quantise
from ganmatrix.methods import method as methods
from ganmatrix.methods.method import Method
from ganmatrix.networks.pair import Pair, placed
from ganmatrix.params import Params
from ganmatrix.probes.catalogue import probe
from ganmatrix.probes.subject import Game
from ganmatrix.runtime import compute
from ganmatrix.stages import train
from ganmatrix.training import operations, weights
from ganmatrix.training.data import Resident

SECONDS = 1.0
"""Steps are timed until they have taken as long, and at least one."""

IMAGES = 64
WARM_UP, PROBED = 16, 96
"""Samples that are probed: first to load what is needed, then for the time."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class StepCost:
    """What one run costs in training."""

    seconds: float
    """Of a generator step with its discriminator steps."""
    steps: int
    """The number of steps that were timed."""
    operations: float
    """Millions of multiply-adds a step."""
    memory: int
    """Bytes that the process had at most; of the GPU if there is one."""
    disk: int
    """Bytes of weights and checkpoints."""


def of_step(run: Run, params: Params, shape: Shape, device_name: str) -> StepCost:
    """The cost of a step of the run, on samples of noise."""
    device = compute.device(device_name)
    recipe = params.recipe(run.dataset, run.architecture, run.variant)
    train.check_memory(run, params, recipe, shape, compute.free_bytes(device))
    samples = Resident(_noise(2 * recipe.batch_size, shape).numpy(), device)
    with compute.enough_memory(device, train.of_step(run), train.LESS_MEMORY):
        plain = recipe.model_copy(update={"compile": False})
        trainer = train.untrained(run, params, plain, shape, samples)[1]
        counted = operations.per_step(trainer)
        if recipe.compile:
            trainer = train.untrained(run, params, recipe, shape, samples)[1]
        trainer.take_step()
        seconds, steps = _timed(trainer.take_step, device)
    return StepCost(seconds, steps, counted, _most_memory(device), train.room(trainer))


def of_scored_image(run: Run, params: Params, shape: Shape, device_name: str) -> float:
    """Seconds for drawing an image and finding its features with every extractor."""
    device = compute.device(device_name)
    pair, _ = _networks(run, params, shape)
    generator, latents = pair.generator.to(device).eval(), torch.randn(IMAGES, pair.latent, device=device)
    extractors = build_all(params.evaluation.extractors, None, shape)

    def score() -> None:
        for images in batches(generator, latents):
            for extractor in extractors:
                extractor(quantise(images))

    score()
    return _timed(score, device)[0] / IMAGES


def of_probing(run: Run, params: Params, shape: Shape, device_name: str) -> float:
    """Seconds for probing a run, in proportion to its samples: no less than it takes."""
    device = compute.device(device_name)
    _probing(run, params, shape, device, WARM_UP)
    return _probing(run, params, shape, device, PROBED) * max(1.0, params.probes.samples / PROBED)


def free_memory() -> float:
    """Free bytes of this machine, or of its container."""
    return compute.free_bytes(torch.device("cpu"))


def _probing(run: Run, params: Params, shape: Shape, device: torch.device, count: int) -> float:
    """Seconds for probing so many samples of either side."""
    pair, method = _networks(run, params, shape)
    generator = placed(pair.generator, device).eval()
    latents = torch.randn(count, pair.latent, device=device)
    reals = _noise(count, shape).to(device)
    if is_image := len(shape) == 3:
        reals = reals / 127.5 - 1
    with torch.no_grad():
        fakes = generator(latents)
    game = Game(
        discriminator=placed(method.critic(pair), device).eval(),
        generator=generator,
        latents=latents,
        fakes=fakes,
        reals=reals,
        train=reals,
        bounded=is_image,
        members=tuple(placed(member, device).eval() for member in method.members(pair)),
    )
    began = time.perf_counter()
    probe(game, params.probes, torch.Generator(device).manual_seed(0))
    return time.perf_counter() - began


def _networks(run: Run, params: Params, shape: Shape) -> tuple[Pair, Method[Any]]:
    method = methods.build(params.method(run.method, run.variant))
    return weights.initialise(run, params.architectures[run.architecture], method, shape), method


def _noise(count: int, shape: Shape) -> torch.Tensor:
    """Images as uint8, or points."""
    if len(shape) == 3:
        return torch.randint(0, 256, (count, *shape), dtype=torch.uint8)
    return torch.rand(count, *shape) * 2 - 1


def _timed(work: Callable[[], None], device: torch.device) -> tuple[float, int]:
    """The median of the seconds of one call, and the number of calls that were timed."""
    seconds: list[float] = []
    while sum(seconds) < SECONDS:
        began = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), len(seconds)


def _most_memory(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    # The ru_maxrss of a new process begins with that of its parent.
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) * 1024
