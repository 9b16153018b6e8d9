"""`ganmatrix verify`: whether a bundle holds together. It trusts nothing in it, and runs nothing of it.

The checks go from the archive inwards, and end where there are problems:

1. The archive unpacks to a bounded number of bytes below its own folder. Its files are those that bundle.json
   and the RO-Crate metadata list, with these SHA-256, no more and no fewer.
2. The manifests list the same files. Each stage was made from the params and the files that are here.
3. The scores in results/matrix.parquet are those that the runs' files state, and the rule of verdicts,
   applied to it, gives the verdicts, effects and tests in results/claims.parquet.

A bundle whose author has changed everything consistently passes: compare its SHA-256 with a published one.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from ganmatrix.cell import runs as runs_of
from ganmatrix.errors import UserError
from ganmatrix.params import Params, load
from ganmatrix.params.claims import Claim
from ganmatrix.params.document import LARGEST
from ganmatrix.params.plain_yaml import parse
from ganmatrix.plan import Plan, Task
from ganmatrix.results.recomputed import scores_not_measured, verdicts_not_following
from ganmatrix.stages.unpacking import Unpacked, unpack
from ganmatrix.store import manifest, ro_crate, tables
from ganmatrix.store.bundles import CITATION, ENVIRONMENT, LEDGER, PARAMS, VERSION, is_included
from ganmatrix.store.files import file_digest
from ganmatrix.store.layout import METRICS, PROBES, WEIGHTS
from ganmatrix.store.manifest import Listed

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 50_000_000
"""Of a table."""


@dataclass
class Found:
    """What was checked, and what is wrong."""

    problems: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    """What holds, in sentences."""


def run(path: Path) -> Found:
    """Check a bundle. UserError if the file is no zip archive, or a hostile one."""
    if not path.is_file():
        what = "is a folder; give the zip archive" if path.is_dir() else "does not exist; mend the path"
        raise UserError(f"{path} {what}")
    found = Found()
    with tempfile.TemporaryDirectory(prefix="ganmatrix-") as name:
        unpacked = unpack(path, Path(name))
        found.problems += [f"{each} is damaged" for each in unpacked.damaged]
        for check in (_check_files, _check_manifests, _check_results):
            if not found.problems:
                check(unpacked, found)
    found.said.append(
        f"SHA-256 of the bundle: {file_digest(path)}; compare it with the one that its authors published"
    )
    return found


def _check_files(bundle: Unpacked, found: Found) -> None:
    """Compare the files with bundle.json and the RO-Crate metadata."""
    try:
        ledger = _ledger(bundle.json(LEDGER))
        crate = ro_crate.parts(bundle.json(ro_crate.NAME)) if ro_crate.NAME in bundle.files else {}
    except ValueError as error:
        found.problems.append(f"{LEDGER} or {ro_crate.NAME} is damaged: {error}")
        return
    there = {name: each for name, each in bundle.files.items() if name != LEDGER}
    found.problems += _differences(LEDGER, ledger, there)
    if not found.problems:
        described = {name: each for name, each in crate.items() if name != LEDGER}
        rest = {name: each for name, each in there.items() if name != ro_crate.NAME}
        found.problems += _differences(ro_crate.NAME, described, rest)
    if not found.problems:
        found.said.append(f"{len(there):,} files are those of {LEDGER} and of its RO-Crate metadata")


def _ledger(content: Any) -> dict[str, Listed]:
    """The files of bundle.json. ValueError if it is none, UserError if it is of a newer version."""
    version = content.get("bundle") if isinstance(content, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise UserError(f"{LEDGER} is of a newer version ({version}, known is {VERSION}); update ganmatrix")
    try:
        if version != VERSION:
            raise ValueError("it states no version that is known")
        return {name: Listed(each["sha256"], each["size"]) for name, each in content["files"].items()}
    except (AttributeError, KeyError, TypeError):
        raise ValueError("it does not list files with SHA-256 and size") from None


def _differences(
    lister: str, listed: Mapping[str, Listed | None], there: Mapping[str, Listed]
) -> Iterator[str]:
    """A line for each file that is missing, not listed, or another one."""
    for name in sorted({*listed, *there}):
        if name not in there:
            yield f"{name} is missing, but {lister} lists it"
        elif name not in listed:
            yield f"{name} is there, but {lister} does not list it"
        elif listed[name] != there[name]:
            yield f"{name} is not the file that {lister} lists: its SHA-256 or size is another"


class RecordedPlan(Plan):
    """The plan of a bundle's params, for code as the manifests record it, not for this package's code."""

    def _code(self, task: Task) -> str:
        return next(iter(self._read(task).entries.values())).made_from.code


def _check_manifests(bundle: Unpacked, found: Found) -> None:
    """Compare the manifests with the files, and what they were made from with the params."""
    try:
        _read_manifests(bundle, found)
        if found.problems:
            return
        plugins = _parsed(bundle).get("plugins")
        found.problems += _unknown(bundle, plugins)
        if plugins:
            found.said.append(
                "params.yaml names plugins, whose code is not run, so params and inputs were not compared "
                "with the manifests"
            )
            return
        bundle.params = load(bundle.folder / PARAMS)[0]
        _check_made_from(bundle, bundle.params, found)
    except UserError as error:
        found.problems.append(bundle.clean(error))


def _parsed(bundle: Unpacked) -> dict[str, Any]:
    """The plain params. UserError if they are no YAML; nothing is imported for it."""
    path = bundle.folder / PARAMS
    if PARAMS not in bundle.files or path.stat().st_size > LARGEST:
        raise UserError(f"{PARAMS} is missing or too large")
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{PARAMS}: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{PARAMS} is no mapping")
    return content


def _read_manifests(bundle: Unpacked, found: Found) -> None:
    """Read each manifest, and compare its list with the files that are there."""
    with_weights = any(PurePosixPath(name).name == WEIGHTS for name in bundle.files)
    listed: dict[str, Listed] = {}
    manifests = set[str]()
    for name in sorted(bundle.files):
        if (task := _task_of(PurePosixPath(name))) is None:
            continue
        manifests.add(name)
        read = manifest.read(bundle.folder / name, task.stage, task.target, "ganmatrix bundle")
        bundle.manifests[task] = read
        for seed, entry in read.entries.items():
            folder = bundle.layout.folder(task.stage, task.target, seed).relative_to(bundle.folder)
            for file, each in entry.files.items():
                if is_included(task.stage, file, with_weights):
                    listed[(folder / file).as_posix()] = each
    kept = {name: each for name, each in bundle.files.items() if _is_of_stage(name) and name not in manifests}
    there = {name: _as_listed(bundle, name, each) for name, each in kept.items()}
    found.problems += _differences("its manifest", listed, there)
    found.said.append(f"{len(manifests):,} manifests list {len(listed):,} of them")


def _unknown(bundle: Unpacked, plugins: Any) -> Iterator[str]:
    """A line for each file that is of no stage and that nothing here names."""
    named = plugins if isinstance(plugins, list) else []
    templates = [
        f"reports/templates/{task.target}.ipynb" for task in bundle.manifests if task.stage == "report"
    ]
    known = {LEDGER, ro_crate.NAME, PARAMS, ENVIRONMENT, CITATION, *templates, *map(str, named)}
    for name in sorted(bundle.files.keys() - known):
        if not _is_of_stage(name) and _task_of(PurePosixPath(name)) is None:
            yield f"{name} is no part of a bundle"
    for name in sorted(known - {CITATION} - bundle.files.keys()):
        yield f"{name} is missing"


def _as_listed(bundle: Unpacked, name: str, each: Listed) -> Listed:
    """What a manifest says of a file: of JSON, without times and hosts."""
    if not name.endswith(".json"):
        return each
    try:
        return manifest.listed(bundle.folder / name)
    except (ValueError, RecursionError):
        return Listed("", 0)


def _is_of_stage(name: str) -> bool:
    first, *rest = PurePosixPath(name).parts
    return first in ("data", "references", "cells", "transfers", "results", "reports") and rest[:1] != [
        "templates"
    ]


def _task_of(path: PurePosixPath) -> Task | None:
    """The task whose manifest has that name in a bundle; None if it is another file."""
    if path.suffix != ".json":
        return None
    match path.parts:
        case ("results.json",):
            return Task("assemble")
        case ("data", _):
            return Task("prepare", path.stem)
        case ("references", _):
            return Task("reference", path.stem)
        case ("transfers", _):
            return Task("transfer", path.stem)
        case ("reports", _):
            return Task("report", path.stem)
        case ("cells", cell, _) if path.stem in ("train", "evaluate", "probe"):
            return Task(path.stem, cell)
    return None


def _check_made_from(bundle: Unpacked, params: Params, found: Found) -> None:
    """Whether every stage of the grid is there, made from these params and from the others' files."""
    plan = RecordedPlan(params, bundle.layout, bundle.folder / "reports" / "templates")
    tasks = plan.tasks()
    problems: list[str] = []
    for task in tasks:
        for part in plan.parts(task):
            state = plan.state(task, part)
            if not state.is_current and state.because is None:
                whose = "" if part is None else f", seed {part}"
                why = "missing" if state.kind == "missing" else f"not made from these files: {state.reason}"
                problems.append(bundle.clean(UserError(f"{task}{whose} is {why}")))
    problems += [
        f"the manifest of {task} is of no stage of the grid" for task in bundle.manifests.keys() - {*tasks}
    ]
    found.problems += problems
    if not problems:
        own = Plan(params, bundle.layout, plan.templates)
        other = dict.fromkeys(
            task.stage for task in tasks if own.digest(task)["code"] != plan.digest(task)["code"]
        )
        bundle.same_rule = "assemble" not in other
        code = (
            f"other code than that of this ganmatrix in: {', '.join(other)}"
            if other
            else "the code of this ganmatrix"
        )
        found.said.append(
            f"{len(plan.cells) * len(plan.seeds):,} runs and all that follows were made from these params, "
            f"with {code}"
        )


