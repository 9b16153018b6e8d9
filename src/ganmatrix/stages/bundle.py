"""`ganmatrix bundle`: the results of a study in one zip archive, which `ganmatrix verify` checks.

It has params, plugins and templates, the manifests of all stages, their JSON files, all of results/ and
reports/, the environment, and on request the weights. Data, pictures of runs and statistics of references
stay out: manifests have their SHA-256. The same results give the same bytes.
"""

import hashlib
import platform
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from ganmatrix import __version__
from ganmatrix.errors import UserError, unreadable
from ganmatrix.params.plain_yaml import BadYaml, parse
from ganmatrix.params.study import question_of, title_of
from ganmatrix.plan import Plan
from ganmatrix.runtime import provenance
from ganmatrix.store import ro_crate
from ganmatrix.store.bundles import CITATION, ENVIRONMENT, LEDGER, PARAMS, VERSION, is_included
from ganmatrix.store.files import as_json, replacing, size
from ganmatrix.store.layout import RUN
from ganmatrix.store.manifest import Listed
from ganmatrix.store.ro_crate import About, Author

BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every member: a zip archive knows no earlier one."""

PACKED = (".parquet", ".safetensors")
"""Endings of files that deflating makes hardly smaller."""

PIECE = 1024**2


def run(plan: Plan, out: Path | None, with_weights: bool) -> str:
    """Write the bundle; a line that says what it holds. NotMade if results or reports are not current."""
    path = plan.layout.root / "results.zip" if out is None else out
    if path.suffix != ".zip":
        raise UserError(f"--out is {path}; expected a name that ends in .zip")
    if path.exists() and not _is_bundle(path):
        raise UserError(f"{path} is there and is no bundle; give --out another name")
    files = dict(sorted(contents(plan, with_weights)))
    about = _about(plan)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        listed = {name: _add(archive, name, source) for name, source in files.items()}
        crate = as_json(ro_crate.document(about, listed, [LEDGER])).encode()
        listed[ro_crate.NAME] = _add(archive, ro_crate.NAME, crate)
        ledger = {
            "bundle": VERSION,
            "ganmatrix": __version__,
            "files": {name: {"sha256": each.sha256, "size": each.size} for name, each in listed.items()},
        }
        _add(archive, LEDGER, as_json(ledger).encode())
    whose = "" if about.authors else f"; without {CITATION} it names no author and no licence"
    runs = len(plan.cells) * len(plan.seeds)
    return f"wrote {path} ({size(path.stat().st_size)}): {len(listed) + 1:,} files of {runs:,} runs{whose}"


def contents(plan: Plan, with_weights: bool) -> Iterator[tuple[str, Path | bytes]]:
    """Each file's name in the bundle, and where it is. NotMade if a stage is not current."""
    plan.open("assemble")
    for report in plan.reports:
        plan.open("report", report)
    yield PARAMS, plan.layout.params or plan.layout.root / PARAMS
    yield ENVIRONMENT, as_json(environment()).encode()
    for place in plan.params.plugins:
        yield place, Path(place)
    for report in plan.reports:
        yield f"reports/templates/{report}.ipynb", plan.template(report)
    if Path(CITATION).is_file():
        yield CITATION, Path(CITATION)
    root = plan.layout.root
    for task in plan.tasks():
        manifest = plan.layout.manifest(task.stage, task.target)
        yield manifest.relative_to(root).as_posix(), manifest
        for seed in plan.parts(task):
            part = plan.open(task.stage, task.target, seed)
            for name in part.entry.files:
                if is_included(task.stage, name, with_weights):
                    yield (part.folder / name).relative_to(root).as_posix(), part.path(name)


def environment() -> dict[str, Any]:
    """Versions of everything that is installed, the system, and the git revision of the working folder."""
    found = {str(each.metadata["Name"]): each.version for each in distributions()}
    return {
        "ganmatrix": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "revision": provenance.revision(),
        "packages": dict(sorted(found.items())),
    }


def _add(archive: zipfile.ZipFile, name: str, source: Path | bytes) -> Listed:
    """Add a member, and return its SHA-256 and size."""
    member = zipfile.ZipInfo(name, BEGINNING)
    member.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
    member.create_system, member.external_attr = 3, 0o100644 << 16
    hasher, count = hashlib.sha256(), 0
    with archive.open(member, "w", force_zip64=True) as target:
        for piece in _pieces(source):
            hasher.update(piece)
            count += len(piece)
            target.write(piece)
    return Listed(hasher.hexdigest(), count)


def _pieces(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    try:
        with source.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece
    except OSError as error:
        raise UserError(unreadable(source, error)) from None


def _is_bundle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return LEDGER in archive.namelist()
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def _about(plan: Plan) -> About:
    """Title and question of the study, authors and licence of CITATION.cff, the day of the last run."""
    params = plan.params
    authors, licence = _citation()
    return About(
        title=title_of(params.study, params.grid),
        question=question_of(params.study, params.grid),
        published=_last_day(plan),
        version=__version__,
        authors=authors,
        licence=licence,
    )


def _last_day(plan: Plan) -> str:
    """The day on which the last run was started; today if no run says when."""
    started = [
        str(plan.open("train", cell, seed).json(RUN)["this_run"].get("started", ""))[:10]
        for cell in plan.cells
        for seed in plan.seeds
    ]
    return max(started, default="") or datetime.now(UTC).date().isoformat()


def _citation() -> tuple[list[Author], str]:
    """Authors and licence of the working folder's CITATION.cff; none without one."""
    try:
        path = Path(CITATION)
        content = parse(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except OSError as error:
        raise UserError(unreadable(CITATION, error)) from None
    except (BadYaml, UnicodeDecodeError) as error:
        raise UserError(f"{CITATION}: {error}; mend it") from None
    stated = content.get("authors", []) if isinstance(content, dict) else []
    people = [each for each in stated if isinstance(each, dict)] if isinstance(stated, list) else []
    authors = [_author(each) for each in people]
    licence = content.get("license", "") if isinstance(content, dict) else ""
    is_known = isinstance(licence, str) and re.fullmatch(r"[A-Za-z0-9.+-]+", licence)
    return [each for each in authors if each.name], licence if is_known else ""


def _author(stated: dict[str, Any]) -> Author:
    if "name" in stated:
        return Author(str(stated["name"]), is_person=False)
    name = " ".join(str(stated[key]) for key in ("given-names", "family-names") if key in stated)
    return Author(name, is_person=True, orcid=str(stated.get("orcid", "")))
