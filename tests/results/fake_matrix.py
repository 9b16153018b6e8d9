"""A made-up matrix on disk, in the form that the training, evaluation and probe stages write."""

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from stated import lines

from ganmatrix.cell import Cell, expand, resolved
from ganmatrix.params import load
from ganmatrix.stages.layout import CellFiles, Layout
from ganmatrix.stages.tables import write_table

PARAMS = Path(__file__).parents[2] / "params.yaml"
IMAGE_SCORES = {
    "fid_efficientnet_lite0": 40.0,
    "kid_efficientnet_lite0": 0.05,
    "inception_score_efficientnet_lite0": 2.5,
}
POINT_SCORES = {"modes": 6.0, "high_quality_share": 0.8, "reverse_kl": 0.3}
GRID = """datasets: [ring8, digits]
  architectures: [conventional]
  methods: [gan, as_gan]
  seeds: [0, 1, 2]"""
CURVES = ("fgsm_accuracy", "fgsm_auroc", "pgd_accuracy", "pgd_auroc", "noise_accuracy", "noise_auroc")
STRENGTHS = (0.0, 0.01, 0.02, 0.05, 0.1)
SHARES = (0.0, 0.5, 0.99)
FOLLOWED = {"ring8": "energy_distance", "digits": "fid_efficientnet_lite0"}
STEPS = (0, 200, 400, 800)
"""Of the snapshots at which scores are followed."""


def claim(name: str, metric: str, direction: str, smallest_effect: float, **more: object) -> str:
    """A claim about as_gan against gan, as params.yaml has it below `claims:`."""
    compared = {"metric": metric, "method": "as_gan", "baseline": "gan", "direction": direction}
    compared |= {"smallest_effect": smallest_effect} | more
    return "\n".join([f"  {name}:", lines(4), *(f"    {key}: {value}" for key, value in compared.items())])


