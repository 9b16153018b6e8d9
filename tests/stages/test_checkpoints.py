"""A run goes on from its newest sound checkpoint, or says why not."""

import math
import shutil
from dataclasses import asdict

import pytest
import torch

from ganmatrix.plan import Plan, Task
from ganmatrix.runtime import checkpoints as checkpoint_files
from ganmatrix.runtime.checkpoints import Checkpoints, digest, pack, unpack
from ganmatrix.stages import train
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.files import as_json, text_digest
from ganmatrix.store.publishing import Publication
from ganmatrix.training import optimisers
from helpers.processes import checkpoints
from helpers.refusal import names
from helpers.single_run import RING, RUN, forget, made_of_run, record, train_run


class Killed(BaseException):
    """Stands for a kill."""


def _interrupt(folder, run, step=12):
    """Train a run until it is killed after that step; its checkpoints are those of the last two."""

    def save(self, now, state, original=Checkpoints.save):
        original(self, now, state)
        if now == step:
            raise Killed

    forget(folder, RING)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(Checkpoints, "save", save)
        with pytest.raises(Killed):
            train_run(run, RING, "--checkpoint-seconds", "0")


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
    return folder, made_of_run(finished_project, RING)


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
    ended = train_run(run, RING)
    assert ended.status == 0
    assert ended.err.splitlines()[:2] == [
        f"warning: {newest.relative_to(folder)} is damaged (its checksum differs); using the one before",
        f"{RUN}: resuming from step 11",
    ]
    assert made_of_run(folder, RING) == expected


def test_with_all_checkpoints_damaged_training_starts_afresh(halfway, run):
    folder, expected = halfway
    for path in checkpoints(folder, RING):
        path.write_bytes(b"x")
    ended = train_run(run, RING)
    assert ended.err.count("warning: ") == 2
    assert "resuming" not in ended.err
    assert made_of_run(folder, RING) == expected


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
    ended = train_run(run, RING)
    assert ended.status == 0, ended.err
    assert ended.err.splitlines()[:2] == [
        f"warning: {path} is unusable ({problem}); using the one before",
        f"{RUN}: resuming from step 11",
    ]
    assert made_of_run(folder, RING) == expected


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
    _, trainer, effort = train.restored(run, plan.params, recipe, data.shape, samples, kept)
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
    ended = train_run(run, RING)
    assert ended.status == 0
    assert ended.err.startswith(f"{RUN}: params, code or data changed since step-000000012-")
    assert "; starting afresh\n" in ended.err
    assert record(folder, RING)["this_run"]["resumed_from_step"] == 0


def test_unrelated_params_do_not(halfway, run):
    folder, expected = halfway
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace("threshold: 1.0", "threshold: 0.5", 1))
    assert f"{RUN}: resuming from step 12\n" in train_run(run, RING).err
    assert made_of_run(folder, RING) == expected


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
        ended = train_run(run, RING)
    torch.set_num_threads(1)
    assert ended.status == 2
    newest = checkpoints(folder, RING)[-1].relative_to(folder)
    line = names(ended.err.removesuffix("\n"), key=str(newest), mend=mend)
    assert f"or remove {newest.parent}" in line
    assert {path: path.read_bytes() for path in checkpoints(folder, RING)} == before
    assert f"{RUN}: resuming from step 12\n" in train_run(run, RING).err
    assert made_of_run(folder, RING) == expected


def test_the_checkpoint_of_another_run_is_an_error(halfway, run):
    folder, _ = halfway
    (folder / f"scratch/train/{RING}/0").rename(folder / f"scratch/train/{RING}/1")
    ended = train_run(run, RING, seed=1)
    assert ended.status == 2
    newest = checkpoints(folder, RING, 1)[-1].relative_to(folder)
    names(ended.err.removesuffix("\n"), key=str(newest), mend="remove it")
    assert len(checkpoints(folder, RING, 1)) == 2
    assert not made_of_run(folder, RING, 1)


def test_a_diverged_run_killed_before_it_is_published_says_the_same(finished, run, monkeypatch):
    """The last checkpoint is that of the step in which the divergence was found."""
    monkeypatch.setattr(optimisers, "rate_factor", lambda recipe, step: math.inf if step == 6 else 1.0)
    forget(finished, RING)
    assert train_run(run, RING).status == 0
    expected = made_of_run(finished, RING)
    assert expected["0/run.json"]["outcome"] == "diverged"
    assert expected["0/run.json"]["operations_per_step"] is None
    steps = expected["0/run.json"]["generator_steps"]
    _interrupt(finished, run, step=steps)
    ended = train_run(run, RING)
    assert f"{RUN}: resuming from step {steps}\n" in ended.err
    assert made_of_run(finished, RING) == expected


def test_a_run_that_could_not_be_published_is_not_trained_again(finished, run, monkeypatch):
    expected = made_of_run(finished, RING)
    forget(finished, RING)

    def refusing(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Publication, "_exchange", refusing)
        ended = train_run(run, RING)
    assert ended.status == 2
    names(ended.err.splitlines()[-1], key=f"cells/{RING}/train/0", mend="mend it and run again")
    assert not made_of_run(finished, RING)
    assert f"{RUN}: resuming from step 20\n" in train_run(run, RING).err
    assert made_of_run(finished, RING) == expected
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
    assert train_run(run, RING).status == 0
    this_run = record(folder, RING)["this_run"]
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
