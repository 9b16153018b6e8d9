"""What is missing or outdated is made, and nothing else."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from ganmatrix.errors import NotMade, UserError
from ganmatrix.making import Made, make
from ganmatrix.plan import Plan
from helpers.makers import (
    CELL,
    EDITS,
    MANIFEST,
    PREPARE,
    TRAIN,
    Making,
    everything,
    nothing_to_make,
    unwanted,
)


@pytest.mark.parametrize("task", [PREPARE, TRAIN])
def test_what_is_missing_is_made_once(task, train, prepare):
    making = Making(task)
    parts = [None] if task is PREPARE else [0, 1]
    if task is TRAIN:
        assert making() == f"{TRAIN}: made seeds 0, 1"
        assert making.made == parts
    before = everything()
    plan = Plan.load(Path("params.yaml"))
    assert make(plan, task, unwanted) == f"{task}: up to date"
    assert everything() == before
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
    before = everything()
    project(("seeds: [0, 1]", "seeds: 3"))
    assert train() == f"{TRAIN}: made seed 2; 2 were up to date"
    assert train.made == [0, 1, 2]
    after = everything()
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"params.yaml", MANIFEST} | {
        f"cells/{CELL}/train/{name}" for name in ("2/a.bin", "2/made_from.json", "2.json")
    }
    assert list(json.loads(after[MANIFEST])["runs"]) == ["0", "1", "2"]
    assert capsys.readouterr().err.splitlines() == [f"{TRAIN}, seed {seed}: finished" for seed in (0, 1, 2)]
    project(("seeds: [0, 1]", "seeds: [1]"))
    assert nothing_to_make(TRAIN) == f"{TRAIN}: up to date"
    assert everything()[MANIFEST] == after[MANIFEST], "runs that left the grid are not forgotten"


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
    before, note = everything(), Path(f"cells/{CELL}/train/0/a.bin").stat()
    change, reason = DAMAGES[damage]
    change(Path(f"cells/{CELL}/train/1/a.bin"))
    capsys.readouterr()
    assert train() == f"{TRAIN}: made seed 1; 1 were up to date"
    said = capsys.readouterr().err
    assert said.startswith(f"{TRAIN}, seed 1: cells/{CELL}/train/1/a.bin {reason}")
    assert said.endswith(f"; making it again\n{TRAIN}, seed 1: finished\n")
    Path("moved").unlink(missing_ok=True)
    assert everything() == before
    assert Path(f"cells/{CELL}/train/0/a.bin").stat() == note


@pytest.mark.parametrize("task", [PREPARE, TRAIN])
def test_other_params_make_again_what_depends_on_them(task, train, project, capsys):
    train()
    project(EDITS[task])
    capsys.readouterr()
    making = Making(task)
    making()
    assert making.made == ([None] if task is PREPARE else [0, 1])
    said = capsys.readouterr().err
    key = "datasets.ring8" if task is PREPARE else "methods.gan"
    assert said.count(f"{key} changed; making it again\n") == len(making.made)
    project(("threshold: 1.0", "threshold: 0.5"), EDITS[task])
    assert nothing_to_make(task) == f"{task}: up to date"


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
    before = everything()
    with pytest.raises(NotMade, match=r"data/ring8\.json is missing; run `ganmatrix prepare ring8`"):
        nothing_to_make(TRAIN)
    assert everything() == before


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
            nothing_to_make(TRAIN)
        Path(MANIFEST).unlink()
    said = nothing_to_make(TRAIN)
    assert said == f"{TRAIN}: up to date; its manifest was written again"
    assert Path(MANIFEST).read_bytes() == newer


def test_files_that_were_swapped_between_runs_are_made_again(train):
    train()
    before = everything()
    folder = Path(f"cells/{CELL}/train")
    for name in ("0/a.bin", "1/a.bin"):
        (folder / name).rename(f"{name[0]}.bin")
    Path("0.bin").rename(folder / "1/a.bin")
    Path("1.bin").rename(folder / "0/a.bin")
    assert train() == f"{TRAIN}: made seeds 0, 1"
    assert everything() == before


def test_what_is_to_be_done_in_the_end_is_done_when_all_is_published(prepare):
    plan, published = Plan.load(Path("params.yaml")), []
    Path("elsewhere").write_bytes(b"moved")

    def maker(seed, folder):
        (folder / "a.bin").write_bytes(b"a")
        return Made(
            moved={"b.bin": Path("elsewhere")},
            finished=lambda: published.append(sorted(everything(Path("data")))),
        )

    make(plan, PREPARE, lambda: maker)
    assert published == [["ring8.json", "ring8/a.bin", "ring8/b.bin"]]
    assert Path("data/ring8/b.bin").read_bytes() == b"moved"
    assert not Path("elsewhere").exists()
    Plan.load(Path("params.yaml")).open("prepare", "ring8").check()