@dataclass
class FakeMatrix:
    """Writes cells; `effects` multiplies a method's score, `edit` changes a cell's documents."""

    root: Path
    grid: str = GRID
    claims: str = "claims: {}"
    effects: dict[tuple[str, str], float] = field(default_factory=dict)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)
    """Of attacks on one cell tried on another; 1 on the cell itself and 1/2 on all others otherwise."""
    diverged: dict[str, int] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    """Cells that do not reach their target by the end."""
    noise: float = 0.02
    edit: Callable[[str, dict[str, Any]], None] = lambda cell, documents: None

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    def write(self) -> "FakeMatrix":
        text = PARAMS.read_text()
        start, end = text.index("grid:"), text.index("datasets:\n")
        text = f"{text[:start]}grid:\n  {self.grid}\n\n{text[end:]}"
        text = text[: text.index("\nclaims:")] + f"\n{self.claims}\n"
        self.params.write_text(text)
        params, _ = load(self.params)
        cells = expand(params)
        for cell in cells:
            self._write_cell(cell, resolved(params, cell))
        for dataset in {cell.dataset for cell in cells}:
            self._write_transfers(dataset, [cell for cell in cells if cell.dataset == dataset])
        return self

    def _write_transfers(self, dataset: str, cells: list[Cell]) -> None:
        rows = [
            {
                "dataset": dataset,
                "seed": target.seed,
                "source": source.id,
                "source_architecture": source.architecture,
                "source_method": source.method,
                "target": target.id,
                "target_architecture": target.architecture,
                "target_method": target.method,
                **self._tried(source.id, target.id),
            }
            for target in cells
            for source in cells
            if source.seed == target.seed
        ]
        header = {
            "dataset": dataset,
            "protocol": {"attack": "pgd", "strength": 0.02},
            "weights_sha256": {cell.id: _weights(cell) for cell in cells},
        }
        path = self.layout.transfers(dataset)
        write_table(path, pd.DataFrame(rows).astype({"reason": "string"}), header)

    def _tried(self, source: str, target: str) -> dict[str, Any]:
        if {source, target} & self.diverged.keys():
            return {"rate": np.nan, "control": np.nan, "flipped": np.nan, "reason": "training diverged"}
        rate = self.rates.get((source, target), 1.0 if source == target else 0.5)
        return {"rate": rate, "control": 0.1, "flipped": rate / 4, "reason": None}

    def _write_cell(self, cell: Cell, params: dict[str, Any]) -> None:
        files = self.layout.cell(cell.id)
        files.folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(zlib.crc32(cell.id.encode()))
        identity = {"cell": cell.id, "weights_sha256": _weights(cell)}
        documents = {
            "run": self._run(cell, params),
            "metrics": identity | {"entries": self._scores(cell, random)},
            "probes": identity | {"entries": self._probes(cell, random)},
        }
        self.edit(cell.id, documents)
        for name, document in documents.items():
            getattr(files, name).write_text(json.dumps(document))
        self._history(cell, random).to_parquet(files.history, index=False)
        _samples(files, random)
        _attacks(files, cell, fate="training diverged" if cell.id in self.diverged else None)

    def _run(self, cell: Cell, params: dict[str, Any]) -> dict[str, Any]:
        points = cell.dataset == "ring8"
        step = self.diverged.get(cell.id)
        network = "mlp_w96" if points else "dcgan16_w24"
        return {
            "cell": cell.id,
            "reproducible": {
                "dataset": cell.dataset,
                "architecture": cell.architecture,
                "method": cell.method,
                "seed": cell.seed,
                "modality": "points" if points else "images",
                "method_kind": cell.method,
                "loss": "non_saturating",
                "techniques": ["zero_gp"] if cell.method == "fargan" else [],
                "networks": {"generator": network, "discriminator": network},
                "parameters": {"generator": 123_456, "discriminator": 98_765},
                "params": params,
                "data_sha256": hashlib.sha256(cell.dataset.encode()).hexdigest(),
                "code_digest": "0123456789abcdef",
                "outcome": "completed" if step is None else "diverged",
                "outcome_reason": None if step is None else "non_finite_loss",
                "outcome_step": step,
                "generator_steps": 800,
                "weights_sha256": _weights(cell),
            },
            "this_run": {
                "wall_seconds": 9.0,
                "cpu_seconds": 8.0,
                "images_per_second": 7000.0,
                "host": "somewhere",
                "revision": "a" * 40,
                "devices": ["a processor"],
                "versions": {"python": "3.11.7", "torch": "2.13.0"},
            },
        }

    def _scores(self, cell: Cell, random: np.random.Generator) -> dict[str, Any]:
        scores = POINT_SCORES if cell.dataset == "ring8" else IMAGE_SCORES
        entries = {}
        for name, level in scores.items():
            for checkpoint in ("ema", "init"):
                effect = self.effects.get((cell.method, name), 1.0) if checkpoint == "ema" else 3.0
                value = level * effect * (1 + self.noise * random.standard_normal())
                protocol = {
                    "samples": 1000,
                    "checkpoint": checkpoint,
                    "real_samples": 1437,
                    "dtype": "float64",
                }
                entries[f"{name}_{checkpoint}"] = self._entry(cell, value, protocol)
        return entries | self._followed(cell)

    def _followed(self, cell: Cell) -> dict[str, Any]:
        """The score over training, and when it reached its target."""
        name = FOLLOWED[cell.dataset]
        score, _, extractor = name.partition("_") if cell.dataset == "digits" else (name, "", "")
        over_steps = "_".join(filter(None, (score, "over_steps", extractor, "ema")))
        values = [float(np.exp(-2 * step / STEPS[-1])) for step in STEPS]
        protocol = {"checkpoint": "ema", "steps": list(STEPS), "target": 0.4}
        over = self._entry(cell, 0.5, protocol)
        reached = self._entry(cell, 360.0 + 10 * cell.seed, protocol)
        if over["value"] is not None:
            over["curve"] = {"axis": "generator_steps", "at": list(STEPS), "value": values}
        if cell.id in self.late:
            reached = {
                "value": None,
                "protocol": protocol,
                "reason": "not reached",
                "beyond": float(STEPS[-1]),
            }
        return {over_steps: over, f"steps_to_{name}_ema": reached}

    def _probes(self, cell: Cell, random: np.random.Generator) -> dict[str, Any]:
        protocol = {"samples": 256, "split": "held_out", "checkpoint": "last"}
        entries = {
            name: self._entry(cell, 2 + random.random(), protocol)
            for name in ("gradient_norm_real", "gradient_norm_real_max", "lipschitz_ascent")
        }
        entries["overfitting_auroc"] = self._entry(cell, 0.5 + 0.1 * random.random(), protocol)
        entries["gradient_growth"] = self._entry(cell, 0.3, protocol)
        if cell.id not in self.diverged:
            curve = {"axis": "share", "at": list(SHARES), "value": [0.0, 0.1, 0.3]}
            entries["gradient_growth"]["curve"] = curve
        for name in CURVES:
            values = [0.5 + 0.4 * np.exp(-s * 20 * (1 + random.random())) for s in STRENGTHS]
            entries[name] = self._entry(cell, values[2], protocol)
            known = cell.id not in self.diverged
            if known:
                entries[name]["curve"] = {"axis": "strength", "at": list(STRENGTHS), "value": values}
        return entries

    def _entry(self, cell: Cell, value: float, protocol: dict[str, Any]) -> dict[str, Any]:
        if cell.id in self.diverged:
            return {"value": None, "protocol": {}, "reason": "the cell diverged"}
        return {"value": float(value), "protocol": protocol}

    def _history(self, cell: Cell, random: np.random.Generator) -> pd.DataFrame:
        step = np.arange(20, self.diverged.get(cell.id, 800) + 1, 20)
        loss = 1.3 - 0.4 * np.exp(-step / 200) + 0.1 * random.standard_normal(len(step))
        return pd.DataFrame(
            {
                "step": step,
                "loss_discriminator": loss,
                "loss_generator": 2 - loss / 2,
                "gradient_norm_discriminator": np.exp(random.standard_normal(len(step)) / 3),
                "gradient_norm_generator": np.exp(random.standard_normal(len(step)) / 3 - 1),
                "score_real": loss,
                "score_fake": -loss,
            }
        )


def _weights(cell: Cell) -> str:
    return hashlib.sha256(cell.id.encode()).hexdigest()


def _samples(files: CellFiles, random: np.random.Generator) -> None:
    pixels = random.integers(0, 256, size=(8, 8), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    for path in (files.samples, files.neighbours):
        Image.fromarray(pixels).save(path)


def _attacks(files: CellFiles, cell: Cell, fate: str | None) -> None:
    """As `probe` draws it: a grey tile with the reason where there is none."""
    logits = {"strength": 0.02, "amplified": 50.0, "before": [1.5, -0.5], "after": [0.25, -0.75]}
    fields = PngInfo()
    fields.add_text("ganmatrix", json.dumps({"reason": fate} if fate else logits))
    Image.fromarray(np.full((48, 96), 128, dtype=np.uint8)).save(files.attacks, pnginfo=fields)
