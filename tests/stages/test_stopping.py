"""Killed at any moment and started again, a run ends in the same bytes."""

import json
import math
import os
import random
import shutil
import signal
import time
from dataclasses import asdict

import pytest
import torch
from processes import checkpoints, lengthen, made, start, wait_for_checkpoint

from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import checkpoints as checkpoint_files
from ganmatrix.runtime.checkpoints import Checkpoints, digest, pack, unpack
from ganmatrix.stages import train
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.files import as_json, text_digest
from ganmatrix.store.publishing import Publication
from ganmatrix.training import optimisers

RING = "ring8-conventional-gan"
RUN = f"{RING}-0"
RUNS = [("ring8-resnet_sn-as_gan", 0), ("digits-conventional-fargan", 1)]


def _train(run, cell, *options, seed=0):
    return run("train", cell, "--seeds", str(seed), *options)


def _made(folder, cell, seed=0):
    """Everything that is published of a run, its note included; of its record what does not differ."""
    found = made(folder, "cells", cell, "train")
    return {name: content for name, content in found.items() if name.startswith((f"{seed}/", f"{seed}."))}


def _record(folder, cell, seed=0):
    return json.loads((folder / f"cells/{cell}/train/{seed}/run.json").read_text())


def _forget(folder, cell):
    shutil.rmtree(folder / "cells" / cell)


def _survives(folder, cell, seed, kills, steps, run, dice):
    """Check that a run that is killed ends in the same bytes; gives how many kills met a running process."""
    lengthen(folder, steps)
    assert _train(run, cell, seed=seed).status == 0
    expected = _made(folder, cell, seed)
    _forget(folder, cell)
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
        assert _made(folder, cell, seed) in ({}, expected)
    ended = _train(run, cell, seed=seed)
    assert ended.status == 0, ended.err
    assert _made(folder, cell, seed) == expected
    assert not checkpoints(folder, cell, seed)
    return landed


@pytest.mark.parametrize(("cell", "seed"), RUNS)
def test_a_few_kills_change_nothing(cell, seed, finished, run):
    assert _survives(finished, cell, seed, kills=2, steps=300, run=run, dice=random.Random(0)) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "seed"), RUNS)
def test_many_kills_change_nothing(cell, seed, finished, run):
    assert _survives(finished, cell, seed, kills=25, steps=3000, run=run, dice=random.Random(1)) == 25


def test_sigterm_saves_and_says_so(finished, run):
    """Batch systems that send one signal send more: those change nothing."""
    cell = RUNS[0][0]
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
    assert not (finished / "cells" / cell / "train").exists() or not _made(finished, cell)
    ended = _train(run, cell)
    assert f"{cell}-0: resuming from step {step}\n" in ended.err
    assert _record(finished, cell)["this_run"]["resumed_from_step"] == int(step)
    resumed = _made(finished, cell)
    _forget(finished, cell)
    assert _train(run, cell).status == 0
    assert _made(finished, cell) == resumed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_before_the_first_step_stops_after_it(number, finished, run, monkeypatch):
    expected = _made(finished, RING)
    _forget(finished, RING)
    with monkeypatch.context() as patch:
        patch.setattr(train.limits, "check_cell", lambda *_: os.kill(os.getpid(), number))
        ended = run("train", RING)
    assert ended.status == 75
    stopped = f"train {RING}: stopped by {number.name} at step 1 of {RUN}; checkpoint saved; "
    assert ended.err == f"{stopped}the same command goes on\n"
    assert run("train", RING).out == f"train {RING}: made seeds 0, 1\n"
    assert _made(finished, RING) == expected


