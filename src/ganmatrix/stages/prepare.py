"""`prepare DATASET`: arrays, labels and a card under data/<dataset>/."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganmatrix.datasets import catalogue
from ganmatrix.datasets.prepared import Prepared
from ganmatrix.params.datasets import Dataset, LsunBedroom
from ganmatrix.stages import unpacking
from ganmatrix.stages.data import file_digest
from ganmatrix.stages.files import replacing, write_json
from ganmatrix.stages.layout import DataFiles, Layout
from ganmatrix.stages.streaming import Preparation


def run(
    name: str,
    params: Dataset,
    layout: Layout,
    sources: Path = Path(),
    skip_bad: bool = False,
    checkpoint_seconds: float = 5.0,
    received: Sequence[signal.Signals] = (),
) -> list[Path]:
    """Prepare one dataset; the card, written last, vouches for the arrays.

    Relative paths of sources count from the folder `sources`. `skip_bad` leaves out images that
    cannot be used, as the params' own `skip_bad` does; without either the first of them is an error.
    What is read piece by piece notes its progress every `checkpoint_seconds`, and stops, by
    raising Stopped, when a signal was received. On an error the former dataset stays as it is.
    """
    files = layout.data(name)
    if isinstance(params, LsunBedroom):
        unpacking.unpack(params, sources)
    found = catalogue.open_source(params, sources)
    if isinstance(found, Prepared):
        facts = write_arrays(found, files)
        write_json(files.card, _card(name, params, files) | facts)
    else:
        skip_bad = skip_bad or getattr(params, "skip_bad", False)
        folder = layout.unfinished(name)
        work = Preparation(name, found, folder, skip_bad, checkpoint_seconds, received)
        facts = work.run(params)
        card = _card(name, params, DataFiles(folder))
        work.publish(files)
        write_json(files.card, card | facts)
        work.clear()
    return [*files.arrays.values(), files.card]


def _card(name: str, params: Dataset, files: DataFiles) -> dict[str, Any]:
    digests = {key: file_digest(path) for key, path in files.arrays.items()}
    return {"dataset": name, "kind": params.kind, "sha256": digests}


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
