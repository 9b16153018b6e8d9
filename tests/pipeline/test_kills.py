"""An engine is killed again and again in the midst of the work, with all its jobs or alone; then it finishes.

A kill is SIGKILL, so nobody cleans up. Moments are drawn from a seed and printed. What is documented for the
restart (docs/engines.md) is all that is done in between.
"""

import contextlib
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from ganmatrix.store.layout import RUN
from helpers.engines import COMMAND, Project, new_project, smoke_params, write_command

pytestmark = pytest.mark.cluster

STEPS = 1000
"""Generator steps of a run that take some seconds."""

IN_TRAINING = 3
"""Kills that wait for a checkpoint, so that they meet a run in training however fast the machine is."""

EACH_WAY = {"snakemake": ("snakemake", "--cores", "2", "results.json"), "dvc": ("dvc", "repro", "assemble")}

IMPATIENT = """Path(".dvc/tmp").mkdir(exist_ok=True)
with open(".dvc/tmp/starts", "a") as starts:
    print(*sys.argv[1:], file=starts)
if sys.argv[1] == "train":
    sys.argv += ["--checkpoint-seconds", "0.5"]
sys.exit(main())
"""
"""Tells that it starts; `train` saves often."""


@dataclass
class Killed:
    """A project, what its engine is started with, and what was found on disk after each kill."""

    project: Project
    command: Sequence[str]
    steps: dict[str, int] = field(default_factory=dict)
    """The newest checkpoint of each run."""
    met: int = 0
    """Kills that met a run in training."""

    def attempt(self, seconds: float = math.inf, saved: bool = False, alone: bool = False) -> tuple[int, str]:
        """Start the engine. Kill it so long after its first job began or, if `saved`, once a run is saved."""
        root = self.project.root
        log, before, known = root / ".dvc" / "tmp" / "attempt", self.starts(), self.checkpoints()
        log.parent.mkdir(exist_ok=True)
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=root,
                env=self.project.environment(),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
            began, deadline = math.inf, time.monotonic() + 1800
            while process.poll() is None:
                now = time.monotonic()
                assert now < deadline, log.read_text()
                # From the first job on, so that kills meet jobs, not start-up, on a busy machine too.
                if began == math.inf and self.starts() > before:
                    began = now
                if now - began >= seconds or (saved and self.checkpoints() - known):
                    self.kill(process, alone)
                    process.wait()
                time.sleep(0.02)
        return process.returncode, log.read_text()

    def checkpoints(self) -> set[Path]:
        """Those of runs in training."""
        return set((self.project.root / "scratch" / "train").glob("*/*/step-*.ckpt"))

    def starts(self) -> int:
        """Verbs that were started."""
        path = self.project.root / ".dvc" / "tmp" / "starts"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def kill(self, engine: "subprocess.Popen[bytes]", alone: bool) -> None:
        """Kill it, or all that runs here; then note the checkpoints that are left."""
        if alone:
            engine.kill()
            return
        os.killpg(engine.pid, signal.SIGKILL)
        # The jobs of an engine that was killed alone before went on.
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cwd() == str(self.project.root):
                    process.kill()
        found = {"-".join(path.parts[-3:-1]): int(path.name[5:14]) for path in sorted(self.checkpoints())}
        self.met += bool(found)
        self.steps |= found

    def restarted(self, **how: Any) -> tuple[int, str]:
        """`attempt`, after what a kill may ask for."""
        status, text = self.attempt(**how)
        if "Directory cannot be locked" in text:
            assert "--unlock" in text
            self.project.succeed(sys.executable, "-m", "snakemake", "--unlock")
        elif "dvc.lock" in text and status == 255:
            (self.project.root / "dvc.lock").unlink()
        elif "JSON structure is corrupted" in text:
            (self.project.root / ".dvc/tmp/rwlock").unlink()
        else:
            return status, text
        return self.attempt(**how)


def long_project(root: Path) -> Project:
    text = smoke_params().replace("generator_steps: 10", f"generator_steps: {STEPS}")
    project = new_project(root, text.replace("datasets: [ring8, digits]", "datasets: [ring8]"))
    write_command(
        root, COMMAND.replace("sys.exit(main())\n", IMPATIENT.replace("{", "{{").replace("}", "}}"))
    )
    return project


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The matrix in one go."""
    project = long_project(tmp_path_factory.mktemp("untouched") / "project")
    ran = project.snakemake("--cores", "2", "results.json")
    assert ran.status == 0, ran.text
    return project


@pytest.mark.parametrize(("engine", "kills"), [("snakemake", 7), ("dvc", 7)])
def test_an_engine_killed_often(engine: str, kills: int, untouched: Project, tmp_path: Path) -> None:
    project = long_project(tmp_path / "project")
    project.dvc("repro", "digest", "prepare", "reference")  # So that the moments fall into the matrix itself.
    killed = Killed(project, EACH_WAY[engine])
    dice = random.Random(engine)
    for number in range(kills):
        how = (
            {"saved": True}
            if number < IN_TRAINING
            else {"seconds": dice.uniform(0, 7), "alone": dice.random() < 0.3}
        )
        status, text = killed.restarted(**how)
        sys.stdout.write(f"kill {number + 1}, {how}: {len(project.published())} made\n")
        assert status in (-signal.SIGKILL, 0), text
    began = time.monotonic()
    status, text = killed.restarted()
    sys.stdout.write(f"then to the end in {time.monotonic() - began:.0f} s\n")
    assert status == 0, text
    published = project.published()
    assert len(published) == len(set(published)), "something that was finished was made again"
    assert project.made() == untouched.made()
    assert killed.met >= IN_TRAINING
    for run, step in killed.steps.items():
        cell, _, seed = run.rpartition("-")
        record = json.loads((project.layout.folder("train", cell, int(seed)) / RUN).read_text())
        assert record["this_run"]["resumed_from_step"] >= step
    left = [path for path in (project.root / "scratch").rglob("*") if path.is_file()]
    assert [path for path in left if path.parent.name != "locks"] == []
    assert [path for path in project.root.glob("cells/*/.*") if path.suffix in (".new", ".old")] == []
    for other in EACH_WAY.values():
        assert project.made_by(*other) == []
    assert project.states("--files") == {
        f"report {path.stem}" for path in project.root.glob("reports/*/*.ipynb")
    }


@pytest.mark.parametrize("left", [0, 0.6])
def test_a_torn_dvc_lock_is_explained_and_costs_nothing(made: Project, left: float) -> None:
    """As DVC leaves it that was killed while it wrote: its beginning, wherever that ends."""
    lock, before = made.root / "dvc.lock", made.digests()
    text = lock.read_text()
    lock.write_text(text[: int(left * len(text))] + ("\n  bad: [" if left else ""))
    ran = made.run("ganmatrix", "record")
    assert ran.status == 2
    assert ran.text.count("\n") == 1
    assert "remove it (or `git checkout dvc.lock`) and repeat this" in ran.text
    ran = made.run(sys.executable, "-m", "dvc", "repro")
    assert ran.status == 255
    assert "dvc.lock" in ran.text
    lock.unlink()
    made.record()
    assert lock.read_text() == text
    assert made.made_by("dvc", "repro") == []
    assert made.digests() == before