def _check_results(bundle: Unpacked, found: Found) -> None:
    """Compare scores with the runs' files, and verdicts with the rule."""
    try:
        matrix, claims = (_table(bundle, f"results/{name}.parquet") for name in ("matrix", "claims"))
        found.problems += scores_not_measured(matrix, *_measured(bundle, matrix["run"].tolist()))
        if not found.problems:
            stated = _claims(bundle)
            found.problems += verdicts_not_following(
                matrix, claims, bundle.json("results/summary.json"), stated, bundle.params, bundle.same_rule
            )
    except UserError as error:
        found.problems.append(bundle.clean(error))
        return
    except Exception as error:  # Tables that a hostile author made fail in any way.
        found.problems.append(f"results/ cannot be compared with the rule ({type(error).__name__}: {error})")
        return
    if not found.problems:
        found.said.append(
            f"the scores of results/matrix.parquet are those of {len(matrix):,} runs, and the rule gives the "
            f"{len(stated):,} verdicts of results/claims.parquet from them"
        )


def _claims(bundle: Unpacked) -> Mapping[str, Claim]:
    """The claims of params.yaml, also if the rest needs plugins."""
    if bundle.params is not None:
        return bundle.params.claims
    stated = _parsed(bundle).get("claims") or {}
    return {name: Claim.model_validate(each) for name, each in stated.items()}