def test_a_signal_after_the_last_step_lets_the_run_end_and_no_other_begin(finished, run, monkeypatch):
    expected = _made(finished, RING)
    _forget(finished, RING)

    def outcome(trainer, original=train.outcome):
        os.kill(os.getpid(), signal.SIGTERM)
        return original(trainer)

    with monkeypatch.context() as patch:
        patch.setattr(train, "outcome", outcome)
        ended = run("train", RING)
    assert ended.status == 75
    assert ended.err.splitlines()[-1] == f"train {RING}: stopped by SIGTERM; the same command goes on"
    assert _made(finished, RING) == expected
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


class Killed(BaseException):
    """Stands for a kill."""


def _interrupt(folder, run, step=12):
    """Train a run until it is killed after that step; its checkpoints are those of the last two."""

    def save(self, now, state, original=Checkpoints.save):
        original(self, now, state)
        if now == step:
            raise Killed

    _forget(folder, RING)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(Checkpoints, "save", save)
        with pytest.raises(Killed):
            _train(run, RING, "--checkpoint-seconds", "0")


@pytest.fixture(scope="module")
def killed_project(finished_project, tmp_path_factory, run):
    """The project with a run that was killed after its twelfth step."""
    folder = tmp_path_factory.mktemp("killed") / "project"
    shutil.copytree(finished_project, folder)
    _interrupt(folder, run)
    assert [path.name[:14] for path in checkpoints(folder, RING)] == ["step-000000011", "step-000000012"]
    return folder


@pytest.fixture
def halfway(killed_project, finished_project, tmp_path, monkeypatch):
    """A copy of it to damage, as the current folder, and what the run would have ended in."""
    folder = tmp_path / "project"
    shutil.copytree(killed_project, folder)
    monkeypatch.chdir(folder)
    return folder, _made(finished_project, RING)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage, halfway, run):
    folder, expected = halfway
    newest = checkpoints(folder, RING)[-1]
    data = newest.read_bytes()
    middle = len(data) // 2
    newest.write_bytes(
        {
            "truncated": data[:middle],
            "flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            "empty": b"",
        }[damage]
    )
    ended = _train(run, RING)
    assert ended.status == 0
    assert ended.err.splitlines()[:2] == [
        f"warning: {newest.relative_to(folder)} is damaged (its checksum differs); using the one before",
        f"{RUN}: resuming from step 11",
    ]
    assert _made(folder, RING) == expected


def test_with_all_checkpoints_damaged_training_starts_afresh(halfway, run):
    folder, expected = halfway
    for path in checkpoints(folder, RING):
        path.write_bytes(b"x")
    ended = _train(run, RING)
    assert ended.err.count("warning: ") == 2
    assert "resuming" not in ended.err
    assert _made(folder, RING) == expected


def _with(key, value):
    return lambda state: state | {key: value}


def _without(key):
    return lambda state: {name: value for name, value in state.items() if name != key}


def _later(step):
    """The state, said to be of another step, updates of D and all."""
    return lambda state: state | {"step": step, "discriminator_updates": step}


def _other_networks(state):
    return state | {"generator": state["discriminator"], "discriminator": state["generator"]}


def _forge(folder, change):
    """Put a changed state in the place of the newest, under a name that has its checksum and its step."""
    newest = checkpoints(folder, RING)[-1]
    content = unpack(newest.read_bytes())
    newest.unlink()
    assert set(content["state"]) == set(STATE)
    state = content["state"] = change(content["state"])
    step = state.get("step") if isinstance(state, dict) else None
    data = pack(content)
    name = f"step-{step if isinstance(step, int) and step > 0 else 12:09d}-{digest(data)}.ckpt"
    newest.with_name(name).write_bytes(data)
    return newest.with_name(name).relative_to(folder)


@pytest.mark.parametrize(
    ("change", "problem"),
    [(_later(10**9), "its step is 1000000000 of 20"), (_later(15), "its history does not fit its step")],
)
def test_a_forged_checkpoint_gives_way_to_the_one_before(change, problem, halfway, run):
    folder, expected = halfway
    path = _forge(folder, change)
    ended = _train(run, RING)
    assert ended.status == 0, ended.err
    assert ended.err.splitlines()[:2] == [
        f"warning: {path} is unusable ({problem}); using the one before",
        f"{RUN}: resuming from step 11",
    ]
    assert _made(folder, RING) == expected


