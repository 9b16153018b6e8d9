"""`evaluate CELL`: the scores of a cell's generators, in cells/<cell>/metrics.json."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.evaluation import catalogue
from ganmatrix.evaluation.entry import Entry
from ganmatrix.evaluation.reference import Reference
from ganmatrix.evaluation.score import score_images, score_points
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.stages import compute
from ganmatrix.stages.files import read_json, require, write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.trained import latents, open_trained
from ganmatrix.training.seeding import Stream, stream_seed

REFERENCE_ARRAYS = {True: {"features", "mean", "covariance_root"}, False: {"centres", "std"}}
"""What scoring needs to know of real images, and of real points."""


def run(cell: Cell, params: Evaluation, layout: Layout, device_name: str) -> list[Path]:
    """Score each checkpoint that the params name; null with its reason where training diverged."""
    device = compute.device(device_name)
    trained = open_trained(cell, layout)
    is_image = len(trained.header.shape) == 3
    reference, card = open_reference(cell, layout, is_image)
    extractor = catalogue.build(params.extractor) if is_image else None
    if extractor is not None and card.get("weights_sha256") != extractor.weights_sha256:
        raise UserError(
            f"{layout.reference(cell.dataset).card} was made with {card.get('extractor')}, not "
            f"{extractor.name}; run `ganmatrix reference {cell.dataset}` again"
        )
    samples = params.images.samples if is_image else params.points.samples
    z = latents(cell, samples, trained.latent, device)
    seed = stream_seed(cell, Stream.EVALUATION_SUBSETS)
    entries: dict[str, Entry] = {}
    for checkpoint in params.checkpoints:
        generator = trained.generator(checkpoint).to(device)
        if extractor is not None:
            rng = np.random.default_rng(seed)
            scores = score_images(generator, z, reference, extractor, params.images, checkpoint, rng)
        else:
            scores = score_points(generator, z, reference, params.points, checkpoint)
        for entry in scores.values():
            entry["protocol"] |= {"latents": "evaluation stream of dataset, architecture and seed"}
            if entry["value"] is None and trained.header.diverged and checkpoint != "init":
                entry["reason"] = f"training diverged: {trained.header.diverged}"
        entries |= scores
    path = layout.cell(cell.id).metrics
    write_json(path, {"cell": cell.id, "entries": entries})
    return [path]


def open_reference(cell: Cell, layout: Layout, is_image: bool) -> tuple[Reference, dict[str, Any]]:
    """The dataset's reference and its card; UserError if missing or corrupt."""
    files = layout.reference(cell.dataset)
    maker = f"reference {cell.dataset}"
    card = read_json(files.card, maker)
    if not isinstance(card, dict):
        raise _corrupt(files.card, maker, "it is no mapping")
    require(files.statistics, maker)
    try:
        arrays = load(files.statistics.read_bytes())
    except SafetensorError as error:
        raise _corrupt(files.statistics, maker, str(error)) from None
    if missing := REFERENCE_ARRAYS[is_image] - arrays.keys():
        raise _corrupt(files.statistics, maker, f"it lacks {', '.join(sorted(missing))}")
    return arrays, card


def _corrupt(path: Path, maker: str, why: str) -> UserError:
    return UserError(f"{path} is corrupt ({why}); delete it and run `ganmatrix {maker}` again")
