"""Killed or stopped at any moment and started again, a run ends in the same bytes."""

import os
import random
import shutil
import signal
import time

import pytest

from ganmatrix.stages import train
from helpers.processes import checkpoints, lengthen, made, start, wait_for_checkpoint
from helpers.single_run import RING, RUN, forget, made_of_run, record, train_run

RUNS = [("ring8-resnet_sn-as_gan", 0), ("digits-conventional-fargan", 1)]


def _survives(folder, cell, seed, kills, steps, run, dice):
    """Check that a run that is killed ends in the same bytes; gives how many kills met a running process."""
    lengthen(folder, steps)
    assert train_run(run, cell, seed=seed).status == 0
    expected = made_of_run(folder, cell, seed)
    forget(folder, cell)
    landed = 0
    for _ in range(kills):
        seen = checkpoints(folder, cell, seed)
        process = start(folder, "train", cell, "--seeds", str(seed), "--checkpoint-seconds", "0.05")
        try:
            wait_for_checkpoint(process, folder, cell, seed, seen)
        except AssertionError:
            assert process.returncode == 0
        time.sleep(dice.random() * 0.15)
        process.kill_group()
        landed += process.returncode == -signal.SIGKILL
        assert made_of_run(folder, cell, seed) in ({}, expected)
    ended = train_run(run, cell, seed=seed)
    assert ended.status == 0, ended.err
    assert made_of_run(folder, cell, seed) == expected
    assert not checkpoints(folder, cell, seed)
    return landed


@pytest.mark.parametrize(("cell", "seed"), RUNS)
def test_a_few_kills_change_nothing(cell, seed, finished, run):
    assert _survives(finished, cell, seed, kills=2, steps=200, run=run, dice=random.Random(0)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "seed"), RUNS)
def test_many_kills_change_nothing(cell, seed, finished, run):
    assert _survives(finished, cell, seed, kills=25, steps=3000, run=run, dice=random.Random(1)) == 25


def test_sigterm_saves_and_says_so(finished, run):
    """Batch systems that send one signal send more: those change nothing."""
    cell = RING
    forget(finished, cell)
    lengthen(finished, 300)
    process = start(finished, "train", cell, "--seeds", "0", "--checkpoint-seconds", "0.05")
    wait_for_checkpoint(process, finished, cell)
    for _ in range(200):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGTERM)
        time.sleep(0.005)
    out, err = process.communicate()
    process.kill_group()
    assert process.returncode == 75, err
    assert out == ""
    last = err.splitlines()[-1]
    stopped, step = last.removesuffix(f" of {cell}-0; checkpoint saved; the same command goes on").rsplit(
        " ", 1
    )
    assert stopped == f"train {cell}: stopped by SIGTERM at step"
    assert checkpoints(finished, cell)[-1].name.startswith(f"step-{int(step):09d}-")
    assert not (finished / "cells" / cell / "train").exists() or not made_of_run(finished, cell)
    ended = train_run(run, cell)
    assert f"{cell}-0: resuming from step {step}\n" in ended.err
    assert record(finished, cell)["this_run"]["resumed_from_step"] == int(step)
    resumed = made_of_run(finished, cell)
    forget(finished, cell)
    assert train_run(run, cell).status == 0
    assert made_of_run(finished, cell) == resumed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_first_step_stops_after_it(number, finished, run, monkeypatch):
    expected = made_of_run(finished, RING)
    forget(finished, RING)
    with monkeypatch.context() as patch:
        patch.setattr(train.limits, "check_cell", lambda *_: os.kill(os.getpid(), number))
        ended = run("train", RING)
    assert ended.status == 75
    stopped = f"train {RING}: stopped by {number.name} at step 1 of {RUN}; checkpoint saved; "
    assert ended.err == f"{stopped}the same command goes on\n"
    assert run("train", RING).out == f"train {RING}: made seeds 0, 1\n"
    assert made_of_run(finished, RING) == expected


def test_a_signal_after_the_last_step_lets_the_run_end_and_no_other_begin(finished, run, monkeypatch):
    expected = made_of_run(finished, RING)
    forget(finished, RING)

    def outcome(trainer, original=train.outcome):
        os.kill(os.getpid(), signal.SIGTERM)
        return original(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(train, "outcome", outcome)
        ended = run("train", RING)
    assert ended.status == 75
    assert ended.err.splitlines()[-1] == f"train {RING}: stopped by SIGTERM; the same command goes on"
    assert made_of_run(finished, RING) == expected
    assert run("train", RING).out == f"train {RING}: made seed 1; 1 were up to date\n"


@pytest.mark.parametrize("verb", ["reference", "evaluate", "probe"])
def test_a_signal_stops_other_work_anywhere(verb, finished, run, monkeypatch):
    """What it was working on is not published; what was finished before is."""
    module = __import__(f"ganmatrix.stages.{verb}", fromlist=[verb])
    target = "ring8" if verb == "reference" else RING
    where = finished / "references" if verb == "reference" else finished / "cells" / RING
    before = made(where)
    for path in where.glob(f"{verb}*" if verb != "reference" else "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    calls = []

    def interrupted(*arguments, original=module.as_json):
        calls.append(1)
        if len(calls) == (1 if verb == "reference" else 2):
            os.kill(os.getpid(), signal.SIGTERM)
        return original(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(module, "as_json", interrupted)
        ended = run(verb, target)
    assert ended.status == 75
    assert ended.err.splitlines()[-1] == f"{verb} {target}: stopped by SIGTERM; the same command goes on"
    assert not list(where.rglob(".*"))
    if verb != "reference":
        assert (where / verb / "0.json").is_file()
        assert not (where / verb / "1.json").exists()
    ended = run(verb, target)
    assert ended.status == 0
    assert verb == "reference" or ended.out == f"{verb} {target}: made seed 1; 1 were up to date\n"
    assert made(where) == before
