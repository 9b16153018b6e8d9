"""`probe CELL`: robustness and smoothness of a cell's discriminator, in cells/<cell>/probes.json."""

from pathlib import Path

import torch

from ganmatrix.cell import Cell
from ganmatrix.params.probes import Probes
from ganmatrix.probes.measure import null_probes, probe
from ganmatrix.probes.subject import Game
from ganmatrix.stages import compute
from ganmatrix.stages.data import open_data
from ganmatrix.stages.files import write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.probing import held_out, train
from ganmatrix.stages.trained import latents, open_trained, require_trained_on
from ganmatrix.training import seeding
from ganmatrix.training.seeding import Stream

PROTOCOL = {
    "real_split": "held_out",
    "checkpoint": "last",
    "seeds": "evaluation latents and probe stream of dataset, architecture and seed",
}


def run(cell: Cell, params: Probes, layout: Layout, device_name: str) -> list[Path]:
    """Probe D on held-out reals and on fresh fakes of the generator that it last played against."""
    device = compute.device(device_name)
    trained = open_trained(cell, layout)
    data = open_data(layout.data(cell.dataset))
    require_trained_on(data, trained)
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
