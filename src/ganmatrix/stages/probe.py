"""`probe CELL`: robustness and smoothness of a cell's discriminator, and a picture of an attack on it."""

from pathlib import Path

import torch

from ganmatrix import limits
from ganmatrix.cell import Cell
from ganmatrix.making import Made
from ganmatrix.networks.pair import placed
from ganmatrix.params.probes import Probes
from ganmatrix.plan import Plan
from ganmatrix.probes.catalogue import null_probes, probe
from ganmatrix.probes.exhibit import exhibit, landscape
from ganmatrix.probes.subject import Game, held_out, train
from ganmatrix.probes.transfer import Attack, Contestant
from ganmatrix.runtime import compute
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import ATTACKS, PROBES
from ganmatrix.training import pictures, seeding
from ganmatrix.training.seeding import Stream
from ganmatrix.training.trained import latents, open_trained

PROTOCOL = {
    "real_split": "held_out",
    "checkpoint": "last",
    "seeds": "evaluation latents and probe stream of dataset, architecture and seed",
}

IMAGES_SHOWN, POINTS_SHOWN = 6, 64
"""The number of held-out reals whose attack is shown, from the first on."""


def into(folder: Path, cell: Cell, seed: int, plan: Plan, device_name: str) -> Made:
    """Probe D on held-out reals, and on fresh fakes of the generator after the last step."""
    run, params = cell.run(seed), plan.params.probes
    device = compute.device(device_name)
    trained = open_trained(run, plan.open("train", cell.id, seed))
    data = open_dataset(plan.open("prepare", cell.dataset))
    limits.check_probes(plan.params, data.card)
    members = tuple(placed(member, device) for member in trained.members())
    if trained.header.diverged:
        reason = f"training diverged: {trained.header.diverged}"
        entries = null_probes(reason, bounded=data.is_image, several=bool(members))
        picture = pictures.blank({"reason": reason})
    else:
        generator = placed(trained.generator("last"), device)
        z = latents(run, params.samples, trained.latent, device)
        with torch.no_grad():
            fakes = generator(z)
        game = Game(
            discriminator=placed(trained.discriminator(), device),
            generator=generator,
            latents=z,
            fakes=fakes,
            reals=held_out(data, params.samples, device),
            train=train(data, device),
            bounded=data.is_image,
            members=members,
        )
        stream = seeding.generator(run, Stream.PROBES, device)
        entries = probe(game, params, stream)
        picture = attack_picture(game, params, stream)
    for entry in entries.values():
        entry["protocol"] |= PROTOCOL
    (folder / ATTACKS).write_bytes(picture)
    document = {"run": run.id, "weights_sha256": trained.sha256, "entries": entries}
    (folder / PROBES).write_text(as_json(document), encoding="utf-8")
    return Made(compute.environment(device))


def attack_picture(game: Game, params: Probes, stream: torch.Generator) -> bytes:
    """The effect of PGD on the first held-out reals; a grey tile if D's output is not finite."""
    attack = Attack.of(params, game.bounded)
    count = IMAGES_SHOWN if game.bounded else POINTS_SHOWN
    try:
        shown = exhibit(Contestant(game.discriminator, stream), game.reals, attack, count)
    except FloatingPointError as error:
        return pictures.blank({"reason": str(error)})
    if game.bounded:
        return pictures.attacked_images(shown.reals, shown.attacked, attack.strength, shown.note)
    extent = game.train.abs().max().item() * pictures.POINT_MARGIN
    plane = landscape(shown.view, extent, pictures.POINT_RASTER // 2, len(game.reals), game.reals.device)
    return pictures.attacked_points(
        shown.reals, shown.attacked, shown.after, plane.numpy(), extent, attack.strength, shown.note
    )
