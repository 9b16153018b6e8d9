"""The engines as a user runs them: real commands in a project of their own."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganmatrix.store.layout import Layout
from helpers.processes import start

HOME = Path(__file__).parents[2]
REPORTS = sorted(path.stem for path in (HOME / "reports/templates").glob("*.ipynb"))
OUTPUTS = ("digests", "data", "references", "cells", "transfers", "results")
ENGINES = ("snakemake", "dvc")
USER = ("-c", "user.name=test", "-c", "user.email=test@localhost")
CLEAN = "Data and pipelines are up to date."
NOTHING = "Nothing to be done"
STAGES = 2 + 2 + 3 * 4 + 2 + 1 + len(REPORTS)
"""Stages of the smoke matrix of these tests: two datasets, four cells, the reports."""

COMMAND = """#!{python}
# The real command; a journal tells what it publishes, and a file for each of these which modules it took.
import sys
from pathlib import Path

from ganmatrix.cli import main
from ganmatrix.store.publishing import Publication

def noted(self, *arguments, publish=Publication.publish):
    publish(self, *arguments)
    notes = Path(".dvc/tmp/made")
    notes.mkdir(parents=True, exist_ok=True)
    loaded = (name for name in list(sys.modules) if name.startswith("ganmatrix."))
    (notes / str(self.manifest).replace("/", "+")).write_text(" ".join(loaded))
    with (notes / "journal").open("a") as journal:
        print(self.manifest, file=journal)

