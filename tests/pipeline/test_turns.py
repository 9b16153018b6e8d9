"""Two engines at once: the second is told so before it touches a file, and how to go on."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import Project, new_project, smoke_params

from ganmatrix.stages import turns

CELL, OTHER = "ring8-conventional-gan-0", "ring8-conventional-as_gan-0"


def hold(project: Project, pid: int) -> None:
    """As `dvc repro` notes what it writes."""
    holder = {"pid": pid, "cmd": "dvc repro"}
    (project.root / ".dvc/tmp/rwlock").write_text(
        json.dumps({"write": {str(project.root / "cells" / CELL / "run.json"): holder}})
    )


def test_snakemake_waits_for_dvc_that_lives_and_not_for_one_that_is_dead(made: Project) -> None:
    page = made.root / "reports" / "index.html"
    page.unlink()
    before = made.digests()
    hold(made, os.getpid())
    ran = made.snakemake("--cores", "1", "reports/index.html")
    assert ran.status == 2
    (line,) = [line for line in ran.text.splitlines() if line.startswith("error: ")]
    assert line == (
        f"error: DVC is at work here (PID {os.getpid()}): dvc repro; nothing was started: "
        "when it has ended, repeat this command"
    )
    assert "Traceback" not in ran.text
    assert made.digests() == before
    assert not list((made.root / ".snakemake" / "locks").glob("*"))
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    hold(made, gone.pid)
    assert made.snakemake("--cores", "1", "reports/index.html").status == 0
    assert page.exists()
    lock = made.root / ".dvc/tmp/rwlock"
    page.unlink()
    lock.write_text("")
    ran = made.snakemake("--cores", "1", "reports/index.html")
    assert ran.status == 2
    assert "Traceback" not in ran.text
    assert (
        "JSON structure is corrupted A kill while it is written can do that. Remove it if neither" in ran.text
    )
    lock.unlink()
    assert made.snakemake("--cores", "1", "reports/index.html").status == 0


def test_params_edited_while_snakemake_runs(made: Project) -> None:
    """The job that has begun is of the values as planned; the next makes nothing of others."""
    cells, digests = [f"cells/{cell}/metrics.json" for cell in (CELL, OTHER)], made.digests()
    for path in cells:
        (made.root / path).unlink()
    command, params = made.root / ".bin" / "ganmatrix", made.root / "params.yaml"
    before = params.read_text()
    after = before.replace("points: {samples: 500}", "points: {samples: 400}")
    assert after != before
    run = command.read_text()
    command.write_text(
        run.replace(
            "sys.exit(main())",
            "import atexit\n"
            f"atexit.register(lambda: open('params.yaml', 'w').write({after!r}))\n"
            "sys.exit(main())",
        )
    )
    ran = made.snakemake("--cores", "1", "--keep-going", *cells)
    assert ran.status == 1
    assert "error: evaluation changed after this run was planned, so nothing was made" in ran.text
    params.write_text(before)
    command.write_text(run)
    assert [(made.root / path).exists() for path in cells].count(True) == 1
    assert made.snakemake("--cores", "1", *cells).status == 0
    assert made.digests() == digests
    assert made.dvc_is_clean()


def test_a_hold_that_another_machine_took_for_dead_is_told_and_the_run_recorded(made: Project) -> None:
    (made.root / "reports" / "index.html").unlink()
    command = made.root / ".bin" / "ganmatrix"
    command.write_text(
        command.read_text().replace(
            "sys.exit(main())", "open('.dvc/tmp/rwlock', 'w').write('{}')\nsys.exit(main())"
        )
    )
    ran = made.snakemake("--cores", "1", "reports/index.html")
    assert ran.status == 0, ran.text
    assert "note: DVC's lock on these files was removed while Snakemake ran" in ran.text
    assert " stages in DVC" in ran.text


@contextlib.contextmanager
def started(project: Project, *command: str) -> Iterator["subprocess.Popen[str]"]:
    """A command at work; ended with the block, if it has not by itself."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def wait_for_training(project: Project, engine: "subprocess.Popen[str]", cell: str) -> None:
    deadline = time.monotonic() + 120
    while not (project.root / "scratch" / f"{cell}.lock").exists():
        assert engine.poll() is None, engine.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.cluster
def test_two_real_engines(tmp_path: Path) -> None:
    text = smoke_params().replace("generator_steps: 10", "generator_steps: 8000")
    project = new_project(tmp_path / "project", text)
    run = f"cells/{CELL}/run.json"

    with started(project, "snakemake", "--cores", "1", run) as first:
        wait_for_training(project, first, CELL)
        busy = f"(PID {first.pid}): {turns.COMMAND}"
        second = project.run(sys.executable, "-m", "dvc", "repro", f"train@{CELL}")
        assert second.status != 0
        assert busy in second.text
        for verb in ("record", "adopt"):
            second = project.run("ganmatrix", verb)
            assert (second.status, second.text.count("\n")) == (2, 1), second.text
            assert busy in second.text
        second = project.snakemake("--cores", "1", run)
        assert second.status != 0
        assert "Directory cannot be locked" in second.text
        assert "It can be removed with the --unlock argument" in second.text
        printed, _ = first.communicate(timeout=600)
        assert first.returncode == 0, printed
        assert "in DVC; " in printed
    made = project.digests()
    assert json.loads((project.root / run).read_text())["this_run"]["resumed_from_step"] == 0

    with started(project, "dvc", "repro", f"train@{OTHER}") as first:
        wait_for_training(project, first, OTHER)
        second = project.snakemake("--cores", "1", run.replace(CELL, OTHER))
        assert second.status == 2
        assert re.search(
            rf"(?m)^error: DVC is at work here \(PID {first.pid}\): .* repro train@", second.text
        )
        second = project.run(sys.executable, "-m", "dvc", "repro", f"train@{OTHER}")
        assert second.status != 0
        assert f"(PID {first.pid}): " in second.text
        before = project.digests()
        project.replace("params.yaml", "epsilon: 1/255", "epsilon: 64/255")
        second = project.run("ganmatrix", "record")
        assert (second.status, second.text.count("\n")) == (2, 1), second.text
        assert f"(PID {first.pid}): " in second.text
        assert project.digests() == before
        project.replace("params.yaml", "epsilon: 64/255", "epsilon: 1/255")
        printed, _ = first.communicate(timeout=600)
        assert first.returncode == 0, printed
    assert made.items() <= project.digests().items()
    project.adopt()
    assert project.snakemake("-n", run, run.replace(CELL, OTHER)).text.count("Nothing to be done") == 1
