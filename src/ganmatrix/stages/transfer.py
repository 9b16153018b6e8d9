"""`transfer DATASET`: attacks on one run's D, tried on the others of its seed."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ganmatrix import limits
from ganmatrix.cell import Run
from ganmatrix.making import Made
from ganmatrix.networks.pair import placed
from ganmatrix.plan import Plan
from ganmatrix.probes.subject import held_out
from ganmatrix.probes.transfer import Attack, Contestant, Outcome, transfers
from ganmatrix.runtime import compute
from ganmatrix.runtime.progress import Progressing
from ganmatrix.store import tables
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.layout import PAIRS
from ganmatrix.training import seeding
from ganmatrix.training.seeding import Stream
from ganmatrix.training.trained import open_trained

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


def into(folder: Path, dataset: str, seed: int, plan: Plan, device_name: str) -> Made:
    """Try all pairs of the runs of one seed, sources innermost. The table's header has the protocol.

    The rows of a diverged run have nulls and its reason.
    """
    device = compute.device(device_name)
    data = open_dataset(plan.open("prepare", dataset))
    limits.check_probes(plan.params, data.card)
    reals = held_out(data, plan.params.probes.samples, device)
    attack = Attack.of(plan.params.probes, data.is_image)
    runs = {(run := cell.run(seed)).id: run for cell in plan.attacked(dataset)}
    contestants: dict[str, Contestant | str] = {}
    weights: dict[str, str] = {}
    for run in runs.values():
        contestants[run.id], weights[run.id] = _contestant(run, plan, device)
    rows: list[dict[str, Any]] = []
    with Progressing(f"transfer {dataset}, seed {seed}", len(runs), unit="runs") as progress:
        for done, outcomes in enumerate(transfers(contestants, reals, attack), 1):
            rows += (_row(runs[source], runs[target], found) for (source, target), found in outcomes.items())
            progress.show(done, {})
    protocol = attack.protocol | PROTOCOL | {"real_samples": len(reals), "dtype": "float32"}
    header = {"dataset": dataset, "seed": seed, "protocol": protocol, "weights_sha256": weights}
    table = pd.DataFrame(rows, columns=list(DTYPES)).astype(DTYPES)
    (folder / PAIRS).write_bytes(tables.pack(table, header))
    return Made(compute.environment(device))


def _contestant(run: Run, plan: Plan, device: torch.device) -> tuple[Contestant | str, str]:
    """The run's D, or the reason why it has none, and the SHA-256 of the weights."""
    trained = open_trained(run, plan.open("train", run.cell.id, run.seed))
    if trained.header.diverged:
        return f"training diverged: {trained.header.diverged}", trained.sha256
    stream = seeding.generator(run, Stream.PROBES, device)
    return Contestant(placed(trained.discriminator(), device), stream), trained.sha256


def _row(source: Run, target: Run, outcome: Outcome) -> dict[str, Any]:
    sides = {"source": source, "target": target}
    return {
        "dataset": source.dataset,
        "seed": source.seed,
        **{side: run.id for side, run in sides.items()},
        **{f"{side}_architecture": run.architecture for side, run in sides.items()},
        **{f"{side}_method": run.method for side, run in sides.items()},
        **asdict(outcome),
    }