STATE = ("generator", "discriminator", "average", "sampler", "streams", "step", "discriminator_updates")
STATE += ("method", "ledger", "history", "snapshots", "divergence", "effort")
FORGED = {
    "a step below none": (_with("step", -1), ""),
    "a step that is no number": (_with("step", "12"), ""),
    "another count of updates": (_with("discriminator_updates", 13), "its updates of D do not fit"),
    "no history": (_with("history", []), "its history does not fit its step"),
    "another history": (_with("history", [{"step": 6}, {"step": 10}]), "its history does not fit its step"),
    "no snapshots": (_with("snapshots", {}), "its snapshots do not fit its step"),
    "snapshots of other steps": (_with("snapshots", {11: {}}), "its snapshots do not fit its step"),
    "the networks changed places": (_other_networks, ""),
    "an effort in other words": (_with("effort", {"hours": 3}), ""),
    "a state that is none": (lambda state: [1, 2], ""),
    **{f"no {key}": (_without(key), "") for key in STATE},
    **{f"{key} is a number": (_with(key, 1.5), "") for key in STATE},
}


@pytest.mark.parametrize("what", FORGED)
def test_a_state_that_no_run_can_have_is_not_gone_on_with(what, halfway, capsys):
    folder, _ = halfway
    change, problem = FORGED[what]
    path = _forge(folder, change)
    plan, cpu = Plan.load(folder / "params.yaml"), torch.device("cpu")
    made_from = text_digest(as_json(asdict(plan.made_from(Task("train", RING), 0))))
    kept = Checkpoints(path.parent, RUN, made_from, train.compute.environment(cpu))
    data = open_dataset(plan.open("prepare", "ring8"))
    samples = train.open_samples(data.samples("train"), cpu, math.inf)
    recipe = plan.params.recipe("ring8", "conventional")
    run = plan.cells[RING].run(0)
    _, trainer, effort = train.restored(run, plan.params, recipe, data, samples, kept)
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"warning: {path} is unusable (")
    assert problem in said[0]
    assert said[1:] == [f"{RUN}: resuming from step 11"]
    assert trainer.step == 11
    assert effort.cpu_seconds > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: gan, loss: non_saturating", "kind: gan, loss: hinge"),
        ("generator_lr: 1e-3", "generator_lr: 2e-3"),
        ("width: 8, depth: 2", "width: 9, depth: 2"),
    ],
)
def test_changed_params_start_afresh(old, new, halfway, run):
    folder, _ = halfway
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace(old, new, 1))
    ended = _train(run, RING)
    assert ended.status == 0
    assert ended.err.startswith(f"{RUN}: params, code or data changed since step-000000012-")
    assert "; starting afresh\n" in ended.err
    assert _record(folder, RING)["this_run"]["resumed_from_step"] == 0


def test_unrelated_params_do_not(halfway, run):
    folder, expected = halfway
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("threshold: 1.0", "threshold: 0.5", 1))
    assert f"{RUN}: resuming from step 12\n" in _train(run, RING).err
    assert _made(folder, RING) == expected


