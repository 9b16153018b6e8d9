"""Bringing a stage up to date, with makers that write a few bytes."""

import json
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from denying import deny
from ganmatrix.errors import NotMade, UserError
from ganmatrix.making import Made, make
from ganmatrix.plan import Plan, Task
from ganmatrix.runtime.signals import Stopped
from ganmatrix.store import manifest
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import Layout
from killing import killed_at

CELL = "ring8-conventional-gan"
PREPARE, TRAIN = Task("prepare", "ring8"), Task("train", CELL)
EDITS = {
    PREPARE: ("radius: 0.8", "radius: 0.7"),
    TRAIN: ("kind: gan, loss: non_saturating", "kind: gan, loss: hinge"),
}
MANIFEST = f"cells/{CELL}/train.json"


class Making:
    """What makes a task's files, and remembers what it made."""

    def __init__(self, task, **options):
        self.task, self.options, self.made = task, options, []

    def __call__(self, fail=None):
        plan = Plan.load(Path("params.yaml"))

        def maker(seed, folder):
            self.made.append(seed)
            (folder / "a.bin").write_bytes(b"a" * (3 if seed is None else seed))
            if fail is not None:
                fail(seed)
            (folder / "made_from.json").write_text(as_json(asdict(plan.made_from(self.task, seed))))
            return Made({"threads": 1})

        return make(plan, self.task, lambda: maker, **self.options)


@pytest.fixture
def prepare(project):
    return Making(PREPARE)


@pytest.fixture
def train(prepare):
    """Of a cell of two runs whose data are prepared."""
    prepare()
    return Making(TRAIN)


def _everything(folder=Path()):
    """All files by name, but for locks."""
    files = (path for path in folder.rglob("*") if path.is_file() and "locks" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _content(name):
    return Path(name).read_bytes() if Path(name).exists() else None


def _unwanted(*_):
    raise AssertionError("nothing is to be made")


@pytest.mark.parametrize("task", [PREPARE, TRAIN])
def test_what_is_missing_is_made_once(task, train, prepare):
    making = Making(task)
    parts = [None] if task is PREPARE else [0, 1]
    if task is TRAIN:
        assert making() == f"{TRAIN}: made seeds 0, 1"
        assert making.made == parts
    before = _everything()
    plan = Plan.load(Path("params.yaml"))
    assert make(plan, task, _unwanted) == f"{task}: up to date"
    assert _everything() == before
    for part in parts:
        found = plan.open(task.stage, task.target, part)
        assert set(found.entry.files) == {"a.bin", "made_from.json"}
        assert found.entry.environment == {"threads": 1}
        assert (
            found.json("made_from.json")
            == asdict(found.entry.made_from)
            == asdict(plan.made_from(task, part))
        )


def test_what_a_stage_without_seeds_has_made_is_listed(project):
    assert Making(PREPARE)() == (
        "prepare ring8: made data/ring8/a.bin (3 B), data/ring8/made_from.json "
        f"({Path('data/ring8/made_from.json').stat().st_size} B)"
    )


def test_a_seed_more_is_one_run_more(train, project, capsys):
    assert train() == f"{TRAIN}: made seeds 0, 1"
    before = _everything()
    project(("seeds: [0, 1]", "seeds: 3"))
    assert train() == f"{TRAIN}: made seed 2; 2 were up to date"
    assert train.made == [0, 1, 2]
    after = _everything()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"params.yaml", MANIFEST} | {
        f"cells/{CELL}/train/{name}" for name in ("2/a.bin", "2/made_from.json", "2.json")
    }
    assert list(json.loads(after[MANIFEST])["runs"]) == ["0", "1", "2"]
    assert capsys.readouterr().err == ""
    project(("seeds: [0, 1]", "seeds: [1]"))
    assert make(Plan.load(Path("params.yaml")), TRAIN, _unwanted) == f"{TRAIN}: up to date"
    assert _everything()[MANIFEST] == after[MANIFEST], "runs that left the grid are not forgotten"


def test_seeds_can_be_made_one_by_one(train):
    assert Making(TRAIN, seeds=[1])() == f"{TRAIN}: made seed 1"
    assert list(json.loads(Path(MANIFEST).read_text())["runs"]) == ["1"]
    with pytest.raises(NotMade, match=rf"{MANIFEST} lacks seed 0; run `ganmatrix train {CELL}`"):
        Plan.load(Path("params.yaml")).open("train", CELL, 0)
    assert train() == f"{TRAIN}: made seed 0; 1 were up to date"


