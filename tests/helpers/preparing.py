"""`prepare` of a dataset of one's own, as the tests of bad input call it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganmatrix.store import manifest
from ganmatrix.store.dataset import ARRAYS
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry
from helpers.archives import encoded, picture

Run = Callable[..., Any]
FORMER = b"what an earlier run has made"
CHANGED = "prepare mine: datasets.mine changed; making it again"
"""Said before anything else where a former dataset lies in the place."""


def describe(project: Callable[..., Path], **params: Any) -> Path:
    """Name the dataset `mine` in params.yaml, and lay a former one in its place; gives the folder."""
    folder = project(("datasets:\n", f"datasets:\n  mine: {json.dumps(params)}\n")).parent
    made = folder / "data/mine"
    made.mkdir(parents=True, exist_ok=True)
    files = [made / name for name in ("card.json", *(f"{name}.npy" for name in ARRAYS))]
    for path in files:
        path.write_bytes(json.dumps({}).encode() if path.suffix == ".json" else FORMER)
    entry = ManifestEntry(MadeFrom({}, "earlier", {}), {path.name: manifest.listed(path) for path in files})
    (folder / "data/mine.json").write_text(Manifest("prepare", "mine", {None: entry}).text())
    return folder


def published(folder: Path) -> dict[str, bytes]:
    """All that lies under data/ but for raw archives: the datasets, their manifests, and leftovers."""
    files = (path for path in (folder / "data").rglob("*") if path.is_file())
    return {
        str(name): path.read_bytes()
        for path in files
        if (name := path.relative_to(folder / "data")).parts[0] != "raw"
    }


def refused(run: Run, folder: Path, *options: str) -> str:
    """The one line of a preparation that is refused. What was made before stays as it was."""
    before = published(folder)
    assert {"mine.json", "mine/card.json"} < before.keys()
    ended = run("prepare", "mine", *options)
    assert ended.status == 2, ended.err
    assert ended.out == ""
    lines = [line for line in ended.err.splitlines() if line != CHANGED]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("error: ")
    assert ";" in lines[0] or ":" in lines[0].removeprefix("error: "), "what to do"
    assert published(folder) == before
    return str(lines[0].removeprefix("error: "))


def card(run: Run, folder: Path, *options: str) -> dict[str, Any]:
    """The card of a preparation that succeeds, having left nothing unfinished."""
    ended = run("prepare", "mine", *options)
    assert ended.status == 0, ended.err
    assert not (folder / "scratch/data/mine").exists()
    left = [name for name in published(folder) if "mine" in name]
    assert sorted(left) == sorted(["mine.json", "mine/card.json", *(f"mine/{name}.npy" for name in ARRAYS)])
    return json.loads((folder / "data/mine/card.json").read_text())


def good_images(folder: Path, count: int = 4) -> Path:
    """A class of good images."""
    (folder / "images/cats").mkdir(parents=True)
    for number in range(count):
        (folder / f"images/cats/{number}.png").write_bytes(encoded(picture(number)))
    return folder / "images"
