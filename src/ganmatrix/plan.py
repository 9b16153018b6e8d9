"""What each stage depends on besides its input files: values of params.yaml and source code.

Both engines compare the same things. Snakemake is given them as `params:` of its rules. In dvc.yaml the
code of each stage is one small file, `digests/<stage>.sha256`, that a stage of its own makes of the same
paths. So are the keys of those stages that each cell has, `digests/<key>.json`; the others list theirs
under `params:`. A test holds the two together.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent

KEYS: dict[str, tuple[str, ...]] = {
    "prepare": ("datasets.{dataset}",),
    "reference": ("evaluation.extractors", "evaluation.images.neighbours"),
    "train": ("architectures.{architecture}", "methods.{method}", "recipes.{dataset}"),
    "evaluate": ("evaluation",),
    "probe": ("probes",),
    "transfer": ("grid.architectures", "grid.methods", "grid.seeds", "probes"),
    "assemble": ("grid", "datasets", "claims"),
    "report": (),
}
"""The keys of params.yaml whose values a stage uses."""

CELLWISE = ("train", "evaluate", "probe")
"""The stages that each cell has. DVC would parse params.yaml for each, if they listed keys."""

CODE: dict[str, tuple[str, ...]] = {
    "prepare": (
        "params/base.py",
        "params/datasets.py",
        "datasets",
        "stages/data.py",
        "stages/growing.py",
        "stages/prepare.py",
        "stages/streaming.py",
        "stages/unpacking.py",
    ),
    "reference": (
        "params/base.py",
        "params/evaluation.py",
        "evaluation",
        "stages/data.py",
        "stages/reference.py",
    ),
    "train": (
        "params/architectures.py",
        "params/base.py",
        "params/losses.py",
        "params/methods.py",
        "params/recipes.py",
        "params/techniques.py",
        "cell.py",
        "networks",
        "methods",
        "training",
        "stages/checksums.py",
        "stages/data.py",
        "stages/pictures.py",
        "stages/train.py",
    ),
    "evaluate": (
        "params/architectures.py",
        "params/base.py",
        "params/evaluation.py",
        "params/losses.py",
        "params/methods.py",
        "params/techniques.py",
        "cell.py",
        "entry.py",
        "networks",
        "methods",
        "training/averaging.py",
        "training/seeding.py",
        "training/weights.py",
        "evaluation",
        "stages/checksums.py",
        "stages/data.py",
        "stages/evaluate.py",
        "stages/pictures.py",
        "stages/references.py",
        "stages/trained.py",
    ),
    "probe": (
        "params/architectures.py",
        "params/base.py",
        "params/losses.py",
        "params/methods.py",
        "params/probes.py",
        "params/techniques.py",
        "cell.py",
        "entry.py",
        "networks",
        "methods",
        "training/seeding.py",
        "training/weights.py",
        "probes",
        "stages/checksums.py",
        "stages/data.py",
        "stages/pictures.py",
        "stages/probe.py",
        "stages/probing.py",
        "stages/trained.py",
    ),
    "transfer": (
        "params/architectures.py",
        "params/base.py",
        "params/grid.py",
        "params/losses.py",
        "params/methods.py",
        "params/probes.py",
        "params/techniques.py",
        "cell.py",
        "entry.py",
        "networks",
        "methods",
        "training/seeding.py",
        "training/weights.py",
        "probes",
        "stages/checksums.py",
        "stages/data.py",
        "stages/probing.py",
        "stages/tables.py",
        "stages/trained.py",
        "stages/transfer.py",
    ),
    "assemble": (
        "params/base.py",
        "params/claims.py",
        "params/datasets.py",
        "params/grid.py",
        "params/papers.py",
        "cell.py",
        "results",
        "stages/assemble.py",
        "stages/gathering.py",
        "stages/tables.py",
    ),
    "report": (
        "params/base.py",
        "params/claims.py",
        "params/losses.py",
        "params/methods.py",
        "params/papers.py",
        "params/techniques.py",
        "cell.py",
        "results",
        "reporting",
        "stages/report.py",
    ),
}
"""The source files, or folders of them, that can change what a stage makes.

What every stage shares and no artifact depends on is left out: the command line, error messages,
paths, progress, and reading params.yaml as a whole (its values are compared themselves).
"""

_SUFFIXES = (".py", ".css", ".js")


def keys(stage: str, **names: str) -> list[str]:
    """The stage's keys of params.yaml, for a target such as dataset="digits"."""
    return [key.format(**names) for key in KEYS[stage]]


def values(stage: str, document: dict[str, Any], **names: str) -> dict[str, Any]:
    """The values of these keys, as written but for the order of keys, which DVC does not compare either."""
    return {key: _in_order(_lookup(document, key)) for key in keys(stage, **names)}


def digested(names: Iterable[dict[str, str]]) -> list[str]:
    """The keys that DVC's stages of cells with these names read as files, each once."""
    found = [key for each in names for stage in CELLWISE for key in keys(stage, **each)]
    return list(dict.fromkeys(found))


def digest_of_key(document: dict[str, Any], key: str) -> str:
    """The value of one key as JSON, the same for the same value in whatever order of keys."""
    return json.dumps(_lookup(document, key), indent=2, sort_keys=True) + "\n"


def sources(stage: str) -> list[Path]:
    """The files that the stage's code consists of, style sheets and scripts of pages too, sorted."""
    files: set[Path] = set()
    for entry in CODE[stage]:
        path = PACKAGE / entry
        files |= (
            {file for suffix in _SUFFIXES for file in path.rglob(f"*{suffix}")} if path.is_dir() else {path}
        )
    return sorted(files)


def manifest(stage: str) -> str:
    """The stage's code, a line a file, as `sha256sum --check` reads it in the package's folder."""
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(PACKAGE).as_posix()}\n"
        for path in sources(stage)
    )
    return "".join(lines)


@cache
def code_digest(stage: str) -> str:
    """The first 16 hexadecimal digits of the manifest's SHA-256, which change with the stage's code."""
    return hashlib.sha256(manifest(stage).encode()).hexdigest()[:16]


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    return [_in_order(each) for each in value] if isinstance(value, list) else value


def _lookup(document: dict[str, Any], key: str) -> Any:
    value: Any = document
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
