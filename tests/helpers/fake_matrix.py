"""A made-up matrix on disk, in the form that the training, evaluation and probe stages write."""

import hashlib
import io
import json
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ganmatrix.cell import Run, resolved
from ganmatrix.params import load
from ganmatrix.plan import Plan
from ganmatrix.stages import assemble
from ganmatrix.store import tables
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import (
    ATTACKS,
    CARD,
    HISTORY,
    METRICS,
    NEIGHBOURS,
    PAIRS,
    PROBES,
    RUN,
    SAMPLES,
    STATISTICS,
    WEIGHTS,
    Layout,
)
from ganmatrix.store.manifest import MadeFrom, sealed
from helpers.publishing import publish, rewrite
from helpers.stated import lines

HOME = Path(__file__).parents[2]
REPORTS = sorted(path.stem for path in (HOME / "reports/templates").glob("*.ipynb"))
PARAMS, TEMPLATES = HOME / "params.yaml", HOME / "reports" / "templates"
STAGES = {
    **dict.fromkeys((WEIGHTS, HISTORY, SAMPLES, RUN), "train"),
    **dict.fromkeys((METRICS, NEIGHBOURS), "evaluate"),
    **dict.fromkeys((PROBES, ATTACKS), "probe"),
}
"""Of each file of a run, the stage that makes it."""
IMAGE_SCORES = {
    "fid_efficientnet_lite0": 40.0,
    "kid_efficientnet_lite0": 0.05,
    "inception_score_efficientnet_lite0": 2.5,
}
POINT_SCORES = {"modes": 6.0, "high_quality_share": 0.8, "reverse_kl": 0.3}
POINT_FLOORS = {"modes": (8.0, 7.0), "high_quality_share": (0.99, 0.02), "reverse_kl": (0.001, 0.2)}
IMAGE_FLOORS = {
    "fid_efficientnet_lite0": (1.25, 215.0),
    "kid_efficientnet_lite0": (0.001, 0.5),
    "inception_score_efficientnet_lite0": (3.0, 1.1),
}
"""Of held-out samples and of noise."""
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
    compared |= {"effect": "difference", "smallest_effect": smallest_effect} | more
    return "\n".join([f"  {name}:", lines(4), *(f"    {key}: {value}" for key, value in compared.items())])


