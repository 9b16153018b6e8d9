"""What `record` and `adopt` share: Snakemake's view of the stages, and DVC's graph of them."""

import contextlib
import copy
import functools
import re
import sqlite3
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dvc.dependency import param
from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.rwlock import RWLockFileCorruptedError, RWLockFileFormatError
from dvc.utils.strictyaml import YAMLSyntaxError, YAMLValidationError

from ganmatrix.errors import UserError

RECORDED = Path("params.yaml")
"""The params file that dvc.yaml is templated on."""

DVC_ERRORS = (DvcException, OSError, sqlite3.Error)
"""What DVC raises: its own, and those of a disk that is full or read-only, also through its database."""


def explain(error: Exception) -> str:
    """DVC's problem in one line, with the mend for files that it writes in place and a kill can tear."""
    problem = " ".join(str(error).split())
    if isinstance(error, (YAMLSyntaxError, YAMLValidationError)) and "dvc.lock" in problem:
        return (
            f"{problem} A kill while it is written can do that. Remove it (or `git checkout dvc.lock`) "
            "and repeat the command; `dvc repro` finds what it has made in its cache of runs"
        )
    if isinstance(error, (RWLockFileCorruptedError, RWLockFileFormatError)):
        return f"{problem} A kill while it is written can do that. Remove it if neither engine runs here"
    return problem


def recorded(params: Path) -> bool:
    """Whether DVC knows of results of this params file."""
    return params.resolve() == RECORDED.resolve()


def snakemake(*options: str) -> str:
    """What Snakemake prints. UserError with its last line if it fails."""
    command = [sys.executable, "-m", "snakemake", *options, "--nolock", "--quiet", "all"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    if done.returncode != 0:
        said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        problems = [line for line in said if re.search(r"[Ee]rror\b|Errno", line)] or said
        last = problems[-1] if problems else f"exit status {done.returncode}"
        raise UserError(f"`snakemake {options[0]}` failed: {last}")
    return done.stdout


def up_to_date(summary: str) -> dict[str, bool]:
    """From the table of `snakemake --summary`: DVC's stage names, and whether all outputs are good.

    An output without a log in Snakemake's own notes was not made by it. Of such a file it knows
    neither params nor code and calls it good whatever they are; here it is not.
    """
    lines = [line.split("\t") for line in summary.splitlines() if "\t" in line]
    header, rows = lines[0], lines[1:]
    stages: dict[str, bool] = {}
    for row in rows:
        fields = dict(zip(header, row, strict=True))
        if fields["rule"] == "all":
            continue
        name = stage_name(fields["rule"], Path(fields["output_file"]))
        known = fields["log-file(s)"] != "-"
        good = known and fields["status"] == "ok" and fields["plan"] == "no update"
        stages[name] = stages.get(name, True) and good
    return stages


def reads(repo: Repo) -> dict[str, set[str]]:
    """For each stage those that it reads from, as dvc.yaml says."""
    graph = repo.index.graph
    return {stage.addressing: {other.addressing for other in graph.successors(stage)} for stage in graph}


def closed(good: Collection[str], read: Mapping[str, set[str]]) -> set[str]:
    """Those good stages that were made from good ones only.

    Snakemake does not mind a file that is gone when all that was made from it is there; DVC does.
    """
    kept = set(good)
    while spoilt := {name for name in kept if not read[name] <= kept}:
        kept -= spoilt
    return kept


DIGEST = "digest-"


def digest_name(what: str) -> str:
    """DVC's name of the stage that notes a stage's code or a key's value: `digest-methods@gan`."""
    return DIGEST + what.replace(".", "@")


def stage_name(rule: str, output: Path) -> str:
    """DVC's name of the stage that makes this file, such as `train@digits-conventional-gan-0`."""
    if rule == "assemble":
        return rule
    named_by_file = rule in ("report", "transfer") or output.suffix == ".sha256"
    return f"{rule}@{output.stem if named_by_file else output.parent.name}"


@contextlib.contextmanager
def params_read_once() -> Iterator[None]:
    """Have DVC parse params.yaml once instead of three times for each stage, a twentieth of a second each.

    Where another version of DVC reads it by other means, this changes nothing.
    """
    parse = getattr(param, "load_path", None)
    if parse is None:
        yield
        return
    read = functools.cache(parse)
    # Copies, since dvc.lock would name an object that stages share once, and refer to it in the others.
    param.load_path = lambda *path: copy.deepcopy(read(*path))
    try:
        yield
    finally:
        param.load_path = parse
