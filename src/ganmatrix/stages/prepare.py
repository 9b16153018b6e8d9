"""`prepare DATASET`: arrays, labels and a card under data/<dataset>/."""

from pathlib import Path

import numpy as np

from ganmatrix.datasets import catalogue
from ganmatrix.params.datasets import Dataset
from ganmatrix.stages.data import file_digest
from ganmatrix.stages.files import replacing, write_json
from ganmatrix.stages.layout import Layout


def run(name: str, params: Dataset, layout: Layout) -> list[Path]:
    """Prepare one dataset; the card, written last, vouches for the arrays."""
    files = layout.data(name)
    prepared = catalogue.prepare(params)
    pixels = prepared.train.reshape(len(prepared.train), prepared.train.shape[1], -1)
    mean, std = (function(pixels, axis=(0, 2), dtype=np.float64) for function in (np.mean, np.std))
    for key, path in files.arrays.items():
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, np.ascontiguousarray(getattr(prepared, key)), allow_pickle=False)
    card = {
        "dataset": name,
        "kind": params.kind,
        "modality": prepared.modality,
        "shape": list(prepared.train.shape[1:]),
        "counts": {"train": len(prepared.train), "held_out": len(prepared.held_out)},
        "class_names": list(prepared.class_names),
        "mean": mean.tolist(),
        "std": std.tolist(),
        "source": prepared.source,
        "licence": prepared.licence,
        "sha256": {key: file_digest(path) for key, path in files.arrays.items()},
        **prepared.facts,
    }
    write_json(files.card, card)
    return [*files.arrays.values(), files.card]
