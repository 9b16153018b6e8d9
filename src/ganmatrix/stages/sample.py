"""`ganmatrix sample`: what a trained generator draws, as files for use elsewhere.

The latents have a stream of their own. The same cell, seed, checkpoint and latent seed give the same samples;
the first ones of a larger count are those of a smaller one.
"""

import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from ganmatrix import __version__
from ganmatrix.cell import Run
from ganmatrix.columns import Checkpoint
from ganmatrix.errors import NotMade, UserError
from ganmatrix.evaluation.digits_cnn import NAME as CLASSIFIER
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.open_reference import OpenReference
from ganmatrix.evaluation.scoring import quantise
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.store.dataset import PreparedData, open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.folders import new_folder
from ganmatrix.store.layout import METRICS
from ganmatrix.store.manifest import listed
from ganmatrix.training import pictures
from ganmatrix.training.trained import SAMPLES_AT_ONCE, open_generator, open_trained, sample_latents
from ganmatrix.training.weights import Trained

MOST = 100_000
MOST_LATENT_SEED = 2**31 - 1
RECORD, ARRAYS, TABLE, GRID = "sample.json", "samples.npz", "samples.csv", "grid.png"

Format = Literal["png", "npz", "csv"]


@dataclass(frozen=True)
class Chosen:
    """A generator of a run, in eval mode on the CPU."""

    run: Run
    checkpoint: Checkpoint
    step: int
    """The generator steps after which it is taken."""
    trained: Trained
    generator: nn.Module
    data: PreparedData

    def facts(self) -> dict[str, Any]:
        """What identifies it."""
        return {
            "run": self.run.id,
            "checkpoint": self.checkpoint,
            "generator_step": self.step,
            "weights_sha256": self.trained.sha256,
            "latent": self.trained.latent,
            "shape": list(self.data.shape),
        }

    def require_finite(self, samples: Tensor) -> None:
        """UserError if one of its samples is not finite."""
        if not samples.isfinite().all():
            raise UserError(
                f"{self.run.id}: samples of {self.checkpoint} are not finite; choose another --checkpoint"
            )


@dataclass(frozen=True)
class Order:
    """How many samples to draw, from which latents, into which files."""

    count: int
    latent_seed: int
    format: Format | None
    """By default png for images, npz for points."""
    grid: bool


def choose(plan: Plan, cell_id: str, seed: int | None, checkpoint: Checkpoint) -> Chosen:
    """A generator of the grid, by default of its first seed. UserError if there is none to be used."""
    cell = plan.cell(cell_id)
    seed = plan.seeds[0] if seed is None else seed
    if seed not in plan.seeds:
        raise UserError(f"--seed is {seed}, which is not in grid.seeds; choose from {_few(plan.seeds)}")
    run = cell.run(seed)
    trained = open_trained(run, plan.open("train", cell.id, seed))
    if trained.header.diverged and checkpoint != "init":
        raise UserError(
            f"{run.id} diverged ({trained.header.diverged}), so it has no trained generator; "
            "choose another seed, or --checkpoint init"
        )
    step = {"init": 0}.get(checkpoint, trained.header.generator_steps)
    if checkpoint == "best":
        step = int(plan.open("evaluate", cell.id, seed).json(METRICS)["best_step"])
    generator = open_generator(run, trained, checkpoint, step).requires_grad_(False)
    if not all(value.isfinite().all() for value in generator.state_dict().values()):
        raise UserError(f"{run.id}: weights of {checkpoint} are not finite; choose another --checkpoint")
    return Chosen(run, checkpoint, step, trained, generator, open_dataset(plan.open("prepare", cell.dataset)))


def run(
    plan: Plan,
    cell_id: str,
    seed: int | None,
    checkpoint: Checkpoint,
    order: Order,
    out: Path,
    device_name: str,
) -> str:
    """Write samples and a record of them into a new folder. Returns a line that says what was written."""
    device = compute.device(device_name)
    chosen = choose(plan, cell_id, seed, checkpoint)
    kind = _format(order, chosen.data)
    classifier, labels_by = _classifier(plan, chosen)
    with new_folder(out, RECORD) as folder:
        drawn = _Drawn(chosen, order, device, classifier)
        WRITERS[kind](folder, drawn)
        if order.grid:
            (folder / GRID).write_bytes(_grid(torch.cat(drawn.first), chosen.data))
        files = {path.name: listed(path) for path in sorted(folder.iterdir())}
        record = chosen.facts() | {
            "count": order.count,
            "latent_seed": order.latent_seed,
            "format": kind,
            "labels": drawn.labels.tolist() if classifier else None,
            "labels_by": labels_by,
            "environment": compute.environment(device),
            "ganmatrix": __version__,
            "files": {name: {"sha256": each.sha256, "size": each.size} for name, each in files.items()},
        }
        (folder / RECORD).write_text(as_json(record), encoding="utf-8")
    noun = "images" if chosen.data.is_image else "points"
    return f"wrote {order.count:,} {noun} of {chosen.run.id} ({checkpoint}) to {out}; labels: {labels_by}"


