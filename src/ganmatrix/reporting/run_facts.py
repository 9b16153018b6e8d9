"""Every cell by itself: how its run went, what it was made from and with, and its training curves."""

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ganmatrix.reporting.cell_files import CellFacts, Document, Found, group_id
from ganmatrix.reporting.evidence import Evidence, Setting
from ganmatrix.reporting.fragments import Fragment, definitions, details, join, text
from ganmatrix.reporting.measures import plain
from ganmatrix.reporting.sparklines import sparkline

_CURVES = {
    "Loss": ({"D": "loss_discriminator", "G": "loss_generator"}, False),
    "Norm of the weights' gradient": (
        {"D": "gradient_norm_discriminator", "G": "gradient_norm_generator"},
        True,
    ),
}


def cells(evidence: Evidence, found: Found, dataset: str) -> Fragment:
    """The cells of a dataset, a block each, by architecture and method."""
    settings = [setting for setting in evidence.settings if setting.dataset == dataset]
    blocks = [_group(evidence, found, setting, method) for setting in settings for method in evidence.methods]
    return details(f"Cells of {dataset}", join(blocks))


def _group(evidence: Evidence, found: Found, setting: Setting, method: str) -> Fragment:
    identity = group_id(setting.dataset, setting.architecture, method)
    heading = Fragment(f'<h4 id="{identity}">{setting} x {method}</h4>')
    return join([heading, *(_cell(evidence, facts) for facts in found[identity])])


def _cell(evidence: Evidence, facts: CellFacts) -> Fragment:
    cell = facts.cell
    if facts.run is None:
        content = text("p", f"Not trained yet; run `ganmatrix train {cell.id}`.")
    else:
        history = evidence.history[evidence.history["cell"] == cell.id]
        curves = [
            sparkline(title, "generator steps", _lines(history, names), log=log)
            for title, (names, log) in _CURVES.items()
        ]
        resolved = facts.run["reproducible"].get("params", {})
        content = join(
            [
                definitions(_facts(facts.run)),
                Fragment(f'<div class="sparks">{join(curves).html}</div>'),
                details("Parameters, resolved", definitions(_flat(resolved))),
            ]
        )
    return details(f"Seed {cell.seed}: {facts.outcome}", content, cell.id)


def _lines(history: pd.DataFrame, names: dict[str, str]) -> dict[str, list[tuple[float, float]]]:
    return {
        label: list(zip(history["step"].astype(float), history[name].astype(float), strict=True))
        for label, name in names.items()
        if name in history
    }


def _facts(run: Document) -> Iterator[tuple[str, str]]:
    """What run.json says, as far as it does."""
    repeated, once = run["reproducible"], run["this_run"]
    yield "steps of G", f"{repeated['generator_steps']:,}"
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
