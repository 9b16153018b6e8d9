"""Killed at any moment and started again, a cell ends in the same bytes."""

import hashlib
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from ganmatrix.cell import Cell
from ganmatrix.params import load
from ganmatrix.stages import train
from ganmatrix.stages.layout import Layout
from ganmatrix.stages.scratch import Scratch, clear, lock
from ganmatrix.training import checkpoint, optimisers

OUTPUTS = ("weights.safetensors", "history.parquet", "samples.png")
RING = "ring8-conventional-gan-0"
CELLS = ["ring8-resnet_sn-as_gan-0", "digits-conventional-fargan-1"]


def _start(folder, cell, *options):
    command = [sys.executable, "-c", "from ganmatrix.cli import main; main()", "train", cell, *options]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=_environment()
    )


def _environment():
    return {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}


def _digests(folder, cell):
    found = {n: hashlib.sha256((folder / "cells" / cell / n).read_bytes()).hexdigest() for n in OUTPUTS}
    record = json.loads((folder / "cells" / cell / "run.json").read_text())
    return found, record["reproducible"]


def _checkpoints(folder, cell):
    return sorted((folder / "scratch" / cell).glob("step-*.ckpt"))


def _wait_for_checkpoint(process, folder, cell, seen=()):
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        if [path for path in _checkpoints(folder, cell) if path not in seen]:
            return
        time.sleep(0.002)
    raise AssertionError(f"no checkpoint: {process.communicate()}")


def _lengthen(folder, steps):
    path = folder / "params.yaml"
    text = path.read_text()
    assert "generator_steps: 20" in text
    path.write_text(text.replace("generator_steps: 20", f"generator_steps: {steps}"))


def _survives(folder, cell, kills, steps, run, seed):
    """Check that killed runs end in the same bytes; gives how many kills met a running process."""
    _lengthen(folder, steps)
    assert run("train", cell).status == 0
    expected = _digests(folder, cell)
    clear(folder / "scratch" / cell)
    dice = random.Random(seed)
    landed = 0
    for _ in range(kills):
        seen = _checkpoints(folder, cell)
        process = _start(folder, cell, "--checkpoint-seconds", "0")
        try:
            _wait_for_checkpoint(process, folder, cell, seen)
        except AssertionError:
            assert process.returncode == 0
        time.sleep(dice.random() * 0.15)
        process.kill()
        process.communicate()
        landed += process.returncode == -signal.SIGKILL
        # Whatever stands under the outputs' names is whole.
        for name in (*OUTPUTS, "run.json"):
            assert (folder / "cells" / cell / name).stat().st_size > 0
    ended = run("train", cell)
    assert ended.status == 0, ended.err
    assert _digests(folder, cell) == expected
    assert f"step-{steps:09d}" in _checkpoints(folder, cell)[-1].name
    return landed


@pytest.mark.parametrize("cell", CELLS)
def test_a_few_kills_change_nothing(cell, finished, run):
    assert _survives(finished, cell, kills=2, steps=400, run=run, seed=0) == 2


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS)
def test_many_kills_change_nothing(cell, finished, run):
    assert _survives(finished, cell, kills=25, steps=4000, run=run, seed=1) == 25


def test_sigterm_saves_and_says_so(finished, run):
    cell = CELLS[0]
    _lengthen(finished, 300)
    assert run("train", cell).status == 0
    expected = _digests(finished, cell)
    clear(finished / "scratch" / cell)
    process = _start(finished, cell, "--checkpoint-seconds", "0")
    _wait_for_checkpoint(process, finished, cell)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith(f"{cell}: stopped by SIGTERM at step ")
    assert last.endswith("; checkpoint saved")
    step = int(last.split("step ")[1].split(";")[0])
    assert _checkpoints(finished, cell)[-1].name.startswith(f"step-{step:09d}-")
    ended = run("train", cell)
    assert f"{cell}: resuming from step {step}\n" in ended.err
    assert _digests(finished, cell) == expected
    resumed = json.loads((finished / "cells" / cell / "run.json").read_text())["this_run"]
    assert resumed["resumed_from_step"] == step


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_first_step_stops_after_it(number, finished, run, monkeypatch):
    expected = _digests(finished, RING)
    with monkeypatch.context() as patch:
        patch.setattr(train, "check_batch", lambda *_: os.kill(os.getpid(), number))
        ended = run("train", RING)
    assert ended.status == 75
    assert ended.err == f"{RING}: stopped by {number.name} at step 1; checkpoint saved\n"
    assert run("train", RING).status == 0
    assert _digests(finished, RING) == expected


