"""Every run by itself: how it went, what it was made from and with, and its training curves."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ganmatrix.cell import Cell
from ganmatrix.reporting.cell_files import Document, Found, RunFacts
from ganmatrix.reporting.evidence import Evidence
from ganmatrix.reporting.fragments import Fragment, definitions, details, join, text
from ganmatrix.reporting.numbers import plain
from ganmatrix.reporting.sparklines import sparkline

_CURVES = {
    "Loss": ({"D": "loss_discriminator", "G": "loss_generator"}, False),
    "Norm of the weights' gradient": (
        {"D": "gradient_norm_discriminator", "G": "gradient_norm_generator"},
        True,
    ),
}


def runs(evidence: Evidence, found: Found, dataset: str) -> Fragment:
    """The runs on a dataset, a block each, by architecture and method."""
    blocks = [_cell(evidence, found, cell) for cell in evidence.cells_on(dataset)]
    return details(f"Runs on {dataset}", join(blocks))


def _cell(evidence: Evidence, found: Found, cell: Cell) -> Fragment:
    heading = Fragment(f'<h4 id="{cell.id}">{cell.dataset} x {cell.place} x {cell.method}</h4>')
    return join([heading, *(_run(evidence, facts) for facts in found[cell.id])])


def _run(evidence: Evidence, facts: RunFacts) -> Fragment:
    run = facts.run
    if facts.file is None:
        content = text("p", f"Not trained yet; run `{evidence.layout.command('train', run.cell.id)}`.")
    else:
        history = evidence.history[evidence.history["run"] == run.id]
        curves = [
            sparkline(title, "generator steps", _lines(history, names), log=log)
            for title, (names, log) in _CURVES.items()
        ]
        resolved = facts.file["reproducible"].get("params", {})
        content = join(
            [
                definitions(_facts(facts.file)),
                Fragment(f'<div class="sparks">{join(curves).html}</div>'),
                details("Parameters, resolved", definitions(_flat(resolved))),
            ]
        )
    return details(f"Seed {run.seed}: {facts.outcome}", content, run.id)


def _lines(history: pd.DataFrame, names: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    return {
        label: list(zip(history["step"].astype(float), history[name].astype(float), strict=True))
        for label, name in names.items()
        if name in history
    }


def _facts(file: Document) -> Iterator[tuple[str, str]]:
    """What run.json says, as far as it does."""
    repeated, once = file["reproducible"], file["this_run"]
    yield "steps of G", f"{repeated['generator_steps']:,}"
    if (operations := repeated["operations_per_step"]) is not None:
        yield "operations a step of G", f"{plain(operations)} million multiply-adds"
    yield "wall seconds", plain(once["wall_seconds"])
    yield "processor seconds", plain(once["cpu_seconds"])
    for name in ("generator", "discriminator"):
        yield name, f"{repeated['networks'][name]}, {repeated['parameters'][name]:,} parameters"
    for name in ("data_sha256", "weights_sha256", "code_digest"):
        yield name.replace("_", " ").replace("sha256", "SHA-256"), str(repeated.get(name, "not on record"))
    yield "git revision", str(once.get("revision") or "not on record")
    yield "device", ", ".join(once.get("devices", [])) or "not on record"
    versions = once.get("versions", {})
    yield "versions", ", ".join(f"{name} {version}" for name, version in versions.items()) or "not on record"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of nested parameters, as `method.loss.kind` and their values."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key)
    elif name:
        yield name, value if isinstance(value, str) else json.dumps(value)