DAMAGES = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "edited": (lambda path: path.write_bytes(b"b"), "is damaged (its bytes are not those"),
    "longer": (lambda path: path.write_bytes(b"aa"), "is damaged (its bytes are not those"),
    "a link": (lambda path: (path.rename("moved"), path.symlink_to("../../../../moved")), "is a link"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_whose_file_is_not_what_it_was_is_made_again(damage, train, capsys):
    train()
    before, note = _everything(), Path(f"cells/{CELL}/train/0/a.bin").stat()
    change, reason = DAMAGES[damage]
    change(Path(f"cells/{CELL}/train/1/a.bin"))
    assert train() == f"{TRAIN}: made seed 1; 1 were up to date"
    said = capsys.readouterr().err
    assert said.startswith(f"{TRAIN}, seed 1: cells/{CELL}/train/1/a.bin {reason}")
    assert said.endswith("; making it again\n")
    Path("moved").unlink(missing_ok=True)
    assert _everything() == before
    assert Path(f"cells/{CELL}/train/0/a.bin").stat() == note


@pytest.mark.parametrize("task", [PREPARE, TRAIN])
def test_other_params_make_again_what_depends_on_them(task, train, project, capsys):
    train()
    project(EDITS[task])
    making = Making(task)
    making()
    assert making.made == ([None] if task is PREPARE else [0, 1])
    said = capsys.readouterr().err
    key = "datasets.ring8" if task is PREPARE else "methods.gan"
    assert said.count(f"{key} changed; making it again\n") == len(making.made) == said.count("\n")
    project(("threshold: 1.0", "threshold: 0.5"), EDITS[task])
    assert make(Plan.load(Path("params.yaml")), task, _unwanted) == f"{task}: up to date"


def test_other_data_make_again_what_was_made_from_them(train, prepare, project, capsys):
    train()
    project(EDITS[PREPARE])
    with pytest.raises(
        NotMade, match=r"data/ring8\.json is not current: datasets\.ring8 changed; run `ganmatrix prepare"
    ):
        train()
    prepare()
    capsys.readouterr()
    assert train() == f"{TRAIN}: made seeds 0, 1"
    assert "train ring8-conventional-gan, seed 0: data changed; making it again\n" in capsys.readouterr().err


def test_without_its_inputs_nothing_is_made(train):
    shutil.rmtree("data")
    Path("x").write_text("")
    before = _everything()
    with pytest.raises(NotMade, match=r"data/ring8\.json is missing; run `ganmatrix prepare ring8`"):
        make(Plan.load(Path("params.yaml")), TRAIN, _unwanted)
    assert _everything() == before


@pytest.mark.parametrize("what", ["removed", "older", "truncated"])
def test_a_manifest_that_an_engine_put_back_is_written_again(what, train, project):
    """The runs' own notes tell what was made, so nothing is made again."""
    train()
    project(("seeds: [0, 1]", "seeds: 3"))
    older = Path(MANIFEST).read_bytes()
    train()
    newer = Path(MANIFEST).read_bytes()
    Path(MANIFEST).unlink()
    if what == "older":
        Path(MANIFEST).write_bytes(older)
    elif what == "truncated":
        Path(MANIFEST).write_bytes(newer[:-20])
        with pytest.raises(
            UserError, match=rf"{MANIFEST} is damaged .*remove it and run `ganmatrix train {CELL}`"
        ):
            make(Plan.load(Path("params.yaml")), TRAIN, _unwanted)
        Path(MANIFEST).unlink()
    said = make(Plan.load(Path("params.yaml")), TRAIN, _unwanted)
    assert said == f"{TRAIN}: up to date; its manifest was written again"
    assert Path(MANIFEST).read_bytes() == newer


NOTES_OF = [f"cells/{CELL}/train/{seed}.json" for seed in (0, 1)]
NOTE = NOTES_OF[1]


def _of_another_cell(text):
    return text.replace(CELL, "digits-conventional-gan")


NOTES = {
    "truncated": (lambda text: text[:-20], "is damaged"),
    "empty": (lambda text: "", "is damaged"),
    "of another run": (lambda text: text.replace('"seed": 1', '"seed": 0'), "is of another seed"),
    "of another cell": (_of_another_cell, "belongs to train digits-conventional-gan"),
    "newer": (lambda text: text.replace('"manifest": 1', '"manifest": 2'), "is of a newer version"),
}


@pytest.mark.parametrize("what", NOTES)
def test_a_note_that_is_none_is_refused_and_kept(what, train):
    train()
    before = _everything()
    change, problem = NOTES[what]
    Path(NOTE).write_text(change(Path(NOTE).read_text()))
    damaged = _everything()
    with pytest.raises(
        UserError, match=rf"^{NOTE} {problem}.*(remove it and run `ganmatrix train {CELL}`|update)"
    ):
        make(Plan.load(Path("params.yaml")), TRAIN, _unwanted)
    assert _everything() == damaged
    Path(NOTE).unlink()
    assert train() == f"{TRAIN}: made seed 1; 1 were up to date"
    assert _everything() == before


def test_a_run_whose_file_cannot_be_read_is_not_made_again(train, monkeypatch):
    """It may be sound: permissions, a stale mount."""
    train()
    file = Path(f"cells/{CELL}/train/1/a.bin")
    deny(monkeypatch, manifest, "listed", file)
    with pytest.raises(UserError, match=r"a\.bin cannot be read: Permission denied; mend its permissions"):
        train()
    assert train.made == [0, 1]
    assert file.read_bytes() == b"a"


@pytest.mark.parametrize("called", ["iterdir", "is_symlink", "exists"])
def test_a_folder_that_cannot_be_read_is_refused_before_the_work(called, train, monkeypatch):
    train()
    deny(monkeypatch, Path, called, Path(f"cells/{CELL}/train/1"))
    with pytest.raises(UserError, match=r"train/1 cannot be read: Permission denied; mend its permissions"):
        train()
    assert train.made == [0, 1]


@pytest.mark.parametrize(
    ("folder", "other"),
    [
        ("train/1", "0"),
        ("train/1", "../../ring8-conventional-as_gan/train/0"),
        ("train", "../ring8-conventional-as_gan/train"),
        ("", "ring8-conventional-as_gan"),
        ("train/1", "nowhere"),
    ],
)
def test_nothing_is_written_through_a_link_to_another_s_files(folder, other, train, project):
    """The link of a seed, a stage, or a cell."""
    train()
    Making(Task("train", "ring8-conventional-as_gan"))()
    link = Path("cells", CELL, folder)
    shutil.rmtree(link)
    link.symlink_to(other)
    project(EDITS[TRAIN])
    before = _everything()
    with pytest.raises(UserError, match=f"^{link} is a link; put the folder itself there, or remove it"):
        train()
    assert train.made == [0, 1]
    assert _everything() == before
    link.unlink()
    train()
    others = {name: content for name, content in before.items() if "as_gan" in name}
    assert others.items() <= _everything().items()


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (f"cells/{CELL}/train/1/a.bin/x", "is a folder where a file may be due; move it away"),
        (f"cells/{CELL}/train/1/new/x", "is a folder where a file may be due; move it away"),
        (f"cells/{CELL}/train/1", "is no folder; remove it"),
        (f"cells/{CELL}/.train-1.new", "is no folder; remove it"),
        (f"cells/{CELL}/.train-1.old", "is no folder; remove it"),
        (f"cells/{CELL}/train/1.json/x", "is not a plain file; remove it"),
    ],
)
def test_what_lies_in_the_way_is_named_before_the_work(way, said, train):
    path = Path(way)
    named = path.parent if path.name == "x" else path
    named.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"in the way")
    with pytest.raises(UserError, match=f"^{named} {said}"):
        train(fail=_unwanted)
    assert path.read_bytes() == b"in the way"


