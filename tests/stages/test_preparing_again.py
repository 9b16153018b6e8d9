"""`prepare`, stopped at any moment and started again, ends in the same bytes."""

import json
import os
import random
import resource
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganmatrix.errors import UserError
from ganmatrix.store import manifest
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry
from ganmatrix.store.publishing import Publication
from helpers.databases import COUNT, in_one_go, note_of, prepared, read_so_far
from helpers.killing import killed_at
from helpers.preparing import Run
from helpers.processes import Command, start, wait_until
from helpers.refusal import names


def start_preparing(folder: Path, *options: str) -> Command:
    return start(folder, "prepare", "mine", *options, environment={"OMP_NUM_THREADS": "2"})


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_kills_change_nothing(kills: int, database: Path, run: Run) -> None:
    expected = in_one_go(database)
    dice = random.Random(0)
    landed = 0
    for kill in range(kills):
        before = read_so_far(database)
        process = start_preparing(database, "--checkpoint-seconds", "0")
        wait_until(
            lambda before=before, process=process: (
                read_so_far(database) > before or process.poll() is not None
            )
        )
        time.sleep(dice.random() * 0.1 if kill else 0)
        process.kill_group()
        landed += process.returncode == -signal.SIGKILL
        if (database / "data/mine.json").exists():  # what has a manifest is whole; begin again
            assert prepared(database) == expected
            shutil.rmtree(database / "data")
    assert landed >= min(kills, 3) - 1
    assert run("prepare", "mine").status == 0
    assert prepared(database) == expected
    assert not (database / "scratch").exists() or not note_of(database).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_75_and_nothing_lost(number: signal.Signals, database: Path, run: Run) -> None:
    expected = in_one_go(database)
    process = start_preparing(database, "--checkpoint-seconds", "0.1")
    wait_until(lambda: read_so_far(database) > 0, process)
    process.send_signal(number)
    began = time.monotonic()
    out, err = process.communicate()
    assert process.returncode == 75, err
    assert time.monotonic() - began < 10
    assert out == ""
    assert err.splitlines()[-1] == f"prepare mine: stopped by {number.name}; the same command goes on"
    assert "Traceback" not in err
    reached = read_so_far(database)
    ended = run("prepare", "mine")
    assert ended.err.startswith(f"mine: going on after {reached} images\n")
    assert prepared(database) == expected


@pytest.fixture
def all_read(half_read: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All images are read and nothing is published; another dataset lies there."""

    def refusing(*arguments: Any) -> None:
        raise UserError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(Publication, "publish", refusing)
        assert run("prepare", "mine").status == 2
    assert read_so_far(half_read) == COUNT
    (half_read / "data/mine").mkdir()
    (half_read / "data/mine/train.npy").write_bytes(b"former")
    entry = ManifestEntry(
        MadeFrom({}, "earlier", {}), {"train.npy": manifest.listed(half_read / "data/mine/train.npy")}
    )
    (half_read / "data/mine.json").write_text(Manifest("prepare", "mine", {None: entry}).text())
    return half_read


def test_a_kill_while_it_is_published_leaves_the_former_or_the_new(
    all_read: Path, run: Run, tmp_path: Path
) -> None:
    """At every second step, with the rest of the work done by the next."""
    former, expected = prepared(all_read), in_one_go(all_read)
    again = tmp_path / "again"

    def prepare() -> None:
        os.chdir(again)
        ended = run("prepare", "mine")
        assert ended.status == 0, ended.err

    number, outcomes, died = 0, [], True
    while died:
        number += 2
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(all_read, again)
        if died := killed_at(number, again, prepare):
            Layout(again).publication("prepare", "mine").recover()
        found = prepared(again)
        assert found in (former, expected), number
        outcomes.append(found == expected)
    assert outcomes == sorted(outcomes)
    assert outcomes.count(False) > 10
    assert outcomes.count(True) > 3


def test_what_is_read_is_not_read_again_after_an_error_in_the_end(
    all_read: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once four arrays are brought, a former file and five new ones are renamed, and the manifest."""
    former, renamed = prepared(all_read), Path.rename
    for number in range(5, 13):
        calls = iter(range(1, 100))

        def failing(path: Path, target: Path, number: int = number, calls: Any = calls) -> Path:
            if next(calls) == number:
                raise OSError(28, "No space left on device")
            return renamed(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            ended = run("prepare", "mine")
        assert f"mine: going on after {COUNT} images\n" in ended.err
        if number == 12:
            assert ended.status == 0
            break
        assert ended.err.splitlines()[-1].startswith("error: data/mine cannot be written: No space left on ")
        assert prepared(all_read) == former
    assert prepared(all_read) == in_one_go(all_read)
    assert not (all_read / "scratch/data/mine").exists()


def test_another_disk_gets_a_copy(all_read: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.is_relative_to("scratch") and not Path(target).is_relative_to("scratch"):
            raise OSError(18, "Invalid cross-device link")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    assert run("prepare", "mine").status == 0
    assert prepared(all_read) == in_one_go(all_read)
    assert not (all_read / "scratch/data/mine").exists()


def _limit(largest_file: int) -> None:
    """A limit on the size of files stands for a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))


def test_a_full_disk_keeps_what_was_done(database: Path, run: Run) -> None:
    expected = in_one_go(database)
    argv = ("prepare", "mine", "--checkpoint-seconds", "0")
    process = start(database, *argv, first=lambda: _limit(3_000_000))
    _, err = process.communicate()
    assert process.returncode == 2
    [error] = [line for line in err.splitlines() if not line.startswith("mine: ")]
    names(error, key="scratch/data/mine", mend="mend it and run again")
    reached = read_so_far(database)
    assert 0 < reached < COUNT
    again = run("prepare", "mine")
    assert again.err.startswith(f"mine: going on after {reached} images\n")
    assert prepared(database) == expected


@pytest.mark.parametrize("where", ["scratch", "data"])
def test_a_folder_that_cannot_be_made(where: str, database: Path, run: Run) -> None:
    shutil.rmtree(database / "scratch")
    (database / where).write_bytes(b"a file")
    ended = run("prepare", "mine")
    assert ended.status == 2
    [line] = ended.err.splitlines()  # before any work
    assert line.startswith(f"error: {where}/")
    assert "Not a directory; mend " in line
    (database / where).unlink()
    assert run("prepare", "mine").status == 0
    assert prepared(database) == in_one_go(database)


def test_threads_do_not_change_the_bytes(database: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = in_one_go(database)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert run("prepare", "mine").status == 0
    assert prepared(database) == expected


def test_the_card_says_the_moments_of_the_whole(database: Path, run: Run) -> None:
    assert run("prepare", "mine").status == 0
    train = np.load(database / "data/mine/train.npy", mmap_mode="r")
    card = json.loads((database / "data/mine/card.json").read_text())
    assert card["passed_over"]["reasons"] == {"held-out copy of a training image": card["copies"]["left_out"]}
    assert card["counts"] == {
        "train": len(train),
        "held_out": COUNT - 2 - len(train) - card["copies"]["left_out"],
    }
    assert card["copies"]["left_out"] > 5
    np.testing.assert_allclose(card["mean"], train.mean(axis=(0, 2, 3), dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(card["std"], train.std(axis=(0, 2, 3), dtype=np.float64), rtol=1e-9)
    assert card["skipped"]["count"] == 2
    assert train.dtype == np.uint8
    assert train.shape[1:] == (3, 64, 64)
