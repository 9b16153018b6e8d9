"""Two commands that make the same at once: one makes it, the other waits and says for whom."""

import importlib
import json
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from helpers.processes import made, start, wait_until

CELL = "ring8-conventional-gan"


def _slow(folder, verb, target, *options):
    """A command whose work begins when it is told to."""

    def slow_down():
        module = importlib.import_module(f"ganmatrix.stages.{verb}")

        def into(*arguments, original=module.into, **more):
            Path("begun").touch()
            while not Path("go").exists():
                time.sleep(0.01)
            return original(*arguments, **more)

        module.into = into

    process = start(folder, verb, target, *options, first=slow_down)
    wait_until((folder / "begun").exists, process)
    return process


@pytest.mark.parametrize(
    ("verb", "target", "options", "what"),
    [
        ("prepare", "digits", (), "data/digits"),
        ("reference", "ring8", (), "references/ring8"),
        ("train", CELL, ("--seeds", "1"), f"cells/{CELL}/train"),
        ("evaluate", CELL, ("--seeds", "1"), f"cells/{CELL}/evaluate"),
    ],
)
def test_one_makes_it_and_the_other_waits(verb, target, options, what, finished):
    folder = finished / what
    expected = made(finished, what)
    if options:
        shutil.rmtree(folder / "1")
        (folder / "1.json").unlink()
    else:
        shutil.rmtree(folder)
    processes = [_slow(finished, verb, target, *options)]
    try:
        processes.append(start(finished, verb, target, *options))
        said = processes[1].stderr.readline()
        title = f"{verb} {target}" + (", seed 1" if options else "")
        assert said.startswith(f"{title}: process {processes[0].pid} on ")
        assert said.endswith(" makes it; waiting\n")
        time.sleep(0.3)
        assert [process.poll() for process in processes] == [None, None]
        (finished / "go").touch()
        outs = [process.communicate() for process in processes]
        assert [process.returncode for process in processes] == [0, 0]
        assert outs[0][0].startswith(f"{verb} {target}: made ")
        assert outs[1] == (f"{verb} {target}: up to date\n", "")
    finally:
        for process in processes:
            process.kill_group()
    assert made(finished, what) == expected


def test_when_the_one_is_killed_the_other_makes_it(finished):
    shutil.rmtree(finished / "data/digits")
    processes = [_slow(finished, "prepare", "digits")]
    try:
        processes.append(start(finished, "prepare", "digits"))
        assert processes[1].stderr.readline().endswith(" makes it; waiting\n")
        processes[0].send_signal(signal.SIGKILL)
        out, err = processes[1].communicate()
    finally:
        for process in processes:
            process.kill_group()
    assert out.startswith("prepare digits: made ")
    assert processes[1].returncode == 0, err


def test_commands_on_other_seeds_do_not_wait_and_share_the_manifest(finished):
    """As array tasks do."""
    shutil.rmtree(finished / "cells")
    processes = [start(finished, "train", CELL, "--seeds", str(seed)) for seed in (0, 1)]
    try:
        outs = [process.communicate() for process in processes]
    finally:
        for process in processes:
            process.kill_group()
    for seed, (out, err) in enumerate(outs):
        assert out == f"train {CELL}: made seed {seed}\n", err
        # They wait for the manifest alone, if at all.
        assert re.findall(rf"{CELL}, seed .*", err) == [f"{CELL}, seed {seed}: finished"]
    runs = json.loads((finished / f"cells/{CELL}/train.json").read_text())["runs"]
    assert list(runs) == ["0", "1"]
