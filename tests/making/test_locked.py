"""Runs that another process makes come last, and are not made twice."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ganmatrix.runtime.signals import Stopped
from ganmatrix.store.layout import Layout
from helpers.makers import (
    CELL,
    MANIFEST,
    TRAIN,
    Making,
)

HOLD = """
import sys, time
from pathlib import Path
from ganmatrix.store.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(train):
    """Another process, which makes seed 0; closing its input ends it."""
    lock = Layout().lock("train", CELL, 0)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], text=True, **pipes)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_runs_that_another_process_makes_come_last_and_are_not_made_twice(holder, train, capsys, monkeypatch):
    naps = []

    def nap(seconds):
        naps.append(seconds)
        if len(naps) == 2:  # the other finishes its run
            shutil.copytree("theirs/train/0", f"cells/{CELL}/train/0")
            shutil.copy("theirs/train/0.json", f"cells/{CELL}/train/0.json")
            holder.communicate()

    Making(TRAIN, seeds=[1])()
    _make_theirs()
    monkeypatch.setattr("ganmatrix.store.locks.time.sleep", nap)
    capsys.readouterr()
    assert train() == f"{TRAIN}: up to date"
    assert train.made == []
    said = capsys.readouterr().err
    assert re.fullmatch(rf"{TRAIN}, seed 0: process {holder.pid} on \S+ makes it; waiting\n", said)
    assert list(json.loads(Path(MANIFEST).read_text())["runs"]) == ["0", "1"]


def _make_theirs():
    """Seed 0 as another process would have made it, in a folder of its own."""
    shutil.copytree("cells", "kept")
    Path("scratch").rename("held")
    Making(TRAIN, seeds=[0])()
    shutil.rmtree("scratch")
    Path("held").rename("scratch")
    shutil.move(f"cells/{CELL}", "theirs")
    shutil.rmtree("cells")
    Path("kept").rename("cells")


def test_runs_that_no_other_process_makes_come_first(holder, train, monkeypatch):
    monkeypatch.setattr("ganmatrix.store.locks.time.sleep", lambda _: holder.communicate())
    assert train() == f"{TRAIN}: made seeds 0, 1"
    assert train.made == [1, 0]


def test_a_signal_ends_the_wait_for_another(holder, train, monkeypatch):
    received = []
    monkeypatch.setattr("ganmatrix.store.locks.time.sleep", lambda _: received.append(signal.SIGTERM))
    with pytest.raises(Stopped, match=r"^SIGTERM$"):
        Making(TRAIN, received=received)()
    assert [path.name for path in Path(f"cells/{CELL}/train").glob("*.json")] == ["1.json"]
