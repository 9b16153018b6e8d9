"""Nothing is read that no manifest vouches for."""

import json
import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ganmatrix.errors import NotMade, UserError
from ganmatrix.store import manifest, opening, tables
from ganmatrix.store.dataset import open_dataset
from ganmatrix.store.files import as_json
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry

CELL = "a-b-c"
MADE_FROM = MadeFrom({"methods.c": "1"}, "2", {"data": "3"})


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def _write(layout, stage, target, files, seed=None):
    """Files and the manifest that lists them."""
    folder = layout.folder(stage, target, seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    entry = ManifestEntry(MADE_FROM, {name: manifest.listed(folder / name) for name in sorted(files)})
    layout.manifest(stage, target).write_text(Manifest(stage, target, {seed: entry}).text())
    return folder


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "flipped": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    "empty": lambda path: path.write_bytes(b""),
    "link": lambda path: (path.rename(path.with_name("x")), path.symlink_to("x")),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "nested": lambda path: path.write_text("[" * 99_999),
    "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["a.bin", "a.json", "a.npy", "a.parquet"])
def test_a_file_is_what_the_manifest_lists_or_an_error(damage, name, layout):
    array = layout.root / "array.npy"
    np.save(array, np.arange(3))
    contents = {
        "a.bin": b"abc",
        "a.json": as_json({"a": 1}).encode(),
        "a.npy": array.read_bytes(),
        "a.parquet": tables.pack(pd.DataFrame({"a": [1]}), {"b": 2}),
    }
    folder = _write(layout, "train", CELL, contents, seed=4)
    part = opening.part(layout, "train", CELL, 4)
    reading = {"a.bin": part.content, "a.json": part.json, "a.npy": part.array, "a.parquet": part.table}[name]
    reading(name)
    part.check()
    DAMAGES[damage](folder / name)
    for attempt in (lambda: reading(name), part.check):
        with pytest.raises(UserError, match=rf"train/4/{name} .*`ganmatrix train {CELL}`") as error:
            attempt()
        assert isinstance(error.value, NotMade) == (damage == "missing")
        assert "\n" not in str(error.value)


def test_a_file_that_the_manifest_does_not_list_is_not_opened(layout):
    folder = _write(layout, "train", CELL, {"a": b"a"}, seed=4)
    (folder / "b").write_bytes(b"b")
    with pytest.raises(UserError, match="is not in its manifest"):
        opening.part(layout, "train", CELL, 4).content("b")


def test_seeds_that_were_not_made(layout):
    _write(layout, "train", CELL, {"a": b"a"}, seed=4)
    with pytest.raises(NotMade, match=rf"train\.json lacks seed 5; run `ganmatrix train {CELL}`"):
        opening.part(layout, "train", CELL, 5)
    with pytest.raises(NotMade, match=r"evaluate\.json is missing; run `ganmatrix evaluate"):
        opening.part(layout, "evaluate", CELL, 4)


def _content(layout):
    _write(layout, "train", CELL, {"a": b"a"}, seed=4)
    path = layout.manifest("train", CELL)
    return path, json.loads(path.read_text())


BAD = {
    "no json": (lambda c: b"{", "is damaged (no JSON); remove it"),
    "no text": (lambda c: b"\xff\xfe", "is damaged (no JSON); remove it"),
    "deep": (lambda c: b"[" * 100_000, "is damaged (no JSON); remove it"),
    "a list": (lambda c: [], "is damaged (no mapping); remove it"),
    "empty": (lambda c: {}, "is no manifest; remove it"),
    "newer": (lambda c: c | {"manifest": 99}, "is of a newer version (99, known is 1); update ganmatrix"),
    "another's": (lambda c: c | {"target": "x-y-z"}, "belongs to train x-y-z; remove it"),
    "of another stage": (lambda c: c | {"stage": "probe"}, f"belongs to probe {CELL}; remove it"),
    "no runs": (lambda c: c | {"runs": []}, "is damaged; remove it"),
    "no files": (lambda c: _run(c, files=None), "is damaged; remove it"),
    "no origin": (lambda c: _run(c, made_from={}), "is damaged; remove it"),
    "a file above": (lambda c: _run(c, files={"../x": {"sha256": "", "size": 0}}), "is damaged; remove it"),
    "a file at the root": (
        lambda c: _run(c, files={"/x": {"sha256": "", "size": 0}}),
        "is damaged; remove it",
    ),
    "no seed": (lambda c: c | {"runs": {"four": c["runs"]["4"]}}, "is damaged; remove it"),
}


def _run(content, **changes):
    return content | {"runs": {"4": content["runs"]["4"] | changes}}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_manifest_is_refused(what, layout):
    path, content = _content(layout)
    change, problem = BAD[what]
    changed = change(content)
    path.write_bytes(changed if isinstance(changed, bytes) else json.dumps(changed).encode())
    with pytest.raises(UserError) as error:
        opening.part(layout, "train", CELL, 4)
    assert not isinstance(error.value, NotMade)
    assert str(error.value).startswith(f"{path} {problem}")


def test_a_manifest_comes_back_as_it_was(layout):
    path, _ = _content(layout)
    found = opening.read_manifest(layout, "train", CELL)
    assert found.text() == path.read_text()
    entry = replace(found.entries[4], environment={"threads": 1})
    layout.manifest("train", CELL, 4).write_text(manifest.note("train", CELL, 4, entry))
    assert opening.read_manifest(layout, "train", CELL, 4).entries == {4: entry}
    many = Manifest("train", CELL, dict.fromkeys((10, 9, 2), entry))
    assert list(json.loads(many.text())["runs"]) == ["10", "2", "9"]
    path.write_text(many.text())
    assert opening.read_manifest(layout, "train", CELL) == many


def test_what_changed_is_named(layout):
    assert MADE_FROM.change(MADE_FROM) is None
    for changed, name in (
        (replace(MADE_FROM, params={"methods.c": "x"}), "methods.c"),
        (replace(MADE_FROM, params={}), "methods.c"),
        (replace(MADE_FROM, inputs={"data": "x"}), "data"),
        (replace(MADE_FROM, code="x"), "code"),
        (replace(MADE_FROM, code="x", params={"methods.c": "x"}), "methods.c"),
    ):
        assert MADE_FROM.change(changed) == changed.change(MADE_FROM) == name


def test_times_and_hosts_are_not_listed_and_yet_sealed(layout):
    def run(second, value=1):
        content = {"reproducible": value, "this_run": {"started": second}}
        return as_json(manifest.sealed(content)).encode()

    folder = _write(layout, "train", CELL, {"run.json": run("now")}, seed=4)
    part = opening.part(layout, "train", CELL, 4)
    assert part.json("run.json") == json.loads(run("now"))
    (folder / "run.json").write_bytes(run("later"))
    assert part.json("run.json") == json.loads(run("later"))
    (folder / "run.json").write_bytes(run("now", 2))
    with pytest.raises(UserError, match=r"run\.json is damaged"):
        part.json("run.json")
    (folder / "run.json").write_bytes(run("now").replace(b"now", b"won"))
    with pytest.raises(UserError, match=r"run\.json is damaged"):
        part.json("run.json")
    content = json.loads(run("now"))
    del content["this_run_sha256"]
    (folder / "run.json").write_text(as_json(content))
    with pytest.raises(UserError, match=r"run\.json is damaged"):
        part.json("run.json")


def test_arrays_of_objects_are_not_unpickled(layout):
    path = layout.root / "a.npy"
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    _write(layout, "prepare", "a", {"a.npy": path.read_bytes()})
    with pytest.raises(UserError, match=r"a\.npy is damaged \("):
        opening.part(layout, "prepare", "a").array("a.npy")


CARD = {
    "dataset": "a", "modality": "points", "shape": [2], "counts": {"train": 3, "held_out": 1},
    "mean": [0.0, 0.0], "std": [1.0, 1.0], "modes": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"shape": []}, r"shape: "),
        ({"shape": [3]}, r".*mean and std must have a value for each"),
        ({"counts": {"train": 0, "held_out": 1}}, r"counts\.train: "),
        ({"mean": [float("nan"), 0]}, r"mean\.0: "),
        ({"modality": "sounds"}, "modality: "),
    ],
)
def test_a_card_that_is_none(change, problem, layout):
    _write(layout, "prepare", "a", {"card.json": json.dumps(CARD | change).encode()})
    with pytest.raises(UserError, match=rf"card\.json is damaged \({problem}.*`ganmatrix prepare a`"):
        open_dataset(opening.part(layout, "prepare", "a"))


def test_an_array_of_another_shape_than_the_card_says(layout):
    np.save(layout.root / "train.npy", np.zeros((3, 3)))
    files = {"card.json": as_json(CARD).encode(), "train.npy": (layout.root / "train.npy").read_bytes()}
    _write(layout, "prepare", "a", files)
    with pytest.raises(
        UserError, match=r"train\.npy is damaged \(its shape is \(3, 3\), the card says \(3, 2\)"
    ):
        open_dataset(opening.part(layout, "prepare", "a")).samples("train")
