"""`ganmatrix score`: what it prints and writes, cells and datasets, and bad input in one line."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ganmatrix
from ganmatrix.evaluation.image_scores import IMAGE_METRICS
from helpers.archives import encoded, picture
from helpers.refusal import names

CELL = "digits-conventional-gan"
SMALL = ("--input-size", "32")


def images(folder: Path, numbers: range, **options: int) -> Path:
    folder.mkdir(parents=True)
    for i in numbers:
        (folder / f"{i:03d}.png").write_bytes(encoded(picture(i, **options)))
    return folder


@pytest.fixture
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two folders of 24 images, in the working folder."""
    monkeypatch.chdir(tmp_path)
    images(Path("fake"), range(24))
    images(Path("real"), range(24, 48))
    return tmp_path


def test_prints_a_table_and_how_it_was_made(run, sets):
    ended = run("score", "fake", "real", *SMALL)
    assert ended.status == 0, ended.err
    table, card = ended.out.split("\n\n", 1)
    assert table.splitlines()[0].split() == ["score", "value", "std", "better"]
    assert len(table.splitlines()) == len(IMAGE_METRICS)
    assert "efficientnet_lite0, 32 pixels, weights SHA-256 5793" in card
    assert "fake: 24 images, folder, 32x32 colour (24)" in card
    assert "FAKE fake: 24/24" in ended.err
    assert sorted(path.name for path in sets.iterdir()) == ["fake", "real"]


def test_writes_the_same_as_json_and_python_gives_it_in_two_lines(run, sets):
    ended = run("score", "fake", "real", *SMALL, "--json", "--output", "out/scores.json")
    assert ended.status == 0, ended.err
    assert Path("out/scores.json").read_text() == ended.out
    document = json.loads(ended.out)
    found = ganmatrix.score("fake", "real", input_size=32)
    assert json.loads(found.to_json()) == document
    fid = document["scores"]["fid"]
    assert fid["value"] > 0
    assert fid["protocol"].items() >= {"fake_samples": 24, "real_samples": 24, "input_size": 32}.items()
    assert document["fake"]["distinct_images"] == 24
    assert str(found).startswith(found.table())


def test_one_score_alone_is_the_same(run, sets):
    everything = json.loads(run("score", "fake", "real", *SMALL, "--json").out)["scores"]
    for metric in ("fid", "recall"):
        alone = json.loads(run("score", "fake", "real", *SMALL, "--json", "--metric", metric).out)["scores"]
        assert alone == {metric: everything[metric]}


def _copied(folder: Path) -> None:
    shutil.copytree("fake", folder)


def _linked(folder: Path) -> None:
    folder.symlink_to("fake")


def _as_array(folder: Path) -> None:
    np.save(f"{folder}.npy", np.stack([picture(i) for i in range(24)]))


SAME = "FAKE and REAL are the same images"
NOTED: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "itself": (lambda _: None, "fake", SAME),
    "a copy": (_copied, "set", SAME),
    "a link": (_linked, "set", SAME),
    "the same in an array": (_as_array, "set.npy", SAME),
    "a folder above": (lambda _: shutil.move("real", "fake/real") and None, "fake", ""),
    "a part": (lambda f: images(f, range(20, 40)), "set", "4 of FAKE's 24 distinct images are also in REAL"),
    "copies within": (
        lambda f: [shutil.copy(images(f, range(30, 60)) / "030.png", f / "copy.png")],
        "set",
        "REAL has 31 images, of which 30 are distinct",
    ),
    "grey": (lambda f: images(f, range(30, 60), channels=1), "set", "FAKE is colour, REAL grey"),
    "flat": (lambda f: images(f, range(30, 60), height=20), "set", "REAL has images that are not square"),
    "more": (lambda f: images(f, range(30, 61)), "set", "FAKE has 24 images, REAL 31"),
}


@pytest.mark.parametrize(("make", "real", "said"), NOTED.values(), ids=NOTED)
def test_says_what_a_reader_should_know_of_the_sets(make, real, said, run, sets):
    make(Path("set"))
    ended = run("score", "fake", real, *SMALL, "--metric", "fid")
    assert ended.status == 0, ended.err
    assert said in ended.out
    value = float(next(line for line in ended.out.splitlines() if line.startswith("FID")).split()[1])
    assert (value < 1e-3) == (said in (SAME, ""))


