"""An engine is killed with all its jobs, again and again, in the midst of the matrix; then it finishes.

A kill is SIGKILL to the process group, so nobody cleans up. Moments are drawn from a seed and printed.
What is documented for the restart (docs/engines.md) is all that is done in between.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from engines import STAGES, Project, new_project, smoke_params

pytestmark = pytest.mark.cluster

STEPS = 600
"""Generator steps of a cell that take some seconds: two on points, eight on images."""

COMMAND = """#!{python}
# The real command; `train` saves every second, and a journal says what each start found and reached.
import json, os, sys
from pathlib import Path

from ganmatrix.cli import main

def note(event, **more):
    with open("journal", "a") as journal:
        journal.write(json.dumps({{"event": event, "argv": sys.argv[1:3], **more}}) + "\\n")
        journal.flush()
        os.fsync(journal.fileno())

sys.argv[0] = "ganmatrix"
if sys.argv[1] == "train":
    found = [int(path.name[5:14]) for path in Path("scratch", sys.argv[2]).glob("step-*.ckpt")]
    note("start", step=max(found, default=0))
    sys.argv += ["--checkpoint-seconds", "0.5"]
else:
    note("start")
try:
    main()
except SystemExit as stop:
    if not stop.code:
        note("end")
    raise
"""


@dataclass(frozen=True)
class Attempt:
    """A start of the engine, to its end or until it is killed so long after its first job began."""

    status: int
    text: str


def journalling(project: Project) -> Project:
    command = project.root / ".bin" / "ganmatrix"
    command.write_text(COMMAND.format(python=sys.executable))
    return project


def attempt(project: Project, *command: str, seconds: float | None = None) -> Attempt:
    log, before = project.root / ".attempt", len(journal(project))
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=project.root,
            env=project.environment(),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        if seconds is None:
            process.wait(1800)
        else:
            # From the first job on, so that kills meet jobs, not start-up, on a busy machine too.
            deadline = time.monotonic() + 300
            while process.poll() is None and len(journal(project)) == before:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            time.sleep(seconds)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return Attempt(process.returncode, log.read_text())


def journal(project: Project) -> list[dict]:
    if not (project.root / "journal").exists():
        return []
    return [json.loads(line) for line in (project.root / "journal").read_text().splitlines()]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The matrix in one go."""
    text = smoke_params().replace("generator_steps: 10", f"generator_steps: {STEPS}")
    project = journalling(new_project(tmp_path_factory.mktemp("untouched") / "project", text))
    ended = attempt(project, "snakemake", "--cores", "2")
    assert ended.status == 0, ended.text
    return project


@pytest.fixture
def fresh(untouched: Project, tmp_path: Path) -> Project:
    untouched.succeed("git", "clone", "--quiet", str(untouched.root), str(tmp_path / "project"))
    return journalling(Project(tmp_path / "project"))


def same_bytes(project: Project) -> dict[str, str]:
    """All but what carries times: run records, and the tables and pages that repeat them."""
    timed = ("run.json", ".html", ".parquet", ".csv", ".tex", "summary.json", "results/metrics.json")
    kept = ("history.parquet", "transfers/ring8.parquet", "transfers/digits.parquet")
    return {
        name: digest
        for name, digest in project.digests().items()
        if not name.endswith(timed) or (name.endswith(kept) and not name.startswith("results/"))
    }


def check_nothing_was_lost(project: Project) -> None:
    """No start of a cell found less than an earlier one; a finished cell was never trained again."""
    reached: dict[str, int] = {}
    noted: set[str] = set()
    for line in journal(project):
        verb, name = (*line["argv"], "")[:2]
        if verb == "evaluate" and line["event"] == "start":
            noted.add(name)  # The engine starts it once it has taken note of the training.
        if verb == "train" and line["event"] == "start":
            assert name not in noted, f"{name} was trained, noted and trained again"
            assert line["step"] >= reached.get(name, 0), line
            reached[name] = line["step"]
        if verb == "train" and line["event"] == "end":
            reached[name] = STEPS
    assert len(noted) == 4
    assert interrupted(project) >= 2
    for name in noted:
        record = json.loads((project.root / "cells" / name / "run.json").read_text())
        starts = [line for line in journal(project) if line["argv"] == ["train", name] and "step" in line]
        assert record["this_run"]["resumed_from_step"] == starts[-1]["step"]


def interrupted(project: Project) -> int:
    """How many trainings a kill met: those that began and neither ended nor were still to begin."""
    trained = [line["event"] for line in journal(project) if line["argv"][0] == "train"]
    return trained.count("start") - trained.count("end")