def _table(bundle: Unpacked, name: str) -> "pd.DataFrame":
    """A table of results. UserError if it states more values than are read."""
    path = bundle.folder / name
    stated = pq.read_metadata(path)
    if (values := stated.num_rows * stated.num_columns) > MOST_VALUES:
        raise UserError(f"{name} states {values:,} values; at most {MOST_VALUES:,} are read")
    return tables.unpack(path.read_bytes()).rows


def _measured(bundle: Unpacked, runs: list[str]) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What the runs' files state: entries by run and column, and the SHA-256 of weights by run.

    In the order of the grid, if it is known.
    """
    entries: dict[str, dict[str, Any]] = {}
    weights: dict[str, str] = {}
    for task, read in bundle.manifests.items():
        if task.stage == "train":
            for seed, entry in read.entries.items():
                weights[f"{task.target}-{seed}"] = entry.files[WEIGHTS].sha256
        for stage, name in (("evaluate", METRICS), ("probe", PROBES)):
            if task.stage == stage:
                for seed in read.entries:
                    folder = bundle.layout.folder(stage, task.target, seed).relative_to(bundle.folder)
                    content = bundle.json((folder / name).as_posix())
                    entries.setdefault(f"{task.target}-{seed}", {}).update(content["entries"])
    if bundle.params is not None:
        runs = [run.id for run in runs_of(bundle.params)]
    return {run: entries[run] for run in runs}, weights
