"""`reference DATASET`: facts about the real data for scoring, under references/<dataset>/."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save

from ganmatrix import limits
from ganmatrix.columns import Column
from ganmatrix.errors import UserError
from ganmatrix.evaluation import digits_cnn
from ganmatrix.evaluation.extractor import Extractor, build_all
from ganmatrix.evaluation.floors import SEED, check_sight, floors, halves, indices
from ganmatrix.evaluation.image_scores import ImageScorer, image_reference
from ganmatrix.evaluation.point_scores import PointScorer, point_reference
from ganmatrix.evaluation.scoring import Reference
from ganmatrix.making import Made
from ganmatrix.params.evaluation import Evaluation
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.store.dataset import PreparedData, open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import CARD, STATISTICS

Measured = tuple[dict[str, Any], Reference]
"""Facts for the card, and arrays."""


def into(folder: Path, name: str, plan: Plan, device_name: str) -> Made:
    """Measure the training split of one dataset, once for all cells, with every extractor that applies.

    Held-out samples and noise are scored too. UserError if an extractor cannot tell noise from the data.
    """
    device = compute.device(device_name)
    params, data = plan.params.evaluation, open_dataset(plan.open("prepare", name))
    limits.check(plan.params, data.card)
    facts, arrays = _images(name, params, data, device) if data.is_image else _points(params, data, device)
    card: dict[str, Any] = {"dataset": name, "data_sha256": data.digest, "real_split": "train"} | facts
    card["arrays"] = sorted(arrays)
    # safetensors writes memory in its present order, so a Fortran-ordered array would come back scrambled.
    packed = save({key: np.array(value, order="C") for key, value in arrays.items()})
    (folder / STATISTICS).write_bytes(packed)
    (folder / CARD).write_text(as_json(card), encoding="utf-8")
    return Made(compute.environment(device))


def _images(name: str, params: Evaluation, data: PreparedData, device: torch.device) -> Measured:
    train, held_out, channels = data.samples("train"), data.samples("held_out"), data.shape[0]
    wanted = any(extractor.digits_only for extractor in params.extractors)
    reader = train_reader(name, data) if wanted and data.card.digits else None
    arrays: Reference = dict(digits_cnn.pack(reader)) if reader else {}
    seen: list[tuple[Extractor, Reference]] = []
    for extractor in build_all(params.extractors, reader, data.shape):
        made = image_reference(train, held_out, extractor, params.images.neighbours, device)
        arrays |= {f"{extractor.name}.{key}": value for key, value in made.items()}
        seen.append((extractor, made))
    latents = indices(held_out, params.images.samples, device)
    scorer = ImageScorer(
        references=seen,
        params=params.images,
        latents=latents,
        curve_latents=latents,
        seed=SEED,
        classifier=reader.extractor(channels) if reader else None,
        class_latents=indices(held_out, params.digits.of(channels), device) if reader else None,
    )
    found = floors(scorer, held_out)
    found["halves"] = {Column("fid", each.name).name: halves(each, made) for each, made in seen}
    for extractor, _ in seen:
        if warning := check_sight(name, extractor, found):
            sys.stderr.write(f"{warning}\n")
    facts = {each.name: each.protocol | {"neighbours": params.images.neighbours} for each, _ in seen}
    return {"extractors": facts, "floors": found}, arrays


def _points(params: Evaluation, data: PreparedData, device: torch.device) -> Measured:
    train, held_out, modes = data.samples("train"), data.samples("held_out"), data.card.modes
    mixture = (np.array(modes.centres), modes.std) if modes else ()
    arrays = point_reference(train, held_out, *mixture)
    latents = indices(held_out, params.points.samples, device)
    return {"floors": floors(PointScorer(arrays, params.points, latents), held_out)}, arrays


def train_reader(name: str, data: PreparedData) -> digits_cnn.Reader:
    """The classifier that reads the digits. UserError if it reads too few unseen digits correctly."""
    reader = digits_cnn.train(
        *(data.samples("train"), data.labels("train")), *(data.samples("held_out"), data.labels("held_out"))
    )
    if reader.held_out_accuracy < digits_cnn.LEAST_ACCURACY:
        raise UserError(
            f"datasets.{name}: a classifier trained on its digits reads {reader.held_out_accuracy:.1%} of "
            f"the held-out ones correctly; expected at least {digits_cnn.LEAST_ACCURACY:.0%}; "
            f"enlarge its training set, or leave {digits_cnn.NAME} out of evaluation.extractors"
        )
    return reader
