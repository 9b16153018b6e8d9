"""`evaluate CELL`: the scores of a cell's generators, and the training samples nearest to generated ones."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganmatrix.cell import Cell, Run
from ganmatrix.columns import Checkpoint
from ganmatrix.entry import Entry, Scores, inapplicable, null_entries
from ganmatrix.evaluation import curves
from ganmatrix.evaluation.extractor import build_all
from ganmatrix.evaluation.image_scores import ImageScorer
from ganmatrix.evaluation.neighbours import nearest
from ganmatrix.evaluation.open_reference import OpenReference
from ganmatrix.evaluation.point_scores import PointScorer
from ganmatrix.evaluation.scoring import Scorer, quantise
from ganmatrix.making import Made
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.store.dataset import PreparedData, open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import METRICS, NEIGHBOURS
from ganmatrix.training import pictures
from ganmatrix.training.seeding import Stream, stream_seed
from ganmatrix.training.trained import latents, open_generator, open_trained
from ganmatrix.training.weights import Trained

PROTOCOL = {"seeds": "evaluation latents and subsets of dataset, architecture and seed"}

SHOWN, MATCHES = 8, 5
"""The number of images that are shown, and of nearest training images beside each."""

POINTS_SHOWN = 500

NO_SNAPSHOTS = "the recipe keeps no snapshots"


def into(folder: Path, cell: Cell, seed: int, plan: Plan, device_name: str) -> Made:
    """Score each checkpoint that the params name. A score is null with a reason if training diverged."""
    run, params = cell.run(seed), plan.params.evaluation
    device = compute.device(device_name)
    trained = open_trained(run, plan.open("train", cell.id, seed))
    data = open_dataset(plan.open("prepare", cell.dataset))
    reference = OpenReference(plan.open("reference", cell.dataset))
    scorer = open_scorer(run, params, reference, data, trained, device)
    curve, best_step = score_curves(run, params.curves.target, scorer, trained, device)
    entries = curve | score_checkpoints(run, params.checkpoints, scorer, trained, best_step, device)
    for entry in entries.values():
        if entry["value"] is not None:
            entry["protocol"] = entry["protocol"] | PROTOCOL
    (folder / NEIGHBOURS).write_bytes(neighbours_picture(run, scorer, data, trained, device))
    document = {"run": run.id, "weights_sha256": trained.sha256, "best_step": best_step, "entries": entries}
    (folder / METRICS).write_text(as_json(document), encoding="utf-8")
    return Made(compute.environment(device))


def open_scorer(
    run: Run,
    params: Evaluation,
    reference: OpenReference,
    data: PreparedData,
    trained: Trained,
    device: torch.device,
) -> Scorer:
    """The scorer of the run's generators, with the dataset's reference and the run's latents."""

    def draw(count: int) -> Tensor:
        return latents(run, count, trained.latent, device)

    if not data.is_image:
        return PointScorer(reference.points(), params.points, draw(params.points.samples))
    reader = reference.reader()
    channels = data.shape[0]
    extractors = build_all(params.extractors, reader, data.shape)
    digits = params.digits.of(channels)
    return ImageScorer(
        references=[(each, reference.images(each, params.images.neighbours)) for each in extractors],
        params=params.images,
        latents=draw(params.images.samples),
        curve_latents=draw(params.curves.samples),
        seed=stream_seed(run, Stream.EVALUATION_SUBSETS),
        classifier=reader.extractor(channels) if reader else None,
        class_latents=draw(digits) if reader else None,
    )


def score_curves(
    run: Run, target: float, scorer: Scorer, trained: Trained, device: torch.device
) -> tuple[dict[str, Entry], int]:
    """The entries of the scores over training, and the step of the best averaged generator."""
    last = trained.header.generator_steps
    if not trained.header.snapshots:
        return inapplicable(curve_columns(scorer), NO_SNAPSHOTS), last
    if trained.header.diverged:
        return null_entries(curve_columns(scorer), divergence(trained)), last
    steps = sorted({*trained.snapshots, last})
    values = [scorer.values(open_generator(run, trained, "init", 0).to(device))]
    values += [scorer.values(trained.averaged(step).to(device)) for step in steps]
    followed = scorer.followed()
    entries = curves.curve_entries([0, *steps], values, target, followed)
    return entries, curves.best([0, *steps], values, next(iter(followed)))


def score_checkpoints(
    run: Run,
    checkpoints: Sequence[Checkpoint],
    scorer: Scorer,
    trained: Trained,
    best_step: int,
    device: torch.device,
) -> dict[str, Entry]:
    """The entries of each checkpoint.

    If training diverged they are null, except for the untrained generator.
    """
    scored: dict[Checkpoint, Scores] = {}
    entries: dict[str, Entry] = {}
    for checkpoint in checkpoints:
        # The last average is often the best one.
        same = checkpoint == "best" and best_step == trained.header.generator_steps
        scored_as: Checkpoint = "ema" if same else checkpoint
        if scored_as not in scored:
            scored[scored_as] = (
                null_entries(scorer.names(), divergence(trained))
                if trained.header.diverged and checkpoint != "init"
                else scorer.scores(open_generator(run, trained, scored_as, best_step).to(device))
            )
        more = {"checkpoint": checkpoint} | ({"selection": selection(scorer)} if checkpoint == "best" else {})
        for name, entry in scored[scored_as].items():
            protocol = entry["protocol"] | more if entry["value"] is not None else {}
            entries[name.at(checkpoint).name] = {**entry, "protocol": protocol}
    return entries


def divergence(trained: Trained) -> str:
    """Why a diverged run has no scores."""
    return f"training diverged: {trained.header.diverged}"


def curve_columns(scorer: Scorer) -> list[str]:
    """The columns that scores over training fill."""
    return [name for metric in scorer.followed() for name in curves.names(metric)]


def selection(scorer: Scorer) -> str:
    """How the best checkpoint was chosen, for its protocol."""
    score = next(iter(scorer.followed()))
    return f"lowest {' '.join(filter(None, (score.key, score.extractor)))} of the snapshots and the last step"


def neighbours_picture(
    run: Run, scorer: Scorer, data: PreparedData, trained: Trained, device: torch.device
) -> bytes:
    """A PNG of some of the averaged generator's samples, each with the training samples nearest to it.

    For images, distances are in the features of the first extractor; for points, in the plane.
    """
    generator = trained.generator("ema").to(device)
    count = SHOWN if data.is_image else POINTS_SHOWN
    with torch.no_grad():
        samples = generator(latents(run, count, trained.latent, device))
    if not samples.isfinite().all():
        return pictures.blank()
    train = data.samples("train")
    if not isinstance(scorer, ImageScorer):
        return pictures.matched_points(samples, train)
    extractor, reference = scorer.references[0]
    features = extractor(quantise(samples))[0].cpu().numpy()
    found = nearest(features, reference["features"], min(MATCHES, len(reference["features"])))[0]
    matches = np.asarray(train[reference["indices"][found].ravel()])
    return pictures.matched_images(samples, matches.reshape(*found.shape, *data.shape))