def test_a_signal_after_the_last_step_lets_it_end(finished, run, monkeypatch):
    expected = _digests(finished, RING)

    def outcome(trainer, original=train.outcome):
        os.kill(os.getpid(), signal.SIGTERM)
        return original(trainer)

    monkeypatch.setattr(train, "outcome", outcome)
    assert run("train", RING).status == 0
    assert _digests(finished, RING) == expected
    assert [path.name[:14] for path in _checkpoints(finished, RING)] == ["step-000000020"]


def test_more_signals_change_nothing(finished):
    """The batch systems that send one send more; Python's own start aside, all are heeded."""
    cell = CELLS[0]
    _lengthen(finished, 3000)
    process = _start(finished, cell, "--checkpoint-seconds", "0")
    _wait_for_checkpoint(process, finished, cell)
    for _ in range(200):
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGTERM)
        time.sleep(0.005)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 75, err
    assert err.splitlines()[-1].startswith(f"{cell}: stopped by SIGTERM at step ")


def _interrupted(folder, cell, run, monkeypatch, steps=12):
    """Checkpoints after the last two of some steps, as a killed run leaves them."""
    taken = []

    def save(self, step, state, original=Scratch.save):
        original(self, step, state)
        taken.append(step)
        if step == steps:
            raise KeyboardInterrupt

    clear(folder / "scratch" / cell)
    with monkeypatch.context() as patch:
        patch.setattr(train.Scratch, "save", save)
        with pytest.raises(KeyboardInterrupt):
            train.run(*_arguments(folder, cell), "cpu", 0.0)
    return _checkpoints(folder, cell)


def _arguments(folder, cell):
    return Cell.parse(cell), load(folder / "params.yaml")[0], Layout()


def test_two_checkpoints_are_kept(finished, run, monkeypatch):
    found = _interrupted(finished, RING, run, monkeypatch)
    assert [path.name[:14] for path in found] == ["step-000000011", "step-000000012"]


def test_an_evaluation_leaves_a_training_that_runs_its_checkpoints(finished, run, monkeypatch):
    found = _interrupted(finished, RING, run, monkeypatch)
    folder = finished / "scratch" / RING
    with Scratch(folder, RING, "").claimed():
        clear(folder)
    assert all(path.exists() for path in found)
    assert lock(folder).exists()
    clear(folder)
    assert not folder.exists()
    assert not lock(folder).exists()


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage, finished, run, monkeypatch):
    expected = _digests(finished, RING)
    newest = _interrupted(finished, RING, run, monkeypatch)[-1]
    data = newest.read_bytes()
    middle = len(data) // 2
    newest.write_bytes(
        {
            "truncated": data[:middle],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "empty": b"",
        }[damage]
    )
    ended = run("train", RING)
    assert ended.status == 0
    shown = newest.relative_to(finished)
    assert ended.err.splitlines()[:2] == [
        f"warning: {shown} is damaged (its checksum differs); using the one before",
        f"{RING}: resuming from step 11",
    ]
    assert _digests(finished, RING) == expected


def test_with_all_checkpoints_damaged_training_starts_afresh(finished, run, monkeypatch):
    expected = _digests(finished, RING)
    for path in _interrupted(finished, RING, run, monkeypatch):
        path.write_bytes(b"x")
    ended = run("train", RING)
    assert ended.err.count("warning: ") == 2
    assert "resuming" not in ended.err
    assert _digests(finished, RING) == expected


def test_a_checkpoint_that_is_none_despite_its_checksum(finished, run, monkeypatch):
    _interrupted(finished, RING, run, monkeypatch)
    data = b"no checkpoint at all"
    folder = finished / "scratch" / RING
    (folder / f"step-000000019-{checkpoint.digest(data)}.ckpt").write_bytes(data)
    ended = run("train", RING)
    assert ended.status == 0
    assert "is unusable (no checkpoint" in ended.err
    assert f"{RING}: resuming from step 12" in ended.err


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: gan, loss: non_saturating", "kind: gan, loss: hinge"),
        ("generator_lr: 1e-3", "generator_lr: 2e-3"),
        ("width: 8, depth: 2", "width: 9, depth: 2"),
    ],
)
def test_changed_params_start_afresh(old, new, finished, run, monkeypatch):
    _interrupted(finished, RING, run, monkeypatch)
    path = finished / "params.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    ended = run("train", RING)
    assert ended.status == 0
    newest = "step-000000012-"
    changed = "params, code, data, device, threads or torch changed since"
    assert ended.err.startswith(f"{RING}: {changed} {newest}")
    assert "; starting afresh\n" in ended.err
    resumed = json.loads((finished / "cells" / RING / "run.json").read_text())["this_run"]
    assert resumed["resumed_from_step"] == 0