Publication.publish = noted
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
            "kept": all("update" in output.flags for output in job.output),
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

    @property
    def layout(self) -> Layout:
        """Where its artifacts lie."""
        return Layout(self.root)

    def run(self, *command: str) -> Ran:
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        return Ran(done.returncode, done.stdout)

    def succeed(self, *command: str) -> str:
        ran = self.run(*command)
        assert ran.status == 0, ran.text
        return ran.text

    def snakemake(self, *arguments: str) -> Ran:
        return self.run(sys.executable, "-m", "snakemake", *arguments)

    def snakemake_here(self, *arguments: str) -> Ran:
        """The same in a copy of this process, which has imported Snakemake, for what starts no job."""
        from snakemake.cli import main

        environment = self.environment()

        def begin() -> None:
            warnings.resetwarnings()
            os.environ.clear()
            os.environ.update(environment)
            sys.path.insert(0, environment["PYTHONPATH"])
            for name in [each for each in sys.modules if each.partition(".")[0] == "ganmatrix"]:
                del sys.modules[name]

        process = start(self.root, *arguments, first=begin, program=main)
        said = "".join(process.communicate())
        return Ran(process.returncode, said)

    def dvc(self, *arguments: str) -> str:
        return self.succeed(sys.executable, "-m", "dvc", *arguments)

    def record(self) -> str:
        return self.succeed("ganmatrix", "record").strip()

    def commit(self, message: str = "recorded") -> None:
        """Commit all to git."""
        self.succeed("git", "add", "--all")
        self.succeed("git", *USER, "commit", "--quiet", "--message", message)

    def clone(self, folder: Path) -> "Project":
        self.succeed("git", "clone", "--quiet", str(self.root), str(folder))
        return Project(folder)

    def published(self) -> list[str]:
        """What the verbs have made here so far, one manifest or note of a seed after the other."""
        journal = self.root / ".dvc" / "tmp" / "made" / "journal"
        return journal.read_text().splitlines() if journal.exists() else []

    def modules_of(self, manifest: str) -> set[str]:
        """The modules of the package that were loaded when this was published."""
        return set((self.root / ".dvc" / "tmp" / "made" / manifest.replace("/", "+")).read_text().split())

    def made_by(self, *command: str) -> list[str]:
        """What a command makes, which ends well, sorted. It is run as a module if it is an engine."""
        before = len(self.published())
        self.succeed(*((sys.executable, "-m") if command[0] in ENGINES else ()), *command)
        return sorted(self.published()[before:])

    def states(self, *arguments: str) -> set[str]:
        """What `ganmatrix status` says is not current, as Snakemake's job messages."""
        rows = json.loads(self.succeed("ganmatrix", "status", "--json", *arguments))
        return {f"{row['stage']} {row['target']}".strip() for row in rows if row["state"] != "current"}

    def snakemake_has_nothing_to_do(self) -> bool:
        return NOTHING in self.succeed(sys.executable, "-m", "snakemake", "-n")

    def dvc_is_clean(self) -> bool:
        return CLEAN in self.dvc("status")

    def outdated_in_snakemake(self) -> set[str]:
        """What `snakemake -n` would ask, as its job messages: `train digits-conventional-gan`."""
        listed = self.succeed(sys.executable, "-m", "snakemake", "-n")
        return set(re.findall(r"(?m)^Job \d+: (.+)$", listed))

    def outdated_in_dvc(self) -> set[str]:
        """What `dvc status` names, in the same words."""
        return {name.replace("@", " ") for name in json.loads(self.dvc("status", "--json"))}

    def snakemake_plan(self) -> list[dict[str, Any]]:
        """Every job of the whole DAG."""
        return json.loads(self.succeed(sys.executable, "-W", "ignore", "-c", PLAN).splitlines()[-1])

    def digests(self) -> dict[str, str]:
        """SHA-256 of every output: the bytes on disk."""
        return {name: _digest((self.root / name).read_bytes()) for name in self._outputs()}

    def made(self) -> dict[str, str]:
        """SHA-256 of what is made again to the same bytes, manifests included.

        That is all but `this_run` of each run.json, and results and reports, which show the times in it.
        """
        names = [name for name in self._outputs() if not name.startswith(("results", "reports"))]
        return {name: _digest(_repeatable(self.root / name)) for name in names}

    def _outputs(self) -> list[str]:
        raw = self.root / "data" / "raw"  # what git keeps there is no output
        files = [f for folder in OUTPUTS for f in (self.root / folder).rglob("*") if f.is_file()]
        files = [f for f in files if not f.is_relative_to(raw)]
        files += [*self.root.glob("results.json"), *(self.root / "reports").glob("*.[hj]*")]
        return sorted(f.relative_to(self.root).as_posix() for f in files)

    def delete_outputs(self) -> None:
        for name in self._outputs():
            (self.root / name).unlink()
        for folder in OUTPUTS:
            for child in (self.root / folder).iterdir():
                if child.name != "raw":
                    shutil.rmtree(child)

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
        left_out = ("OMP_", "GIT_", "SNAKEMAKE_", "DVC_", "GANMATRIX_", "PYTHONDONTWRITEBYTECODE")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(left_out)}
        path = os.pathsep.join([str(self.root / ".bin"), str(Path(sys.executable).parent), kept["PATH"]])
        return kept | {
            "PATH": path,
            "PYTHONPATH": str(self.root / "src"),
            "DVC_SITE_CACHE_DIR": str(self.root / ".dvc" / "tmp" / "site"),
            "XDG_CACHE_HOME": str(self.root / ".dvc" / "tmp" / "home"),
            "GANMATRIX_DEVICE": "cpu",
        }


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
    write_command(root, COMMAND)
    project = Project(root)
    project.succeed("git", "init", "--quiet")
    project.commit("start")
    return project


def write_command(root: Path, text: str) -> None:
    """Have this as the project's command `ganmatrix`."""
    command = root / ".bin" / "ganmatrix"
    command.write_text(text.format(python=sys.executable))
    command.chmod(0o755)


def smoke_params(seeds: str = "[0, 1]") -> str:
    """The smoke scale, smaller still."""
    text = (HOME / "pipeline/scales/smoke.yaml").read_text()
    assert "seeds: [0, 1]" in text
    return text.replace("seeds: [0, 1]", f"seeds: {seeds}").replace(
        "generator_steps: 40", "generator_steps: 10"
    )


def small_params() -> str:
    """A grid of more cells, for what does not run."""
    return (HOME / "tests" / "small.yaml").read_text()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _repeatable(path: Path) -> bytes:
    """A file's bytes, those of a run record without what another run would not repeat."""
    if path.name != "run.json":
        return path.read_bytes()
    content = json.loads(path.read_text())
    return json.dumps(
        {key: value for key, value in content.items() if not key.startswith("this_run")}
    ).encode()
