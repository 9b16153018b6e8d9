"""Bundles of a made-up matrix, taken apart, changed, and put together again."""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from ganmatrix.stages import bundle
from ganmatrix.store import ro_crate, tables
from ganmatrix.store.bundles import LEDGER
from ganmatrix.store.files import as_json, text_digest
from helpers.fake_matrix import REPORTS, FakeMatrix, claim
from helpers.publishing import publish

Files = dict[str, bytes]

GRID = """datasets: [digits]
  architectures: [conventional]
  methods: [gan, as_gan]
  seeds: 8"""
CLAIMS = "claims:\n" + "\n".join(
    [
        claim("better_fid", "fid_efficientnet_lite0_ema", "lower", 1.0),
        claim("better_kid", "kid_efficientnet_lite0_ema", "lower", 0.001),
    ]
)


def a_bundle(folder: Path) -> Path:
    """A bundle of 16 made-up runs, in which one claim is reproduced, beside its project."""
    effects = {("digits", "as_gan"): 0.5}
    fake = FakeMatrix(folder / "project", grid=GRID, claims=CLAIMS, effects=effects)
    fake.root.mkdir()
    fake.write().assemble()
    for name in REPORTS:
        publish(fake.plan, "report", name, {None: {f"{name}.html": b"<p>a page</p>"}})
    bundle.run(fake.plan, folder / "results.zip", with_weights=True)
    return folder / "results.zip"


def unpacked(path: Path) -> Files:
    """The files of a bundle."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Files, path: Path) -> Path:
    """An archive of these files."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def _sum(content: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def listed(files: Files) -> Files:
    """The same, after bundle.json and the RO-Crate metadata were made to list them."""
    crate = json.loads(files[ro_crate.NAME])
    rest = {name: content for name, content in files.items() if name not in (LEDGER, ro_crate.NAME)}
    graph = [each for each in crate["@graph"] if each["@type"] != "File"]
    root = next(each for each in graph if each["@id"] == "./")
    root["hasPart"] = [{"@id": name} for name in [*rest, LEDGER]]
    for name, content in rest.items():
        size = {"contentSize": str(len(content)), "sha256": _sum(content)["sha256"]}
        graph.append({"@id": name, "@type": "File"} | size)
    crate["@graph"] = [*graph, {"@id": LEDGER, "@type": "File"}]
    found = rest | {ro_crate.NAME: as_json(crate).encode()}
    ledger = json.loads(files[LEDGER]) | {"files": {name: _sum(each) for name, each in found.items()}}
    return found | {LEDGER: as_json(ledger).encode()}


def vouched(files: Files, name: str, content: bytes) -> Files:
    """The same with another file of results/, for which manifest, bundle.json and metadata vouch."""
    manifest = json.loads(files["results.json"])
    manifest["files"][Path(name).name] = _sum(content)
    changed = {name: content, "results.json": as_json(manifest).encode()}
    lines = "\n".join(f"{file} {each['sha256']}" for file, each in sorted(manifest["files"].items()))
    for report in REPORTS:  # Reports are made from results.
        page = json.loads(files[f"reports/{report}.json"])
        page["made_from"]["inputs"]["results"] = text_digest(lines)
        changed[f"reports/{report}.json"] = as_json(page).encode()
    return listed(files | changed)


def edited(files: Files, name: str, edit: Callable[[pd.DataFrame], Any]) -> bytes:
    """A table of the bundle after an edit."""
    table = tables.unpack(files[name]).rows
    edit(table)
    return tables.pack(table)


def encoded(files: Files) -> bytes:
    """The bytes of an archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()