def kill_often(
    project: Project, kills: int, dice: random.Random, start: Callable[[float | None], Attempt]
) -> Attempt:
    # Data and digests are made before, so that the moments fall into the matrix itself.
    stages = project.dvc("stage", "list", "--name-only").split()
    project.dvc("repro", *(name for name in stages if name.startswith(("digest-", "prepare@", "reference@"))))
    project.adopt()
    for number in range(kills):
        seconds = dice.uniform(0, 8)
        ended = start(seconds)
        done = len([line for line in journal(project) if line["event"] == "end"]) if number else 0
        sys.stdout.write(f"kill {number + 1} after {seconds:.1f} s: {ended.status}, {done} jobs ended\n")
        assert ended.status == -signal.SIGKILL, ended.text
    began = time.monotonic()
    ended = start(None)
    sys.stdout.write(f"then to the end in {time.monotonic() - began:.0f} s\n")
    return ended


def test_snakemake_killed_ten_times(untouched: Project, fresh: Project) -> None:
    messages = []

    def start(seconds: float | None) -> Attempt:
        ended = attempt(fresh, "snakemake", "--cores", "2", seconds=seconds)
        if "Directory cannot be locked" in ended.text:
            messages.append(ended.text)
            fresh.succeed(sys.executable, "-m", "snakemake", "--unlock")
            ended = attempt(fresh, "snakemake", "--cores", "2", seconds=seconds)
        return ended

    ended = kill_often(fresh, 10, random.Random(0), start)
    assert ended.status == 0, ended.text
    assert len(messages) >= 5
    assert all("It can be removed with the --unlock argument" in text for text in messages)
    assert f"recorded {STAGES} stages in DVC" in ended.text
    assert same_bytes(fresh) == same_bytes(untouched)
    check_nothing_was_lost(fresh)
    assert not list((fresh.root / ".snakemake" / "locks").glob("*"))
    assert list((fresh.root / "scratch").iterdir()) == []
    assert fresh.snakemake_has_nothing_to_do()
    assert fresh.dvc_is_clean()


def torn(ended: Attempt) -> bool:
    """Whether DVC could not read its dvc.lock."""
    lines = (
        "dvc.lock' validation failed",
        "'dvc.lock', YAML file structure is corrupted",
        "dvc.lock' is invalid",
    )
    return ended.status == 255 and any(line in ended.text for line in lines)


@pytest.mark.parametrize("left", [0, 0.3, 0.6, 0.95])
def test_a_torn_dvc_lock_is_explained_and_costs_nothing(
    untouched: Project, tmp_path: Path, left: float
) -> None:
    """As DVC leaves it that was killed while it wrote: its beginning, wherever that ends."""
    project = untouched.copy(tmp_path / "project")
    lock, before = project.root / "dvc.lock", project.digests()
    text = lock.read_text()
    lock.write_text(text[: int(left * len(text))] + ("\n  bad: [" if left else ""))
    (project.root / "journal").unlink()
    for verb in ("record", "adopt"):
        ran = project.run("ganmatrix", verb)
        assert ran.status == 2
        assert "Remove it (or `git checkout dvc.lock`) and repeat the command" in ran.text
    assert torn(attempt(project, "dvc", "repro"))
    lock.unlink()
    assert attempt(project, "dvc", "repro").status == 0
    assert not [line for line in journal(project) if line["argv"][0] in ("train", "evaluate", "probe")]
    assert project.digests() == before
    assert project.dvc_is_clean()


def test_dvc_killed_five_times(untouched: Project, fresh: Project) -> None:
    """DVC finds by itself that the holder of a lock is dead, but may leave dvc.lock torn."""

    def start(seconds: float | None) -> Attempt:
        ended = attempt(fresh, "dvc", "repro", seconds=seconds)
        if torn(ended):
            (fresh.root / "dvc.lock").unlink()
            ended = attempt(fresh, "dvc", "repro", seconds=seconds)
        return ended

    ended = kill_often(fresh, 5, random.Random(1), start)
    assert ended.status == 0, ended.text
    assert same_bytes(fresh) == same_bytes(untouched)
    check_nothing_was_lost(fresh)
    # Dead readers may stay noted, of files that no stage writes: nobody is blocked, so DVC never looks.
    noted = json.loads((fresh.root / ".dvc/tmp/rwlock").read_text())
    assert not noted.get("write")
    assert {Path(path).name for path in noted.get("read", {})} <= {"params.yaml"}
    readers = {each["pid"] for those in noted.get("read", {}).values() for each in those}
    assert not any(psutil.pid_exists(pid) for pid in readers)
    assert list((fresh.root / "scratch").iterdir()) == []
    assert fresh.dvc_is_clean()
    fresh.adopt()
    assert fresh.snakemake_has_nothing_to_do()
