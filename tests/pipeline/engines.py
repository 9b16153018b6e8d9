"""The engines as a user runs them: real commands in a project of their own."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

HOME = Path(__file__).parents[2]
OUTPUTS = ("digests", "data", "references", "cells", "checksums", "transfers", "results")
CLEAN = "Data and pipelines are up to date."
NOTHING = "Nothing to be done"
MADE = 2 + 2 + 3 * 4 + 2 + 1 + 5
"""Stages of the smoke matrix of these tests: two datasets, four cells, five reports."""

DIGESTS = 8 + 1 + 2 + 2 + 2
"""Code of eight verbs; an architecture, two methods, two recipes, `evaluation` and `probes`."""

STAGES = MADE + DIGESTS

COMMAND = """#!{python}
import sys
from ganmatrix.cli import main
sys.argv[0] = "ganmatrix"
sys.exit(main())
"""

PLAN = """
import contextlib, json, os, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.enums import Quietness
from snakemake.settings.types import DAGSettings, OutputSettings, ResourceSettings

with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
    found = api.workflow(ResourceSettings(cores=1), snakefile=Path("Snakefile"))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        found.dag(DAGSettings(forceall=True)).summary()
    jobs = [
        {
            "rule": job.rule.name,
            "command": job.shellcmd,
            "inputs": sorted(map(str, job.input)),
            "outputs": sorted(map(str, job.output)),
            "keys": list(job.params.values),
            "code": job.params.code,
        }
        for job in found._workflow.dag.jobs
        if job.rule.name != "all"
    ]
print(json.dumps(jobs))
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and all it printed."""

    status: int
    text: str


@dataclass(frozen=True)
class Project:
    """A copy of the project in a git repository of its own; its code, not this one, is what runs."""

    root: Path

    def run(self, *command: str) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        return Ran(done.returncode, done.stdout)

    def succeed(self, *command: str) -> str:
        ran = self.run(*command)
        assert ran.status == 0, ran.text
        return ran.text

    def snakemake(self, *arguments: str) -> Ran:
        return self.run(sys.executable, "-m", "snakemake", *arguments)

    def dvc(self, *arguments: str) -> str:
        return self.succeed(sys.executable, "-m", "dvc", *arguments)

    def record(self) -> str:
        return self.succeed("ganmatrix", "record").strip()

    def adopt(self) -> str:
        return self.succeed("ganmatrix", "adopt").strip()

    def snakemake_has_nothing_to_do(self) -> bool:
        return NOTHING in self.succeed(sys.executable, "-m", "snakemake", "-n")

    def dvc_is_clean(self) -> bool:
        return CLEAN in self.dvc("status")

    def outdated_in_snakemake(self) -> set[str]:
        """What `snakemake -n` would do, as its job messages: `train digits-conventional-gan-0`."""
        listed = self.succeed(sys.executable, "-m", "snakemake", "-n")
        return set(re.findall(r"(?m)^Job \d+: (.+)$", listed))

    def outdated_in_dvc(self) -> set[str]:
        """What `dvc status` names, in the same words."""
        return {message(name) for name in json.loads(self.dvc("status", "--json"))}

    def snakemake_plan(self) -> list[dict[str, Any]]:
        """Every job of the whole DAG."""
        return json.loads(self.succeed(sys.executable, "-W", "ignore", "-c", PLAN).splitlines()[-1])

    def digests(self) -> dict[str, str]:
        """SHA-256 of every output."""
        raw = self.root / "data" / "raw"  # what git keeps there is no output
        files = [f for folder in OUTPUTS for f in (self.root / folder).rglob("*") if f.is_file()]
        files = [f for f in files if not f.is_relative_to(raw)]
        files += (self.root / "reports").glob("*.html")
        return {
            f.relative_to(self.root).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files
        }

    def delete_outputs(self) -> None:
        for folder in OUTPUTS:
            for child in (self.root / folder).iterdir():
                if child != self.root / "data" / "raw":
                    shutil.rmtree(child) if child.is_dir() else child.unlink()
        for page in (self.root / "reports").glob("*.html"):
            page.unlink()

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.root / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def copy(self, root: Path) -> "Project":
        """The same project elsewhere, with results, caches and times."""
        shutil.copytree(self.root, root, symlinks=True)
        return Project(root)

    def environment(self) -> dict[str, str]:
        """That of the user's shell, with this project's command and code first."""
        kept = {
            k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GIT_", "SNAKEMAKE_", "DVC_"))
        }
        path = os.pathsep.join([str(self.root / ".bin"), str(Path(sys.executable).parent), kept["PATH"]])
        return kept | {
            "PATH": path,
            "PYTHONPATH": str(self.root / "src"),
            "DVC_SITE_CACHE_DIR": str(self.root / ".dvc" / "tmp" / "site"),
            "XDG_CACHE_HOME": str(self.root / ".dvc" / "tmp" / "home"),
            "GANMATRIX_DEVICE": "cpu",
        }


def message(stage: str) -> str:
    """Snakemake's words for a stage of DVC: `train digits-conventional-gan-0`, `digest train`."""
    return stage.replace("digest-", "digest ").replace("@", " ")


def new_project(root: Path, params: str) -> Project:
    """The project's files, this params.yaml, and nothing made yet."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=HOME,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        # The lock of a matrix that was made here says nothing of the new project's.
        if not name.startswith(("tests/", "dvc.lock")) and (HOME / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, root / name)
    (root / "params.yaml").write_text(params)
    (root / ".bin").mkdir()
    command = root / ".bin" / "ganmatrix"
    command.write_text(COMMAND.format(python=sys.executable))
    command.chmod(0o755)
    project = Project(root)
    for arguments in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "start"],
    ):
        project.succeed("git", *arguments)
    return project


def smoke_params() -> str:
    """The smoke scale, smaller still: one seed, so four cells."""
    text = (HOME / "pipeline/scales/smoke.yaml").read_text()
    assert "seeds: [0, 1]" in text
    return text.replace("seeds: [0, 1]", "seeds: [0]").replace("generator_steps: 40", "generator_steps: 10")


def document(text: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(text)