def _few(seeds: list[int]) -> str:
    return ", ".join(map(str, seeds[:8])) + (", ..." if len(seeds) > 8 else "")


def _format(order: Order, data: PreparedData) -> Format:
    """The format of the files. UserError if it does not suit the data."""
    choices: tuple[Format, ...] = ("png", "npz") if data.is_image else ("npz", "csv")
    if order.format is not None and order.format not in choices:
        noun = "images" if data.is_image else "points"
        raise UserError(f"--format is {order.format}, but these are {noun}; choose {' or '.join(choices)}")
    if order.grid and data.is_image and order.count < pictures.GRID:
        raise UserError(f"--grid needs a row of {pictures.GRID} images; give --count {pictures.GRID} or more")
    return order.format or choices[0]


def _classifier(plan: Plan, chosen: Chosen) -> tuple[Extractor | None, str]:
    """What reads the digits that images show, or None, and in words why."""
    if chosen.data.card.digits is None:
        return None, "none, the networks are unconditional"
    try:
        reader = OpenReference(plan.open("reference", chosen.run.dataset)).reader()
    except NotMade:
        return None, f"none, because `{plan.layout.command('reference', chosen.run.dataset)}` is not current"
    if reader is None:
        return None, f"none, because evaluation.extractors has no {CLASSIFIER}"
    accuracy = f"{CLASSIFIER}, which reads {reader.held_out_accuracy:.1%} of unseen scans correctly"
    return reader.extractor(chosen.data.shape[0]), accuracy


class _Drawn:
    """The samples of an order in batches; after these, their labels and the first ones for a grid."""

    def __init__(
        self, chosen: Chosen, order: Order, device: torch.device, classifier: Extractor | None
    ) -> None:
        self.chosen, self.order, self.device, self.classifier = chosen, order, device, classifier
        self.first: list[Tensor] = []
        self._classes: list[NDArray[np.int64]] = []

    @property
    def labels(self) -> NDArray[np.int64]:
        """What the classifier reads, (count,)."""
        return np.concatenate(self._classes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all samples as they are stored: images (count, H, W, C), points (count, d)."""
        first, *rest = self.chosen.data.shape
        return (self.order.count, *rest, first)

    @torch.inference_mode()
    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Images (n, H, W, C) uint8, or points (n, d) float32."""
        chosen, left = self.chosen, self.order.count
        generator = chosen.generator.to(self.device)
        latents = sample_latents(chosen.run, self.order.latent_seed, chosen.trained.latent)
        for z in islice(latents, math.ceil(left / SAMPLES_AT_ONCE)):
            samples = generator(z.to(self.device)).float()[:left]
            chosen.require_finite(samples)
            if self.order.grid and not (self.first and chosen.data.is_image):
                self.first.append(samples.cpu())
            if chosen.data.is_image:
                samples = quantise(samples)
                if self.classifier is not None:
                    self._classes.append(self.classifier(samples)[1].argmax(dim=1).cpu().numpy())
                samples = samples.permute(0, 2, 3, 1)
            yield np.ascontiguousarray(samples.cpu().numpy())
            left -= len(samples)


def _write_png(folder: Path, drawn: _Drawn) -> None:
    """`00000.png` and so on."""
    number = 0
    for images in drawn:
        for image in images:
            Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(
                folder / f"{number:05}.png"
            )
            number += 1


def _write_npz(folder: Path, drawn: _Drawn) -> None:
    """`samples`, written batch by batch, and `labels` if there are any."""
    with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
        with archive.open("samples.npy", "w", force_zip64=True) as file:
            dtype = np.dtype(np.uint8 if drawn.chosen.data.is_image else np.float32)
            header = {"descr": dtype.str, "fortran_order": False, "shape": drawn.shape}
            np.lib.format.write_array_header_1_0(file, header)
            for samples in drawn:
                file.write(samples.tobytes())
        if drawn.classifier is not None:
            with archive.open("labels.npy", "w") as file:
                np.lib.format.write_array(file, drawn.labels, allow_pickle=False)


def _write_csv(folder: Path, drawn: _Drawn) -> None:
    """A row a point: the fewest digits that give the float32 again."""
    with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(f"x{axis}" for axis in range(drawn.shape[1])) + "\n")
        for points in drawn:
            file.writelines(",".join(map(str, point)) + "\n" for point in points)


WRITERS: dict[Format, Callable[[Path, _Drawn], None]] = {
    "png": _write_png,
    "npz": _write_npz,
    "csv": _write_csv,
}


def _grid(first: Tensor, data: PreparedData) -> bytes:
    """A picture of the first images side by side, or of all points."""
    if data.is_image:
        return pictures.image_grid(first)
    extent = max(abs(m) + 2 * s for m, s in zip(data.card.mean, data.card.std, strict=True))
    return pictures.point_raster(first, extent)