def test_unrelated_params_do_not(finished, run, monkeypatch):
    _interrupted(finished, RING, run, monkeypatch)
    path = finished / "params.yaml"
    path.write_text(path.read_text().replace("threshold: 1.0", "threshold: 0.5", 1))
    assert f"{RING}: resuming from step 12\n" in run("train", RING).err


def test_the_checkpoint_of_another_cell_is_an_error(finished, run, monkeypatch):
    other = "ring8-conventional-gan-1"
    _interrupted(finished, RING, run, monkeypatch)
    (finished / "scratch" / RING).rename(finished / "scratch" / other)
    ended = run("train", other)
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert f" is a checkpoint of {RING}, not of {other}; remove it from scratch/{other}" in ended.err
    assert not (finished / "cells" / other).exists()


def test_a_diverged_run_killed_before_its_outputs_says_the_same(finished, run, monkeypatch):
    """The last checkpoint is that of the step in which the divergence was found."""
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    assert run("train", RING).status == 0
    expected = _digests(finished, RING)
    assert expected[1]["outcome"] == "diverged"
    _interrupted(finished, RING, run, monkeypatch, steps=expected[1]["generator_steps"])
    assert run("train", RING).status == 0
    assert _digests(finished, RING) == expected


def test_damaged_checkpoints_do_not_crowd_out_good_ones(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    for step in (90, 100):
        (folder / f"step-{step:09d}-{'0' * 16}.ckpt").write_bytes(b"damaged")
    scratch = Scratch(folder, "cell", "same")
    assert scratch.restore() is None
    for step in (1, 2, 60):
        scratch.save(step, {"step": step})
        again = Scratch(folder, "cell", "same")
        assert again.restore()["step"] == step
    assert sorted(int(path.name[5:14]) for path in folder.iterdir()) == [2, 60]


def test_the_good_one_before_a_damaged_one_outlives_the_next_save(tmp_path):
    first = Scratch(tmp_path, "cell", "same")
    first.save(50, {"step": 50})
    (tmp_path / f"step-{100:09d}-{'0' * 16}.ckpt").write_bytes(b"damaged")
    second = Scratch(tmp_path, "cell", "same")
    assert second.restore()["step"] == 50
    second.save(51, {"step": 51})
    assert sorted(int(path.name[5:14]) for path in tmp_path.iterdir()) == [50, 51]


def test_a_cell_whose_outputs_an_engine_has_deleted_is_not_trained_again(finished, run):
    """Snakemake deletes what a job has made, if it is killed before it takes note of it."""
    shutil.rmtree(finished / "cells" / RING)
    assert run("train", RING).status == 0
    expected = _digests(finished, RING)
    shutil.rmtree(finished / "cells" / RING)
    ended = run("train", RING)
    assert ended.status == 0
    record = json.loads((finished / "cells" / RING / "run.json").read_text())
    assert record["this_run"]["resumed_from_step"] == record["reproducible"]["generator_steps"]
    assert _digests(finished, RING) == expected
    assert _checkpoints(finished, RING)
    assert run("evaluate", RING).status == 0
    assert list((finished / "scratch").iterdir()) == []


def test_two_processes_never_train_one_cell_at_once(finished):
    """Killed alone, an engine leaves its jobs behind; the next must not train beside them."""
    _lengthen(finished, 100_000)
    first = _start(finished, RING, "--checkpoint-seconds", "0")
    try:
        _wait_for_checkpoint(first, finished, RING, _checkpoints(finished, RING))
        second = _start(finished, RING)
        _, err = second.communicate(timeout=60)
    finally:
        first.kill()
        first.communicate()
    assert second.returncode == 2
    assert err.splitlines()[-1].startswith(f"error: {RING} is being trained by another process, perhaps one")
    third = _start(finished, RING, "--checkpoint-seconds", "0")
    _wait_for_checkpoint(third, finished, RING, _checkpoints(finished, RING))
    third.kill()
    third.communicate()
