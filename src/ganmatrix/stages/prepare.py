"""`prepare DATASET`: arrays, labels and a card under data/<dataset>/."""

import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ganmatrix import limits
from ganmatrix.datasets import lsun_bedroom
from ganmatrix.datasets.source import Prepared, open_source
from ganmatrix.datasets.streaming import Preparation
from ganmatrix.making import Made
from ganmatrix.params.datasets import LsunBedroomParams
from ganmatrix.plan import Plan, Task
from ganmatrix.store.dataset import ARRAYS, Card
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import CARD


def into(
    folder: Path,
    name: str,
    plan: Plan,
    sources: Path = Path(),
    skip_bad: bool = False,
    checkpoint_seconds: float = 5.0,
    received: Sequence[signal.Signals] = (),
) -> Made:
    """Prepare one dataset into that folder.

    Relative paths of sources start at the folder `sources`. `skip_bad` leaves out unusable images, like
    `skip_bad` in the params. Without either, the first unusable image is an error. A source that is read
    piece by piece records its progress every `checkpoint_seconds`, and raises Stopped if a signal was
    received.
    """
    params = plan.params.datasets[name]
    if isinstance(params, LsunBedroomParams):
        lsun_bedroom.unpack(params, sources)
    found = open_source(params, sources)
    card: dict[str, Any] = {"dataset": name, "kind": params.kind, "modes": None}
    if isinstance(found, Prepared):
        card |= write_arrays(found, folder)
        made = Made()
    else:
        work = Preparation(
            name,
            found,
            plan.layout.scratch("data", name),
            skip_bad or getattr(params, "skip_bad", False),
            checkpoint_seconds,
            received,
            plan.digest(Task("prepare", name))["code"],
        )
        facts, arrays = work.run(params)
        card |= facts
        made = Made(moved=arrays, finished=work.clear)
    limits.check(plan.params, Card.model_validate(card))
    if line := left_out(card):
        sys.stderr.write(line + "\n")
    (folder / CARD).write_text(as_json(card), encoding="utf-8")
    return made


def left_out(card: Mapping[str, Any]) -> str | None:
    """One line on what a source has and the dataset has not; None if it has all."""
    reasons = {**card.get("passed_over", {"reasons": {}})["reasons"]}
    if bad := card.get("skipped", {"count": 0})["count"]:
        reasons["bad"] = bad
    if not reasons:
        return None
    counted = ", ".join(f"{reason}: {count}" for reason, count in reasons.items())
    return f"{card['dataset']}: left out {sum(reasons.values())} ({counted}); card.json lists them"


def write_arrays(prepared: Prepared, folder: Path) -> dict[str, Any]:
    """Write arrays that are held in memory. Returns their part of the card."""
    pixels = prepared.train.reshape(len(prepared.train), prepared.train.shape[1], -1)
    mean, std = (function(pixels, axis=(0, 2), dtype=np.float64) for function in (np.mean, np.std))
    for name in ARRAYS:
        with (folder / f"{name}.npy").open("wb") as file:
            np.save(file, np.ascontiguousarray(getattr(prepared, name)), allow_pickle=False)
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
