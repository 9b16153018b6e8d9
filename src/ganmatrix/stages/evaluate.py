"""`evaluate CELL`: the scores of a cell's generators, and the training samples nearest to theirs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ganmatrix.cell import Cell
from ganmatrix.entry import Entry, inapplicable, null_entries
from ganmatrix.evaluation import catalogue, curves
from ganmatrix.evaluation.generation import quantise
from ganmatrix.evaluation.judge import ImageJudge, Judge, PointJudge
from ganmatrix.evaluation.naming import Scores, null_scores
from ganmatrix.evaluation.neighbours import nearest
from ganmatrix.params.base import Checkpoint
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.stages import compute, pictures, scratch
from ganmatrix.stages.data import Prepared, open_data
from ganmatrix.stages.files import replacing, write_json
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.references import OpenReference
from ganmatrix.stages.trained import latents, open_trained, require_trained_on
from ganmatrix.training import averaging
from ganmatrix.training.seeding import Stream, stream_seed
from ganmatrix.training.weights import Trained

PROTOCOL = {"seeds": "evaluation latents and subsets of dataset, architecture and seed"}

SHOWN, NEIGHBOURS = 8, 5
"""Images whose nearest training images are shown, and how many of these."""

POINTS_SHOWN = 500

NO_SNAPSHOTS = "the recipe keeps no snapshots"


def run(cell: Cell, params: Evaluation, layout: Layout, device_name: str) -> list[Path]:
    """Score each checkpoint that the params name; null with its reason where training diverged."""
    device = compute.device(device_name)
    trained = open_trained(cell, layout)
    data = open_data(layout.data(cell.dataset))
    require_trained_on(data, trained)
    judge = open_judge(cell, params, layout, data, trained, device)
    curve, best_step = score_curves(cell, params.curves.target, judge, trained, device)
    entries = curve | score_checkpoints(cell, params.checkpoints, judge, trained, best_step, device)
    for entry in entries.values():
        if entry["value"] is not None:
            entry["protocol"] = entry["protocol"] | PROTOCOL
    files = layout.cell(cell.id)
    with replacing(files.neighbours) as temporary:
        temporary.write_bytes(neighbours_picture(cell, judge, data, trained, device))
    document = {"cell": cell.id, "weights_sha256": trained.sha256, "best_step": best_step, "entries": entries}
    write_json(files.metrics, document)
    scratch.clear(layout.scratch(cell.id))
    return [files.metrics, files.neighbours]


def open_judge(
    cell: Cell,
    params: Evaluation,
    layout: Layout,
    data: Prepared,
    trained: Trained,
    device: torch.device,
) -> Judge:
    """The judge of the cell's generators, with the dataset's reference and the cell's latents."""
    reference = OpenReference(cell.dataset, layout.reference(cell.dataset), data.digest)

    def draw(count: int) -> Tensor:
        return latents(cell, count, trained.latent, device)

    if not data.is_image:
        return PointJudge(
            reference.points(), params.points, draw(params.points.samples), draw(params.curves.samples)
        )
    reader = reference.reader()
    channels = data.shape[0]
    extractors = catalogue.build(params.extractors, reader, channels)
    digits = params.digits.samples if channels == 1 else params.digits.stacked_samples
    return ImageJudge(
        references=[(each, reference.images(each, params.images.neighbours)) for each in extractors],
        params=params.images,
        latents=draw(params.images.samples),
        curve_latents=draw(params.curves.samples),
        seed=stream_seed(cell, Stream.EVALUATION_SUBSETS),
        classifier=reader.extractor(channels) if reader else None,
        class_latents=draw(digits) if reader else None,
    )


def open_generator(cell: Cell, trained: Trained, checkpoint: Checkpoint, best_step: int) -> nn.Module:
    """G in eval mode; that of a checkpoint before training gets estimated batch statistics."""
    if checkpoint == "best":
        return trained.averaged(best_step)
    generator = trained.generator(checkpoint)
    if checkpoint == "init":
        averaging.with_batch_statistics(generator, averaging.statistics_latents(cell, trained.latent))
    return generator


def score_curves(
    cell: Cell, target: float, judge: Judge, trained: Trained, device: torch.device
) -> tuple[dict[str, Entry], int]:
    """The entries of the scores over training, and the step of the best averaged generator."""
    last = trained.header.generator_steps
    if not trained.header.snapshots:
        return inapplicable(curve_columns(judge), NO_SNAPSHOTS), last
    if trained.header.diverged:
        return null_entries(curve_columns(judge), divergence(trained)), last
    steps = sorted({*trained.snapshots, last})
    values = [judge.values(open_generator(cell, trained, "init", 0).to(device))]
    values += [judge.values(trained.averaged(step).to(device)) for step in steps]
    followed = judge.followed()
    entries = curves.curve_entries([0, *steps], values, target, followed)
    return entries, curves.best([0, *steps], values, next(iter(followed)))


def score_checkpoints(
    cell: Cell,
    checkpoints: Sequence[Checkpoint],
    judge: Judge,
    trained: Trained,
    best_step: int,
    device: torch.device,
) -> dict[str, Entry]:
    """The entries of each checkpoint; null where training diverged, but for the untrained generator."""
    judged: dict[Checkpoint, Scores] = {}
    entries: dict[str, Entry] = {}
    for checkpoint in checkpoints:
        # The last average is often the best one.
        same = checkpoint == "best" and best_step == trained.header.generator_steps
        judged_as: Checkpoint = "ema" if same else checkpoint
        if judged_as not in judged:
            judged[judged_as] = (
                null_scores(judge.names(), divergence(trained))
                if trained.header.diverged and checkpoint != "init"
                else judge.scores(open_generator(cell, trained, judged_as, best_step).to(device))
            )
        more = {"checkpoint": checkpoint} | ({"selection": selection(judge)} if checkpoint == "best" else {})
        for name, entry in judged[judged_as].items():
            protocol = entry["protocol"] | more if entry["value"] is not None else {}
            entries[name.column(checkpoint)] = {**entry, "protocol": protocol}
    return entries


def divergence(trained: Trained) -> str:
    """Why a diverged cell has no scores."""
    return f"training diverged: {trained.header.diverged}"


def curve_columns(judge: Judge) -> list[str]:
    """The columns that scores over training fill."""
    return [name for metric in judge.followed() for name in curves.names(metric)]


def selection(judge: Judge) -> str:
    """What the protocol of the best checkpoint says of the choice."""
    metric, extractor = next(iter(judge.followed()))
    return f"lowest {' '.join(filter(None, (metric, extractor)))} of the snapshots and the last step"


def neighbours_picture(
    cell: Cell, judge: Judge, data: Prepared, trained: Trained, device: torch.device
) -> bytes:
    """A PNG of some of the averaged generator's samples, each with the training samples nearest to it.

    Nearest in the features of the first extractor; of points, in the plane.
    """
    generator = trained.generator("ema").to(device)
    count = SHOWN if data.is_image else POINTS_SHOWN
    with torch.no_grad():
        samples = generator(latents(cell, count, trained.latent, device))
    if not samples.isfinite().all():
        return pictures.blank()
    train = data.samples("train")
    if not isinstance(judge, ImageJudge):
        return pictures.matched_points(samples, train)
    extractor, reference = judge.references[0]
    features = extractor(quantise(samples))[0].cpu().numpy()
    found = nearest(features, reference["features"], min(NEIGHBOURS, len(reference["features"])))[0]
    matches = np.asarray(train[reference["indices"][found].ravel()])
    return pictures.matched_images(samples, matches.reshape(*found.shape, *data.shape))
