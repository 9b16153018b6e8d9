"""`prepare DATASET`: arrays, labels and a card under data/<dataset>/."""

from pathlib import Path
from typing import Any

import numpy as np

from ganmatrix.datasets import catalogue
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Dataset
from ganmatrix.stages import streaming
from ganmatrix.stages.data import file_digest
from ganmatrix.stages.files import replacing, write_json
from ganmatrix.stages.layout import DataFiles, Layout


def run(
    name: str, params: Dataset, layout: Layout, sources: Path = Path(), skip_bad: bool = False
) -> list[Path]:
    """Prepare one dataset; the card, written last, vouches for the arrays.

    Relative paths of sources count from the folder `sources`. `skip_bad` leaves out images that
    cannot be used, as the params' own `skip_bad` does; without either the first of them is an error.
    """
    files = layout.data(name)
    found = catalogue.open_source(params, sources)
    if isinstance(found, Prepared):
        facts = write_arrays(found, files)
    else:
        skip_bad = skip_bad or getattr(params, "skip_bad", False)
        facts = streaming.prepare(name, params, found, files, layout.unfinished(name), skip_bad)
    card = {
        "dataset": name,
        "kind": params.kind,
        "sha256": {key: file_digest(path) for key, path in files.arrays.items()},
    }
    write_json(files.card, card | facts)
    return [*files.arrays.values(), files.card]


def write_arrays(prepared: Prepared, files: DataFiles) -> dict[str, Any]:
    """Write arrays that are held in memory; what the card says of them."""
    pixels = prepared.train.reshape(len(prepared.train), prepared.train.shape[1], -1)
    mean, std = (function(pixels, axis=(0, 2), dtype=np.float64) for function in (np.mean, np.std))
    for key, path in files.arrays.items():
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.save(file, np.ascontiguousarray(getattr(prepared, key)), allow_pickle=False)
    return {
        "modality": prepared.modality,
        "shape": list(prepared.train.shape[1:]),
        "counts": {"train": len(prepared.train), "held_out": len(prepared.held_out)},
        "class_names": list(prepared.class_names),
        "mean": mean.tolist(),
        "std": std.tolist(),
        "source": prepared.source,
        "licence": prepared.licence,
        **prepared.facts,
    }
