"""Failures, kills and signals lose nothing that was finished, also where processes share the runs."""

import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.runtime.signals import Stopped
from helpers.killing import killed_at
from helpers.makers import CELL, EDITS, NOTES_OF, PREPARE, TRAIN, Making, everything


def test_a_failure_leaves_what_was_there(train, project):
    train()
    before = everything()
    project(EDITS[TRAIN])

    def fail(seed):
        if seed == 1:
            raise UserError("no")

    with pytest.raises(UserError, match=r"^no$"):
        train(fail)
    after = everything()
    assert {name for name in after if after[name] != before.get(name)} == {
        "params.yaml", f"cells/{CELL}/train/0.json", f"cells/{CELL}/train/0/made_from.json",
    }  # fmt: skip
    assert before.keys() == after.keys()
    assert not list(Path(f"cells/{CELL}").glob(".*"))
    assert train() == f"{TRAIN}: made seed 1; 1 were up to date"


@pytest.mark.parametrize("task", [PREPARE, TRAIN])
def test_a_kill_at_any_change_of_a_file_loses_nothing(task, train, project):
    """The next verb finishes or undoes what was half done; what was finished is not made again."""
    if task is TRAIN:
        train()
    former = everything()
    making = Making(task)
    project(EDITS[task])
    making()
    new = everything()
    outcomes = []
    for number in range(1, 1000):
        for name in ("data", "cells"):
            shutil.rmtree(name, ignore_errors=True)
        for name, content in former.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content if name != "params.yaml" else new[name])
        if not killed_at(number, Path.cwd(), making):
            break
        left = everything()
        finished = [part for part in (0, 1) if left.get(NOTES_OF[part]) == new.get(NOTES_OF[part])]
        again = Making(task)
        again()
        assert everything() == new, number
        outcomes.append(len(again.made))
        if task is TRAIN:
            assert again.made == [part for part in (0, 1) if part not in finished], number
    assert outcomes == sorted(outcomes, reverse=True)
    assert outcomes[0] == (1 if task is PREPARE else 2)
    assert outcomes[-1] == 0
    assert not list(Path().rglob(".*"))


def test_processes_share_the_seeds(train, project):
    project(("seeds: [0, 1]", "seeds: 5"))
    assert train() == f"{TRAIN}: made seeds 0, 1, 2, 3, 4"
    expected = everything()
    for workers in (2, 3, 8):
        shutil.rmtree("cells")
        making = Making(TRAIN, workers=workers)
        assert making() == f"{TRAIN}: made seeds 0, 1, 2, 3, 4"
        assert making.made == [], "in this process nothing was"
        assert everything() == expected


@pytest.mark.parametrize("workers", [1, 2])
def test_what_others_have_finished_outlives_an_error(workers, train, project):
    project(("seeds: [0, 1]", "seeds: 4"))

    def fail(seed):
        if seed == 1:
            raise UserError("seed 1 fails")

    with pytest.raises(UserError, match=r"^seed 1 fails$"):
        Making(TRAIN, workers=workers)(fail)
    notes = {path.name for path in Path(f"cells/{CELL}/train").glob("*.json")}
    assert notes == ({"0.json"} if workers == 1 else {"0.json", "2.json"})
    assert (
        train()
        == f"{TRAIN}: made seeds " + ("1, 2, 3; 1 were" if workers == 1 else "1, 3; 2 were") + " up to date"
    )


def test_a_process_that_is_killed_costs_its_own_run(train, project):
    project(("seeds: [0, 1]", "seeds: 4"))

    def fail(seed):
        if seed == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(
        UserError, match=rf"^{TRAIN}: a process ended with status -9 .*; what was finished is kept"
    ):
        Making(TRAIN, workers=2)(fail)
    assert train() == f"{TRAIN}: made seed 3; 3 were up to date"


def test_an_error_of_ours_is_not_hidden(train):
    """A traceback, and an exit status that no user takes for success."""

    def fail(seed):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train(fail)
    with pytest.raises(UserError, match="a process ended with status 1"):
        Making(TRAIN, workers=2)(fail)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_stops_before_the_next_run(workers, train, project):
    project(("seeds: [0, 1]", "seeds: 4"))
    received = []

    def note(seed):
        received.append(signal.SIGTERM)  # to this process; its copies have a list each

    with pytest.raises(Stopped, match=r"^SIGTERM$"):
        Making(TRAIN, workers=workers, received=received)(note)
    notes = {path.name for path in Path(f"cells/{CELL}/train").glob("*.json")}
    assert notes == ({"0.json"} if workers == 1 else {"0.json", "1.json"})


def test_a_signal_between_two_starts_leaves_no_process(train, monkeypatch):
    started, kind = [], multiprocessing.get_context("fork").Process

    def start(process, original=kind.start):
        if started:
            raise Stopped("SIGTERM")
        started.append(process)
        original(process)

    monkeypatch.setattr(kind, "start", start)
    with pytest.raises(Stopped):
        Making(TRAIN, workers=2)(lambda seed: time.sleep(600))
    assert not started[0].is_alive()