@dataclass
class FakeMatrix:
    """Writes runs; `effects` multiplies a method's score, `edit` changes a run's documents."""

    root: Path
    grid: str = GRID
    claims: str = "claims: {}"
    effects: dict[tuple[str, str], float] = field(default_factory=dict)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)
    """Of attacks on one run tried on another; 1 on the run itself and 1/2 on all others otherwise."""
    diverged: dict[str, int] = field(default_factory=dict)
    late: frozenset[str] = frozenset()
    """Runs that do not reach their target by the end."""
    absent: frozenset[tuple[str, str]] = frozenset()
    """What is not made: a stage, with a run or with `<dataset>-<seed>`. Nor is what would be made from it."""
    noise: float = 0.02
    edit: Callable[[str, dict[str, Any]], None] = lambda run, documents: None

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    @property
    def plan(self) -> Plan:
        """The plan of the params as they are on disk."""
        return Plan(load(self.params)[0], self.layout, TEMPLATES)

    def file(self, name: str, run: str) -> Path:
        """Where a file of a run lies."""
        cell, _, seed = run.rpartition("-")
        return self.layout.folder(STAGES[name], cell, int(seed)) / name

    def rewrite(self, name: str, run: str, content: bytes) -> None:
        """Put other bytes into a file of a run, for which its manifest then vouches."""
        cell, _, seed = run.rpartition("-")
        rewrite(self.layout, STAGES[name], cell, int(seed), name, content)

    def result(self, name: str) -> Path:
        """Where a file of the results lies."""
        return self.layout.folder("assemble") / name

    def table(self, name: str) -> pd.DataFrame:
        """A table of the results."""
        return pd.read_parquet(self.result(f"{name}.parquet"))

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.result("summary.json").read_text())
        return found

    def assemble(self, tolerant: bool = False) -> "FakeMatrix":
        """Make the results, as the verb does; a tolerant one makes those of what there is."""
        plan = self.plan
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            assemble.write(folder, plan.params, assemble.gather(plan, tolerant))
            files = {path.name: path.read_bytes() for path in folder.iterdir()}
        publish(plan, "assemble", "", {None: files}, MadeFrom({}, "", {}) if tolerant else None)
        return self

    def write(self) -> "FakeMatrix":
        text = PARAMS.read_text()
        start, end = text.index("grid:"), text.index("datasets:\n")
        text = f"{text[:start]}grid:\n  {self.grid}\n\n{text[end:]}"
        text = text[: text.index("\nclaims:")] + f"\n{self.claims}\n"
        self.params.write_text(text)
        plan = self.plan
        for dataset in plan.targets("prepare"):
            publish(plan, "prepare", dataset, {None: {CARD: b"{}\n"}})
            publish(plan, "reference", dataset, {None: {CARD: _reference(dataset), STATISTICS: b""}})
        for cell in plan.cells.values():
            params = resolved(plan.params, cell)
            files = {seed: self._files(cell.run(seed), params) for seed in plan.seeds}
            for stage in ("train", "evaluate", "probe"):
                publish(
                    plan,
                    stage,
                    cell.id,
                    {seed: of[stage] for seed, of in files.items() if self._is_made(stage, cell.run(seed))},
                )
        for dataset in plan.targets("transfer"):
            cells = plan.attacked(dataset)
            pairs: dict[int | None, dict[str, bytes]] = {}
            for seed in plan.seeds:
                runs = [cell.run(seed) for cell in cells]
                trained = all(self._is_made("train", run) for run in runs)
                if trained and ("transfer", f"{dataset}-{seed}") not in self.absent:
                    pairs[seed] = {PAIRS: self._transfers(dataset, seed, runs)}
            publish(plan, "transfer", dataset, pairs)
        return self

    def _is_made(self, stage: str, run: Run) -> bool:
        return self.absent.isdisjoint({("train", run.id), (stage, run.id)})

    def _transfers(self, dataset: str, seed: int, runs: Sequence[Run]) -> bytes:
        rows = [
            {
                "dataset": dataset,
                "seed": seed,
                "source": source.id,
                "source_architecture": source.architecture,
                "source_method": source.method,
                "target": target.id,
                "target_architecture": target.architecture,
                "target_method": target.method,
                **self._tried(source.id, target.id),
            }
            for target in runs
            for source in runs
        ]
        header = {
            "dataset": dataset,
            "seed": seed,
            "protocol": {"attack": "pgd", "strength": 0.02},
            "weights_sha256": {run.id: _digest(run.id) for run in runs},
        }
        return tables.pack(pd.DataFrame(rows).astype({"reason": "string"}), header)

    def _tried(self, source: str, target: str) -> dict[str, Any]:
        if {source, target} & self.diverged.keys():
            return {"rate": np.nan, "control": np.nan, "flipped": np.nan, "reason": "training diverged"}
        rate = self.rates.get((source, target), 1.0 if source == target else 0.5)
        return {"rate": rate, "control": 0.1, "flipped": rate / 4, "reason": None}

    def _files(self, run: Run, params: dict[str, Any]) -> dict[str, dict[str, bytes]]:
        """The files of a run by stage."""
        random = np.random.default_rng(zlib.crc32(run.id.encode()))
        identity = {"run": run.id, "weights_sha256": _digest(run.id)}
        documents = {
            "run": self._run(run, params),
            "metrics": identity | {"entries": self._scores(run, random)},
            "probes": identity | {"entries": self._probes(run, random)},
        }
        self.edit(run.id, documents)
        texts = {name: as_json(document).encode() for name, document in documents.items()}
        texts["run"] = as_json(sealed(documents["run"])).encode()
        history = tables.pack(self._history(run, random))
        samples = _samples(random)
        attacks = _attacks("training diverged" if run.id in self.diverged else None)
        return {
            "train": {WEIGHTS: run.id.encode(), HISTORY: history, SAMPLES: samples, RUN: texts["run"]},
            "evaluate": {METRICS: texts["metrics"], NEIGHBOURS: samples},
            "probe": {PROBES: texts["probes"], ATTACKS: attacks},
        }

    def _run(self, run: Run, params: dict[str, Any]) -> dict[str, Any]:
        points = run.dataset == "ring8"
        step = self.diverged.get(run.id)
        network = "mlp_w96" if points else "dcgan16_w24"
        return {
            "run": run.id,
            "reproducible": {
                "dataset": run.dataset,
                "architecture": run.architecture,
                "method": run.method,
                "seed": run.seed,
                "modality": "points" if points else "images",
                "method_kind": run.method,
                "loss": "non_saturating",
                "techniques": ["zero_gp"] if run.method == "fargan" else [],
                "networks": {"generator": network, "discriminator": network},
                "parameters": {"generator": 123_456, "discriminator": 98_765},
                "params": params,
                "data_sha256": _digest(run.dataset),
                "code_digest": "0123456789abcdef",
                "outcome": "completed" if step is None else "diverged",
                "outcome_reason": None if step is None else "non_finite_loss",
                "outcome_step": step,
                "generator_steps": 800,
                "operations_per_step": (45.0 if run.method == "as_gan" else 30.0) if step is None else None,
                "weights_sha256": _digest(run.id),
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

    def _scores(self, run: Run, random: np.random.Generator) -> dict[str, Any]:
        scores = POINT_SCORES if run.dataset == "ring8" else IMAGE_SCORES
        entries = {}
        for name, level in scores.items():
            for checkpoint in ("ema", "init"):
                effect = self.effects.get((run.method, name), 1.0) if checkpoint == "ema" else 3.0
                value = level * effect * (1 + self.noise * random.standard_normal())
                protocol = {
                    "samples": 1000,
                    "checkpoint": checkpoint,
                    "real_samples": 1437,
                    "dtype": "float64",
                }
                entries[f"{name}_{checkpoint}"] = self._entry(run, value, protocol)
        return entries | self._followed(run)

    def _followed(self, run: Run) -> dict[str, Any]:
        """The score over training, and when it reached its target."""
        name = FOLLOWED[run.dataset]
        score, _, extractor = name.partition("_") if run.dataset == "digits" else (name, "", "")
        over_steps = "_".join(filter(None, (score, "over_steps", extractor, "ema")))
        values = [float(np.exp(-2 * step / STEPS[-1])) for step in STEPS]
        protocol = {"checkpoint": "ema", "steps": list(STEPS), "target": 0.4}
        over = self._entry(run, 0.5, protocol)
        reached = self._entry(run, 360.0 + 10 * run.seed, protocol)
        if over["value"] is not None:
            over["curve"] = {"axis": "generator_steps", "at": list(STEPS), "value": values}
        if run.id in self.late:
            reached = {
                "value": None,
                "protocol": protocol,
                "reason": "not reached",
                "beyond": float(STEPS[-1]),
            }
        return {over_steps: over, f"steps_to_{name}_ema": reached}

    def _probes(self, run: Run, random: np.random.Generator) -> dict[str, Any]:
        protocol = {"samples": 256, "split": "held_out", "checkpoint": "last"}
        entries = {
            name: self._entry(run, 2 + random.random(), protocol)
            for name in ("gradient_norm_real", "gradient_norm_real_max", "lipschitz_ascent")
        }
        entries["overfitting_auroc"] = self._entry(run, 0.5 + 0.1 * random.random(), protocol)
        entries["gradient_growth"] = self._entry(run, 0.3, protocol)
        if run.id not in self.diverged:
            curve = {"axis": "share", "at": list(SHARES), "value": [0.0, 0.1, 0.3]}
            entries["gradient_growth"]["curve"] = curve
        for name in CURVES:
            values = [0.5 + 0.4 * np.exp(-s * 20 * (1 + random.random())) for s in STRENGTHS]
            entries[name] = self._entry(run, values[2], protocol)
            known = run.id not in self.diverged
            if known:
                entries[name]["curve"] = {"axis": "strength", "at": list(STRENGTHS), "value": values}
        return entries

    def _entry(self, run: Run, value: float, protocol: dict[str, Any]) -> dict[str, Any]:
        if run.id in self.diverged:
            return {"value": None, "protocol": {}, "reason": "the run diverged"}
        return {"value": float(value), "protocol": protocol}

    def _history(self, run: Run, random: np.random.Generator) -> pd.DataFrame:
        step = np.arange(20, self.diverged.get(run.id, 800) + 1, 20)
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


def _reference(dataset: str) -> bytes:
    """The card of a reference, as far as it is read."""
    values = POINT_FLOORS if dataset == "ring8" else IMAGE_FLOORS
    floors = {
        key: {name: {"value": each[i], "protocol": {"fake_samples": 360}} for name, each in values.items()}
        for i, key in enumerate(("held_out", "noise"))
    }
    return as_json({"dataset": dataset, "floors": floors}).encode()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _samples(random: np.random.Generator) -> bytes:
    pixels = random.integers(0, 256, size=(8, 8), dtype=np.uint8).repeat(16, axis=0).repeat(16, axis=1)
    return _png(Image.fromarray(pixels))


def _attacks(fate: str | None) -> bytes:
    """As `probe` draws it: a grey tile with the reason where there is none."""
    logits = {"strength": 0.02, "amplified": 50.0, "before": [1.5, -0.5], "after": [0.25, -0.75]}
    fields = PngInfo()
    fields.add_text("ganmatrix", json.dumps({"reason": fate} if fate else logits))
    return _png(Image.fromarray(np.full((48, 96), 128, dtype=np.uint8)), fields)


def _png(picture: Image.Image, fields: PngInfo | None = None) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", pnginfo=fields)
    return buffer.getvalue()
