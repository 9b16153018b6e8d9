"""`evaluate CELL`: the scores of a cell's generators, in cells/<cell>/metrics.json."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from ganmatrix.cell import Cell
from ganmatrix.entry import Entry
from ganmatrix.errors import UserError
from ganmatrix.evaluation import catalogue, digits_cnn
from ganmatrix.evaluation.reference import Reference
from ganmatrix.evaluation.score import score_images, score_points, score_stacked_digits
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.stages import compute
from ganmatrix.stages.files import corrupt, read_json, require, write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.trained import latents, open_trained
from ganmatrix.training import averaging
from ganmatrix.training.seeding import Stream, stream_seed

PROTOCOL = {"seeds": "evaluation latents and subsets of dataset, architecture and seed"}

REFERENCE_ARRAYS = {True: {"features", "mean", "covariance_root"}, False: {"points", "mean_distance"}}
"""What scoring needs to know of any real images, and of any real points; the card lists the rest."""


def run(cell: Cell, params: Evaluation, layout: Layout, device_name: str) -> list[Path]:
    """Score each checkpoint that the params name; null with its reason where training diverged."""
    device = compute.device(device_name)
    trained = open_trained(cell, layout)
    is_image = len(trained.header.shape) == 3
    extractor = catalogue.build(params.extractor) if is_image else None
    wanted = {"data_sha256": trained.header.data_sha256} | (extractor.protocol if extractor else {})
    reference = open_reference(cell, layout, is_image, wanted)
    samples = params.images.samples if is_image else params.points.samples
    z = latents(cell, samples, trained.latent, device)
    reader = open_reader(cell, layout, reference)
    z_digits = latents(cell, params.stacked_digits.samples, trained.latent, device) if reader else None
    seed = stream_seed(cell, Stream.EVALUATION_SUBSETS)
    entries: dict[str, Entry] = {}
    for checkpoint in params.checkpoints:
        generator = trained.generator(checkpoint)
        if checkpoint == "init":
            averaging.with_batch_statistics(generator, averaging.statistics_latents(cell, trained.latent))
        generator.to(device)
        if extractor is not None:
            rng = np.random.default_rng(seed)
            scores = score_images(generator, z, reference, extractor, params.images, checkpoint, rng)
            if reader is not None and z_digits is not None:
                scores |= score_stacked_digits(generator, z_digits, reader, checkpoint)
        else:
            scores = score_points(generator, z, reference, params.points, checkpoint)
        for entry in scores.values():
            entry["protocol"] |= PROTOCOL
            broken = entry["value"] is None and entry.get("applies", True)
            if broken and trained.header.diverged and checkpoint != "init":
                entry["reason"] = f"training diverged: {trained.header.diverged}"
        entries |= scores
    path = layout.cell(cell.id).metrics
    write_json(path, {"cell": cell.id, "weights_sha256": trained.sha256, "entries": entries})
    return [path]


def open_reference(cell: Cell, layout: Layout, is_image: bool, wanted: dict[str, Any]) -> Reference:
    """The dataset's reference; UserError if missing, corrupt, or made otherwise than `wanted`."""
    files = layout.reference(cell.dataset)
    maker = f"reference {cell.dataset}"
    card = read_json(files.card, maker)
    if not isinstance(card, dict):
        raise corrupt(files.card, "it is no mapping", maker)
    for key, value in wanted.items():
        if card.get(key) != value:
            raise UserError(
                f"{files.card}: {key} is {card.get(key)}, but {cell.id} needs {value}; "
                f"run `ganmatrix {maker}` again"
            )
    require(files.statistics, maker)
    try:
        arrays = load(files.statistics.read_bytes())
    except SafetensorError as error:
        raise corrupt(files.statistics, str(error), maker) from None
    listed = card.get("arrays")
    needed = REFERENCE_ARRAYS[is_image] | (set(map(str, listed)) if isinstance(listed, list) else set())
    if missing := needed - arrays.keys():
        raise corrupt(files.statistics, f"it lacks {', '.join(sorted(missing))}", maker)
    if is_image and not (
        arrays["features"].shape[1:] == arrays["mean"].shape == arrays["covariance_root"].shape[:1]
    ):
        raise corrupt(files.statistics, "its arrays differ in their dimension", maker)
    return arrays


def open_reader(cell: Cell, layout: Layout, reference: Reference) -> digits_cnn.Reader | None:
    """The classifier of stacked digits, if the reference has one; UserError if it is damaged."""
    try:
        return digits_cnn.unpack(reference)
    except ValueError as error:
        path = layout.reference(cell.dataset).statistics
        raise corrupt(path, str(error), f"reference {cell.dataset}") from None
