"""One process at a time makes the same thing; the others wait, and say for whom."""

import os
import subprocess
import sys
import time

import pytest

from ganmatrix.errors import UserError
from ganmatrix.store import locks
from ganmatrix.store.locks import Taken, held, waited_for

HOLD = """
import sys, time
from pathlib import Path
from ganmatrix.store.locks import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "locks/train-a"


@pytest.fixture
def holder(path):
    """Another process, which holds the lock."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], text=True, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_lock_is_free_again_after_the_block(path):
    for _ in range(2):
        with held(path):
            assert path.read_text().startswith(f"process {os.getpid()} on ")


def test_a_taken_lock_says_who_has_it(path, holder):
    with pytest.raises(Taken, match=rf"^process {holder.pid} on \S+$"), held(path):
        pass
    with held(path.with_name("train-b")):
        pass


def test_whoever_waits_says_so_once_and_goes_on_when_the_holder_is_killed(path, holder, monkeypatch, capsys):
    naps = []

    def nap(seconds, sleep=time.sleep):
        naps.append(seconds)
        if len(naps) == 3:
            holder.kill()
        sleep(seconds)

    monkeypatch.setattr(locks.time, "sleep", nap)
    with waited_for(path, "train a"):
        said = capsys.readouterr().err
        assert path.read_text().startswith(f"process {os.getpid()} on ")
    assert said.startswith(f"train a: process {holder.pid} on ")
    assert said.endswith(" makes it; waiting\n")
    assert said.count("\n") == 1
    assert len(naps) >= 3


def test_a_signal_ends_the_wait(path, holder, monkeypatch):
    received = []
    monkeypatch.setattr(locks.time, "sleep", lambda _: received.append("SIGTERM"))
    with pytest.raises(Taken), waited_for(path, "train a", received):
        pass
    assert received == ["SIGTERM"]


def test_a_folder_that_cannot_hold_locks(tmp_path):
    (tmp_path / "scratch").touch()
    problem = r"locks/a cannot be locked: Not a directory; mend the folder"
    with pytest.raises(UserError, match=problem), held(tmp_path / "scratch/locks/a"):
        pass


def test_an_error_in_the_block_is_no_error_of_the_lock(path):
    with pytest.raises(BlockingIOError, match="mine"), waited_for(path, "a"):
        raise BlockingIOError("mine")
    with held(path):
        pass