@pytest.mark.parametrize(
    ("name", "mend"), [("threads", "GANMATRIX_THREADS sets it"), ("device", "--device"), ("torch", "install")]
)
def test_another_environment_is_refused_and_the_checkpoints_stay(name, mend, halfway, run, monkeypatch):
    """To go on in it would give bytes that no single run gives."""
    folder, expected = halfway
    before = {path: path.read_bytes() for path in checkpoints(folder, RING)}
    with monkeypatch.context() as patch:
        if name == "threads":
            patch.setenv("GANMATRIX_THREADS", "2")
        else:
            real = train.compute.environment
            patch.setattr(train.compute, "environment", lambda device: real(device) | {name: "other"})
        ended = _train(run, RING)
    torch.set_num_threads(1)
    assert ended.status == 2
    newest = checkpoints(folder, RING)[-1].relative_to(folder)
    assert ended.err.startswith(f"error: {newest} was made with {name} ")
    assert mend in ended.err
    assert f"or remove {newest.parent} to start afresh\n" in ended.err
    assert ended.err.count("\n") == 1
    assert {path: path.read_bytes() for path in checkpoints(folder, RING)} == before
    assert f"{RUN}: resuming from step 12\n" in _train(run, RING).err
    assert _made(folder, RING) == expected


def test_the_checkpoint_of_another_run_is_an_error(halfway, run):
    folder, _ = halfway
    (folder / f"scratch/train/{RING}/0").rename(folder / f"scratch/train/{RING}/1")
    ended = _train(run, RING, seed=1)
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert f" is a checkpoint of {RUN}, not of {RING}-1; remove it" in ended.err
    assert len(checkpoints(folder, RING, 1)) == 2
    assert not _made(folder, RING, 1)


def test_a_diverged_run_killed_before_it_is_published_says_the_same(finished, run, monkeypatch):
    """The last checkpoint is that of the step in which the divergence was found."""
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    _forget(finished, RING)
    assert _train(run, RING).status == 0
    expected = _made(finished, RING)
    assert expected["0/run.json"]["outcome"] == "diverged"
    assert expected["0/run.json"]["operations_per_step"] is None
    steps = expected["0/run.json"]["generator_steps"]
    _interrupt(finished, run, step=steps)
    ended = _train(run, RING)
    assert f"{RUN}: resuming from step {steps}\n" in ended.err
    assert _made(finished, RING) == expected


def test_a_run_that_could_not_be_published_is_not_trained_again(finished, run, monkeypatch):
    expected = _made(finished, RING)
    _forget(finished, RING)

    def refusing(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Publication, "_exchange", refusing)
        ended = _train(run, RING)
    assert ended.status == 2
    assert ended.err.splitlines()[-1] == (
        f"error: cells/{RING}/train/0 cannot be written: No space left on device; mend it and run again"
    )
    assert not _made(finished, RING)
    assert f"{RUN}: resuming from step 20\n" in _train(run, RING).err
    assert _made(finished, RING) == expected
    assert not checkpoints(finished, RING)


def test_what_a_run_took_is_counted_over_its_interruptions(halfway, run):
    folder, _ = halfway
    content = unpack(checkpoints(folder, RING)[-1].read_bytes())
    earlier = content["state"]["effort"]
    assert set(earlier) == {"wall_seconds", "cpu_seconds", "devices"}
    checkpoint = checkpoints(folder, RING)[-1]
    content["state"]["effort"] = earlier | {"wall_seconds": 1000.0, "devices": ("an older one",)}
    checkpoint.unlink()
    data = pack(content)
    checkpoint.with_name(f"step-000000012-{digest(data)}.ckpt").write_bytes(data)
    assert _train(run, RING).status == 0
    this_run = _record(folder, RING)["this_run"]
    assert 1000 < this_run["wall_seconds"] < 1100
    assert this_run["devices"][0] == "an older one"
    assert len(this_run["devices"]) == 2
    assert this_run["resumed_from_step"] == 12


def test_checkpoints_of_this_project_say_what_they_belong_to(halfway):
    folder, _ = halfway
    content = unpack(checkpoints(folder, RING)[-1].read_bytes())
    assert set(content) == set(checkpoint_files.KEYS)
    assert content["run"] == RUN
    assert content["environment"] == {"device": "cpu", "threads": 1, "torch": torch.__version__}
    assert Plan.load(folder / "params.yaml").layout.scratch("train", RING, "0") == (
        checkpoints(folder, RING)[-1].parent.relative_to(folder)
    )
