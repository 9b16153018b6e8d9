"""`reference DATASET`: what scoring must know of the real data, under references/<dataset>/."""

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from ganmatrix import limits
from ganmatrix.errors import UserError
from ganmatrix.evaluation import catalogue, digits_cnn
from ganmatrix.evaluation.reference import Reference, image_reference, point_reference
from ganmatrix.making import Made
from ganmatrix.plan import Plan
from ganmatrix.runtime import compute
from ganmatrix.store.dataset import PreparedData, open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import CARD, STATISTICS


def into(folder: Path, name: str, plan: Plan, device_name: str) -> Made:
    """Measure the training split of one dataset, once for all cells, with every extractor that applies."""
    device = compute.device(device_name)
    params, data = plan.params.evaluation, open_dataset(plan.open("prepare", name))
    limits.check(plan.params, data.card)
    card: dict[str, Any] = {"dataset": name, "data_sha256": data.digest, "real_split": "train"}
    arrays: Reference = {}
    train, held_out = data.samples("train"), data.samples("held_out")
    if data.is_image:
        wanted = any(extractor.kind == catalogue.TRAINED for extractor in params.extractors)
        reader = train_reader(name, data) if wanted and data.card.digits else None
        if reader is not None:
            arrays |= digits_cnn.pack(reader)
        card["extractors"] = {}
        neighbours = params.images.neighbours
        for extractor in catalogue.build(params.extractors, reader, data.shape):
            made = image_reference(train, held_out, extractor, neighbours, device)
            arrays |= {f"{extractor.name}.{key}": value for key, value in made.items()}
            card["extractors"][extractor.name] = extractor.protocol | {"neighbours": neighbours}
    elif (modes := data.card.modes) is not None:
        arrays = point_reference(train, held_out, np.array(modes.centres), modes.std)
    else:
        arrays = point_reference(train, held_out)
    card["arrays"] = sorted(arrays)
    # safetensors writes the memory as it lies: a Fortran-ordered array would come back scrambled.
    packed = save({key: np.array(value, order="C") for key, value in arrays.items()})
    (folder / STATISTICS).write_bytes(packed)
    (folder / CARD).write_text(as_json(card), encoding="utf-8")
    return Made(compute.environment(device))


def train_reader(name: str, data: PreparedData) -> digits_cnn.Reader:
    """The classifier that reads the digits; UserError if it reads too few of the unseen correctly."""
    reader = digits_cnn.train(
        *(data.samples("train"), data.labels("train")), *(data.samples("held_out"), data.labels("held_out"))
    )
    if reader.held_out_accuracy < digits_cnn.LEAST_ACCURACY:
        raise UserError(
            f"datasets.{name}: a classifier trained on its digits reads {reader.held_out_accuracy:.1%} of "
            f"the held-out ones correctly; expected at least {digits_cnn.LEAST_ACCURACY:.0%}; "
            f"enlarge its training set, or leave {catalogue.TRAINED} out of evaluation.extractors"
        )
    return reader
