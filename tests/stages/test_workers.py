"""A job that was granted several cores makes several runs at once: the same bytes, and nothing is lost."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from helpers.processes import checkpoints, everything, lengthen, made, start, wait_until

CELL = "ring8-conventional-gan"


def _without_results(folder):
    shutil.rmtree(folder / "cells")


def _finished(folder):
    """The seeds whose runs are published."""
    return {int(path.stem) for path in (folder / f"cells/{CELL}/train").glob("[0-9]*.json")}


def _children(process):
    """The processes that a process has started and that still run."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [int(number) for number in text.split()]


def _alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def at_work(finished):
    """A job of three long runs on two cores, once both of its processes have saved a checkpoint."""
    _without_results(finished)
    path = finished / "params.yaml"
    path.write_text(path.read_text().replace("seeds: [0, 1]", "seeds: 3"))
    lengthen(finished, 300)
    process = start(
        finished, "train", CELL, "--checkpoint-seconds", "0.05", environment={"OMP_NUM_THREADS": "2"}
    )
    wait_until(lambda: checkpoints(finished, CELL, 0) and checkpoints(finished, CELL, 1), process)
    yield finished, process, _children(process)
    process.kill_group()


@pytest.fixture(scope="module")
def expected(finished_project, tmp_path_factory, carry_out):
    """What these runs end in, one after the other."""
    folder = tmp_path_factory.mktemp("alone") / "project"
    shutil.copytree(finished_project, folder)
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("seeds: [0, 1]", "seeds: 3"))
    lengthen(folder, 300)
    _without_results(folder)
    carry_out(folder, ("train", CELL))
    return made(folder, "cells")


def test_two_processes_make_the_same_bytes_as_one(finished, run, monkeypatch):
    path = finished / "params.yaml"
    path.write_text(path.read_text().replace("seeds: [0, 1]", "seeds: 3"))
    found = []
    for cores in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", cores)
        _without_results(finished)
        for verb in ("train", "evaluate", "probe"):
            ended = run(verb, CELL)
            assert ended.status == 0, ended.err
            assert ended.out == f"{verb} {CELL}: made seeds 0, 1, 2\n"
        found.append(made(finished, "cells"))
    assert found[0] == found[1]
    assert sum(name.endswith("weights.safetensors") for name in found[0]) == 3


def test_a_signal_to_the_job_alone_stops_all_its_processes(at_work, expected, run):
    folder, process, children = at_work
    assert len(children) == 2
    os.kill(process.pid, signal.SIGTERM)
    began = time.monotonic()
    out, err = process.communicate()
    assert time.monotonic() - began < 20
    assert process.returncode == 75, err
    assert out == ""
    assert err.splitlines()[-1].startswith(f"train {CELL}: stopped by SIGTERM at step ")
    assert err.splitlines()[-1].endswith("; checkpoint saved; the same command goes on")
    assert "Traceback" not in err
    assert not any(map(_alive, children))
    started = [seed for seed in range(3) if checkpoints(folder, CELL, seed)]
    assert len(started) == 2
    before = _finished(folder)
    ended = run("train", CELL)
    assert ended.status == 0
    assert ended.err.count(": resuming from step ") == 2
    assert all(f"{CELL}-{seed}: resuming from step" in ended.err for seed in started)
    assert not any(f"{CELL}-{seed}: " in ended.err for seed in before)
    assert made(folder, "cells") == expected


def test_a_signal_to_the_whole_group_is_heeded_once(at_work, expected, run):
    """As Ctrl-C sends it."""
    folder, process, children = at_work
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 75, err
    assert err.splitlines()[-1].startswith(f"train {CELL}: stopped by SIGINT at step ")
    assert "Traceback" not in err
    assert not any(map(_alive, children))
    assert run("train", CELL).err.count(": resuming from step ") == 2
    assert made(folder, "cells") == expected


def test_a_process_that_is_killed_costs_no_more_than_its_last_steps(at_work, expected, run):
    folder, process, children = at_work
    os.kill(children[1], signal.SIGKILL)
    out, err = process.communicate()
    assert process.returncode == 2
    assert out == ""
    assert err.splitlines()[-1].startswith(f"error: train {CELL}: a process ended with status -9 ")
    assert "what was finished is kept: run it again" in err.splitlines()[-1]
    assert _finished(folder) == {0, 2}, "the other process made its own"
    times = {path: path.stat().st_mtime_ns for path in (folder / f"cells/{CELL}/train").glob("*/*")}
    ended = run("train", CELL)
    assert ended.out == f"train {CELL}: made seed 1; 2 were up to date\n"
    assert f"{CELL}-1: resuming from step " in ended.err
    assert {path: path.stat().st_mtime_ns for path in times} == times
    assert made(folder, "cells") == expected


def test_a_job_that_is_killed_loses_nothing(at_work, expected, run):
    """What it has started may go on: the next waits for its locks."""
    folder, process, _ = at_work
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    ended = run("train", CELL)
    assert ended.status == 0, ended.err
    assert made(folder, "cells") == expected
    assert not [name for name in everything(folder / "scratch") if name.endswith(".ckpt")]


def test_what_is_wrong_in_one_process_is_one_line(finished, run, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    _without_results(finished)
    (finished / "scratch/train" / CELL).mkdir(parents=True, exist_ok=True)
    (finished / "scratch/train" / CELL / "1").touch()
    ended = run("train", CELL)
    assert ended.status == 2
    [line] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert f"scratch/train/{CELL}/1" in line
    assert "Not a directory" in line or "not a plain file" in line or "File exists" in line
    assert _finished(finished) == {0}


@pytest.mark.parametrize("seeds", ["2", "0,7", "-1", "a", "", "0,,1", "99999999999", "\u0661"])
def test_seeds_that_are_not_in_the_grid(seeds, finished, run):
    before = everything(finished)
    ended = run("train", CELL, f"--seeds={seeds}")
    assert ended.status == 2
    assert ended.err.startswith("error: --seeds ")
    assert ended.err.count("\n") == 1
    assert "such as 4,5" in ended.err or "not in grid.seeds; add it there first" in ended.err
    assert everything(finished) == before