def test_sizes_and_modes_may_be_mixed(run, sets):
    folder = images(Path("mixed"), range(8))
    for i, (height, width, channels) in enumerate([(20, 33, 3), (64, 64, 1), (7, 7, 3)] * 3):
        (folder / f"more{i}.png").write_bytes(encoded(picture(i, height, width, channels)))
    (folder / "notes.txt").write_text("no image")
    ended = run("score", "mixed", "real", *SMALL, "--json")
    assert ended.status == 0, ended.err
    document = json.loads(ended.out)
    assert document["fake"]["shapes"] == {
        "32x32 colour": 8,
        "33x20 colour": 3,
        "64x64 grey": 3,
        "7x7 colour": 3,
    }
    assert document["fake"]["passed_over"]["first"] == [["mixed/notes.txt", "of another format"]]
    assert document["scores"]["precision"]["value"] is not None


@pytest.mark.parametrize(("count", "missing"), [(2, 5), (5, 5), (6, 1), (19, 1), (20, 0)])
def test_few_images_have_the_scores_that_exist(count, missing, run, sets):
    images(Path("few"), range(100, 100 + count))
    document = json.loads(run("score", "few", "real", *SMALL, "--json").out)
    none = {name: entry["reason"] for name, entry in document["scores"].items() if entry["value"] is None}
    assert len(none) == missing, none
    assert all("needs at least" in why for why in none.values())


BAD: dict[str, tuple[tuple[str, ...], str, str]] = {
    "one image": (("one", "real"), "one", "needs at least 2"),
    "one real image": (("fake", "one"), "one", "needs at least 2"),
    "nothing": (("none", "real"), "none", "expected a folder"),
    "an empty folder": (("empty", "real"), "empty", "expected files called"),
    "an archive": (("a.zip", "real"), "a.zip", "unpack it"),
    "a corrupt image": (("bad", "real"), "bad/005.png", "--skip-bad"),
    "floats": (("f.npy", "real"), "f.npy", "--range=-1,1"),
    "another range": (("f.npy", "real", "--range", "-2,0"), "f.npy", "state the range"),
    "a range of nothing": (("f.npy", "real", "--range", "1,0"), "--range", "such as -1,1"),
    "a range of bytes": (("fake", "real", "--range", "-1,1"), "--range", "leave it out"),
    "a seed of no cell": (("fake", "real", "--seed", "0"), "--seed", "leave it out"),
    "too many asked for": (("fake", "real", "--samples", "25"), "--samples", "has 24 images"),
    "none asked for": (("fake", "real", "--samples", "0"), "--samples", "at least 1"),
    "another preset": (("fake", "real", "--as", "cleanfid"), "--as", "did you mean clean-fid?"),
    "another score": (("fake", "real", "--metric", "fidd"), "--metric", "did you mean fid?"),
    "a score that a preset lacks": (
        ("fake", "real", "--as", "clean-fid", "--metric", "recall"),
        "--metric",
        "kid",
    ),
    "another extractor": (("fake", "real", "--extractor", "vgg"), "--extractor", "efficientnet_lite0"),
    "an extractor of digits": (("fake", "real", "--extractor", "digits_cnn"), "--extractor", "inception"),
    "a preset's extractor": (
        ("fake", "real", "--as", "clean-fid", "--extractor", "inception"),
        "--extractor",
        "leave one of them out",
    ),
    "weights of none": (("fake", "real", "--weights", "w.pt"), "--weights", "leave it out"),
    "a hash of none": (("fake", "real", "--sha256", "0" * 64), "--sha256", "beside --weights"),
    "other weights": (("fake", "real", "--as", "torch-fidelity", "--weights", "f.npy"), "f.npy", "--sha256"),
    "missing weights": (("fake", "real", "--as", "mimicry", "--weights", "w.pth"), "w.pth", "--weights"),
    "a large input": (("fake", "real", "--input-size", "1000"), "--input-size", "224"),
    "an output in a file": (("fake", "real", "--output", "f.npy/x.json"), "f.npy/x.json", "mend it"),
    "an output that is a folder": (("fake", "real", "--output", "real"), "real", "name another"),
}


@pytest.mark.parametrize(("argv", "key", "mend"), BAD.values(), ids=BAD)
def test_bad_input_is_one_line_and_leaves_nothing(argv, key, mend, run, sets):
    images(Path("one"), range(1))
    images(Path("bad"), range(10))
    Path("bad/005.png").write_bytes(Path("bad/005.png").read_bytes()[:60])
    Path("empty").mkdir()
    Path("a.zip").write_bytes(b"PK")
    np.save("f.npy", np.stack([picture(i) for i in range(24)]) / 255)
    before = sorted(Path.cwd().rglob("*"))
    ended = run("score", *argv, *([] if "--output" in argv else ["--output", "new.json"]))
    assert (ended.status, ended.out) == (2, "")
    errors = [line for line in ended.err.splitlines() if " images/s " not in line]
    assert len(errors) == 1, ended.err
    names(errors[0], key=key, mend=mend)
    assert sorted(Path.cwd().rglob("*")) == before


