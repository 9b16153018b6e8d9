"""What cannot be read, or lies in the way, is named before the work."""

import re
import shutil
from pathlib import Path

import pytest

from ganmatrix.plan import Task
from ganmatrix.store import manifest
from helpers.denying import deny
from helpers.makers import CELL, EDITS, NOTE, TRAIN, Making, everything, nothing_to_make, unwanted
from helpers.refusal import refused


def _of_another_cell(text):
    return text.replace(CELL, "digits-conventional-gan")


REMOVE = f"remove it and run `ganmatrix train {CELL}`"
NOTES = {
    "truncated": (lambda text: text[:-20], REMOVE),
    "empty": (lambda text: "", REMOVE),
    "of another run": (lambda text: text.replace('"seed": 1', '"seed": 0'), REMOVE),
    "of another cell": (_of_another_cell, REMOVE),
    "newer": (lambda text: text.replace('"manifest": 1', '"manifest": 2'), "update"),
}


@pytest.mark.parametrize("what", NOTES)
def test_a_note_that_is_none_is_refused_and_kept(what, train):
    train()
    before = everything()
    change, mend = NOTES[what]
    Path(NOTE).write_text(change(Path(NOTE).read_text()))
    damaged = everything()
    refused(lambda: nothing_to_make(TRAIN), key=NOTE, mend=mend)
    assert everything() == damaged
    Path(NOTE).unlink()
    assert train() == f"{TRAIN}: made seed 1; 1 were up to date"
    assert everything() == before


def test_a_run_whose_file_cannot_be_read_is_not_made_again(train, monkeypatch):
    """It may be sound: permissions, a stale mount."""
    train()
    file = Path(f"cells/{CELL}/train/1/a.bin")
    deny(monkeypatch, manifest, "listed", file)
    refused(train, key=str(file), mend="mend its permissions")
    assert train.made == [0, 1]
    assert file.read_bytes() == b"a"


@pytest.mark.parametrize("called", ["iterdir", "is_symlink", "exists"])
def test_a_folder_that_cannot_be_read_is_refused_before_the_work(called, train, monkeypatch):
    train()
    folder = f"cells/{CELL}/train/1"
    deny(monkeypatch, Path, called, Path(folder))
    refused(train, key=folder, mend="mend its permissions")
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
    before = everything()
    refused(train, key=str(link), mend="put the folder itself there, or remove it")
    assert train.made == [0, 1]
    assert everything() == before
    link.unlink()
    train()
    others = {name: content for name, content in before.items() if "as_gan" in name}
    assert others.items() <= everything().items()


@pytest.mark.parametrize(
    ("way", "mend"),
    [
        (f"cells/{CELL}/train/1/a.bin/x", "move it away"),
        (f"cells/{CELL}/train/1/new/x", "move it away"),
        (f"cells/{CELL}/train/1", "remove it"),
        (f"cells/{CELL}/.train-1.new", "remove it"),
        (f"cells/{CELL}/.train-1.old", "remove it"),
        (f"cells/{CELL}/train/1.json/x", "remove it"),
    ],
)
def test_what_lies_in_the_way_is_named_before_the_work(way, mend, train):
    path = Path(way)
    named = path.parent if path.name == "x" else path
    named.parent.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"in the way")
    refused(lambda: train(fail=unwanted), key=str(named), mend=mend)
    assert path.read_bytes() == b"in the way"


@pytest.mark.parametrize("size", ["Infinity", "1e999", "null", "[]"])
def test_a_manifest_with_an_impossible_number_is_refused(size, train):
    train()
    note = Path(f"cells/{CELL}/train/1.json")
    note.write_text(re.sub(r'"size": \d+', f'"size": {size}', note.read_text()))
    assert refused(train, key=str(note), mend="remove it")