@pytest.mark.parametrize("size", ["Infinity", "1e999", "null", "[]"])
def test_a_manifest_with_an_impossible_number_is_refused(size, train):
    train()
    note = Path(f"cells/{CELL}/train/1.json")
    note.write_text(re.sub(r'"size": \d+', f'"size": {size}', note.read_text()))
    with pytest.raises(UserError):
        train()


def test_files_that_were_swapped_between_runs_are_made_again(train):
    train()
    before = _everything()
    folder = Path(f"cells/{CELL}/train")
    for name in ("0/a.bin", "1/a.bin"):
        (folder / name).rename(f"{name[0]}.bin")
    Path("0.bin").rename(folder / "1/a.bin")
    Path("1.bin").rename(folder / "0/a.bin")
    assert train() == f"{TRAIN}: made seeds 0, 1"
    assert _everything() == before


def test_a_failure_leaves_what_was_there(train, project):
    train()
    before = _everything()
    project(EDITS[TRAIN])

    def fail(seed):
        if seed == 1:
            raise UserError("no")

    with pytest.raises(UserError, match=r"^no$"):
        train(fail)
    after = _everything()
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
    former = _everything()
    making = Making(task)
    project(EDITS[task])
    making()
    new = _everything()
    outcomes = []
    for number in range(1, 1000):
        for name in ("data", "cells"):
            shutil.rmtree(name, ignore_errors=True)
        for name, content in former.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content if name != "params.yaml" else new[name])
        if not killed_at(number, Path.cwd(), making):
            break
        finished = [part for part in (0, 1) if _content(NOTES_OF[part]) == new.get(NOTES_OF[part])]
        again = Making(task)
        again()
        assert _everything() == new, number
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
    expected = _everything()
    for workers in (2, 3, 8):
        shutil.rmtree("cells")
        making = Making(TRAIN, workers=workers)
        assert making() == f"{TRAIN}: made seeds 0, 1, 2, 3, 4"
        assert making.made == [], "in this process nothing was"
        assert _everything() == expected


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


def test_what_is_to_be_done_in_the_end_is_done_when_all_is_published(prepare):
    plan, published = Plan.load(Path("params.yaml")), []
    Path("elsewhere").write_bytes(b"moved")

    def maker(seed, folder):
        (folder / "a.bin").write_bytes(b"a")
        return Made(
            moved={"b.bin": Path("elsewhere")},
            finished=lambda: published.append(sorted(_everything(Path("data")))),
        )

    make(plan, PREPARE, lambda: maker)
    assert published == [["ring8.json", "ring8/a.bin", "ring8/b.bin"]]
    assert Path("data/ring8/b.bin").read_bytes() == b"moved"
    assert not Path("elsewhere").exists()
    Plan.load(Path("params.yaml")).open("prepare", "ring8").check()