def test_bad_images_can_be_passed_over(run, sets):
    Path("fake/005.png").write_bytes(b"no image")
    ended = run("score", "fake", "real", *SMALL, "--skip-bad", "--json", "--metric", "fid")
    document = json.loads(ended.out)
    assert document["fake"]["images"] == 23
    assert document["fake"]["left_out"]["first"][0][0] == "fake/005.png"


@pytest.mark.parametrize("name", [b"a\nb", b"\xff\xfe", b"[x]", b"\x1b[31m"])
def test_any_name_can_be_printed_and_written(name, run, sets):
    folder = os.fsdecode(name)
    images(Path(folder), range(5))
    Path(folder, os.fsdecode(name + b".txt")).write_text("no image")
    ended = run("score", folder, "real", *SMALL, "--output", "s.json", "--metric", "fid")
    assert ended.status == 0, ended.err
    assert all(line.isprintable() for line in (ended.out + ended.err).splitlines())
    assert json.loads(Path("s.json").read_text())["fake"]["place"] == folder


def test_arrays_are_scored_as_the_files_that_they_were_read_from(run, sets):
    real = np.stack([picture(i) for i in range(24, 48)])
    np.save("real.npy", real.transpose(0, 3, 1, 2) / np.float32(127.5) - 1)
    np.savez("real.npz", real)
    files = json.loads(run("score", "fake", "real", *SMALL, "--json").out)["scores"]
    for place, options in (("real.npy", ("--range=-1,1",)), ("real.npz", ())):
        assert json.loads(run("score", "fake", place, *SMALL, *options, "--json").out)["scores"] == files
    memory = ganmatrix.score("fake", real, input_size=32)
    assert json.loads(memory.to_json())["scores"] == files


def test_samples_are_spread_evenly(run, sets):
    some = images(Path("some"), range(0, 24, 1))
    document = json.loads(
        run("score", str(some), "real", *SMALL, "--samples", "8", "--json", "--metric", "fid").out
    )
    assert document["fake"].items() >= {"images": 8, "of": 24}.items()


@pytest.fixture
def studied(finished_project, monkeypatch):
    monkeypatch.chdir(finished_project)


def test_a_cell_is_scored_against_its_dataset(run, studied):
    found = run("score", CELL, "digits", *SMALL, "--samples", "30", "--json")
    assert found.status == 0, found.err
    document = json.loads(found.out)
    assert document["fake"].items() >= {"kind": "cell", "run": f"{CELL}-0", "checkpoint": "ema"}.items()
    assert document["real"].items() >= {"kind": "dataset", "split": "train", "images": 30}.items()
    assert document["scores"]["kid"]["protocol"]["subsets"] == 2
    again = json.loads(run("score", CELL, "digits", *SMALL, "--samples", "30", "--json").out)
    assert again == document
    whole = json.loads(run("score", CELL, "digits", *SMALL, "--metric", "fid", "--json").out)
    assert whole["fake"]["images"] == whole["real"]["images"] == 97


@pytest.mark.parametrize(
    ("argv", "key", "mend"),
    [
        (("ring8-conventional-gan", "digits"), "ring8-conventional-gan", "only images"),
        ((CELL, "ring8"), "ring8", "only images"),
        ((CELL, "digits", "--seed", "7"), "--seed", "choose from"),
        ((CELL, "digits", "--seed", "1"), f"cells/{CELL}/train.json", "ganmatrix train"),
        (
            ("digits-conventional-dat", "digits"),
            "cells/digits-conventional-dat/train.json",
            "ganmatrix train",
        ),
        (("digits-conventional-gn", "digits"), "digits-conventional-gn", "a cell or dataset of params.yaml"),
    ],
)
def test_a_cell_or_dataset_that_cannot_be_scored_is_one_line(argv, key, mend, run, studied):
    ended = run("score", *argv, *SMALL)
    assert ended.status == 2
    names(ended.err.rstrip("\n"), key=key, mend=mend)


def test_presets_are_listed(run):
    listed = run("score", "--presets").out
    assert [line.split(":")[0] for line in listed.splitlines() if not line.startswith(" ")] == [
        "ganmatrix",
        "clean-fid",
        "pytorch-fid",
        "torch-fidelity",
        "mimicry",
    ]
