"""`transfer DATASET`: attacks made on one cell's D, tried on another's, in transfers/<dataset>.parquet."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ganmatrix.cell import Cell
from ganmatrix.params.probes import Probes
from ganmatrix.probes.transfer import Attack, Contestant, Outcome, transfers
from ganmatrix.stages import compute
from ganmatrix.stages.data import Prepared, open_data
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.probing import held_out
from ganmatrix.stages.progress import Progressing
from ganmatrix.stages.tables import write_table
from ganmatrix.stages.trained import open_trained, require_trained_on
from ganmatrix.training import seeding
from ganmatrix.training.seeding import Stream

PROTOCOL = {
    "real_split": "held_out",
    "checkpoint": "last",
    "seeds": "of an attack and of noise, the probe stream of its cell's dataset, architecture and seed",
}

DTYPES = {
    "dataset": "string",
    "seed": "int64",
    "source": "string",
    "source_architecture": "string",
    "source_method": "string",
    "target": "string",
    "target_architecture": "string",
    "target_method": "string",
    "rate": "float64",
    "control": "float64",
    "flipped": "float64",
    "reason": "string",
}


def run(dataset: str, cells: Sequence[Cell], params: Probes, layout: Layout, device_name: str) -> list[Path]:
    """Try all pairs of cells of one seed, sources innermost. The table's header holds the protocol.

    One seed's networks are in memory at a time. A diverged cell gives rows of nulls with its reason.
    """
    device = compute.device(device_name)
    data = open_data(layout.data(dataset))
    reals = held_out(data, params.samples, device)
    attack = Attack.of(params, data.is_image)
    rows: list[dict[str, Any]] = []
    weights: dict[str, str] = {}
    targets = 0
    with Progressing(f"transfer {dataset}", len(cells), unit="cells") as progress:
        for _, members in groupby(sorted(cells, key=lambda cell: cell.seed), key=lambda cell: cell.seed):
            of_seed = {cell.id: cell for cell in members}
            contestants = {}
            for cell in of_seed.values():
                contestants[cell.id], weights[cell.id] = _contestant(cell, data, layout, device)
            for outcomes in transfers(contestants, reals, attack):
                rows += (_row(of_seed[s], of_seed[t], found) for (s, t), found in outcomes.items())
                targets += 1
                progress.show(targets, {})
    protocol = attack.protocol | PROTOCOL | {"real_samples": len(reals), "dtype": "float32"}
    path = layout.transfers(dataset)
    header = {"dataset": dataset, "protocol": protocol, "weights_sha256": weights}
    write_table(path, pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES), header)
    return [path]


def _contestant(
    cell: Cell, data: Prepared, layout: Layout, device: torch.device
) -> tuple[Contestant | str, str]:
    """The cell's D, or why it has none, and the SHA-256 of the weights."""
    trained = open_trained(cell, layout)
    require_trained_on(data, trained)
    if trained.header.diverged:
        return f"training diverged: {trained.header.diverged}", trained.sha256
    stream = seeding.generator(cell, Stream.PROBES, device)
    return Contestant(trained.discriminator().to(device), stream), trained.sha256


def _row(source: Cell, target: Cell, outcome: Outcome) -> dict[str, Any]:
    sides = {"source": source, "target": target}
    return {
        "dataset": source.dataset,
        "seed": source.seed,
        **{side: cell.id for side, cell in sides.items()},
        **{f"{side}_architecture": cell.architecture for side, cell in sides.items()},
        **{f"{side}_method": cell.method for side, cell in sides.items()},
        **asdict(outcome),
    }
