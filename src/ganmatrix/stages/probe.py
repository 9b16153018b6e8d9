"""`probe CELL`: robustness and smoothness of a cell's discriminator, in cells/<cell>/probes.json."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.params.probes import Probes
from ganmatrix.probes.measure import null_probes, probe
from ganmatrix.probes.subject import Game
from ganmatrix.stages import compute
from ganmatrix.stages.data import Prepared, open_data
from ganmatrix.stages.files import write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.trained import latents, open_trained
from ganmatrix.training import seeding
from ganmatrix.training.seeding import Stream

PROTOCOL = {
    "real_split": "held_out",
    "checkpoint": "last",
    "seeds": "evaluation latents and probe stream of dataset, architecture and seed",
}

MOST_TRAIN = 10_000
"""Training samples that probes look at."""


def run(cell: Cell, params: Probes, layout: Layout, device_name: str) -> list[Path]:
    """Probe D on held-out reals and on fresh fakes of the generator that it last played against."""
    device = compute.device(device_name)
    trained = open_trained(cell, layout)
    data = open_data(layout.data(cell.dataset))
    if data.digest != trained.header.data_sha256:
        raise UserError(f"{cell.id} was trained on other data than data/{cell.dataset}/; train it again")
    members = tuple(member.to(device) for member in trained.members())
    if trained.header.diverged:
        reason = f"training diverged: {trained.header.diverged}"
        entries = null_probes(reason, bounded=data.is_image, several=bool(members))
    else:
        generator = trained.generator("last").to(device)
        z = latents(cell, params.samples, trained.latent, device)
        with torch.no_grad():
            fakes = generator(z)
        game = Game(
            discriminator=trained.discriminator().to(device),
            generator=generator,
            latents=z,
            fakes=fakes,
            reals=held_out(data, params.samples, device),
            train=train(data, device),
            bounded=data.is_image,
            members=members,
        )
        entries = probe(game, params, seeding.generator(cell, Stream.PROBES, device))
    for entry in entries.values():
        entry["protocol"] |= PROTOCOL
    path = layout.cell(cell.id).probes
    write_json(path, {"cell": cell.id, "weights_sha256": trained.sha256, "entries": entries})
    return [path]


def held_out(data: Prepared, count: int, device: torch.device) -> torch.Tensor:
    """The first `count` held-out samples as float32 in data units."""
    array = data.samples("held_out")
    if len(array) < count:
        raise UserError(
            f"probes.samples is {count}, but {data.card.dataset} has {len(array)} held-out samples; "
            f"expected <= {len(array)}"
        )
    return in_data_units(array[:count], data.is_image, device)


def train(data: Prepared, device: torch.device) -> torch.Tensor:
    """The training set as float32 in data units; of a large one, samples at even distances."""
    array = data.samples("train")
    chosen = np.linspace(0, len(array) - 1, min(len(array), MOST_TRAIN)).round().astype(np.int64)
    return in_data_units(array[chosen], data.is_image, device)


def in_data_units(array: NDArray[Any], is_image: bool, device: torch.device) -> torch.Tensor:
    """uint8 images, or points as they are, as float32 on the device."""
    samples = torch.from_numpy(np.array(array)).to(device)
    return samples.float() / 127.5 - 1 if is_image else samples
