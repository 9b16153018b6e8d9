"""Folders that cannot be a dataset, and one too small to train on."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.archives import encoded, picture
from helpers.preparing import Run, card, describe, published, refused
from helpers.refusal import names


def _write(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(encoded(picture(number)))


def _loop(root: Path) -> None:
    _write(root, "t/a/1.png", "t/a/2.png")
    (root / "t/a/loop").symlink_to("..")


def _twice(root: Path) -> None:
    _write(root, "t/a/1.png", "t/a/2.png")
    (root / "t/b").symlink_to("a")


def _empty(root: Path) -> None:
    (root / "t/a").mkdir(parents=True)
    (root / "t/b").mkdir()


FOLDERS: list[tuple[Callable[[Path], Any], str | None, str]] = [
    (lambda root: None, None, "t does not exist; expected a folder of images, one folder a class"),
    (lambda root: _write(root, "t"), None, "t is no folder; expected a folder of images, one folder a class"),
    (_empty, None, "t holds no files; expected images, one folder a class"),
    (lambda root: _write(root, "t/.a/1.png", "t/.b.png"), None, "t holds no files; expected images,"),
    (
        lambda root: _write(root, "t/a/1.png"),
        None,
        "t holds 1 images; a training and a held-out set need at least 2",
    ),
    (_loop, None, "t/a/loop is a link to a folder that was read already; remove the link"),
    (_twice, None, " is a link to a folder that was read already; remove the link"),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "t/stray.txt"),
        None,
        "t/stray.txt lies beside class folders; move it into one of them",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png", "h/b/1.png", "h/stray.png"),
        "h",
        "h/stray.png lies beside class folders; move it into one of them",
    ),
    (
        lambda root: _write(root, "t/cat/1.png", "t/Cat/1.png"),
        None,
        "t: the classes 'Cat' and 'cat' have one name but for the way it is written; rename or merge",
    ),
    (
        lambda root: _write(root, "t/caf\u00e9/1.png", "t/cafe\u0301/1.png"),
        None,
        "have one name but for the way it is written; rename or merge one of the folders",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png", "h/B/1.png"),
        "h",
        "t: the classes 'B' and 'b' have one name but for the way it is written;",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png"),
        "h",
        "h has no images of the class 'b', which the other split has; give both splits the same classes",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "h/a/1.png", "h/b/1.png"),
        "h",
        "t has no images of the class 'b', which the other split has; give both splits the same classes",
    ),
    (lambda root: _write(root, "t/a/1.png"), "h", "h does not exist; expected a folder of images,"),
    (
        lambda root: _write(root, "t/a/1.png"),
        "t",
        "t and t: one folder holds the other, so images would be in both",
    ),
    (
        lambda root: _write(root, "t/a/1.png"),
        "t/a",
        "t and t/a: one folder holds the other, so images would be",
    ),
]


@pytest.mark.parametrize(("make", "held_out", "problem"), FOLDERS)
def test_bad_folders(
    make: Callable[[Path], Any], held_out: str | None, problem: str, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t", held_out=held_out)
    make(folder)
    assert problem in refused(run, folder)


def test_a_folder_that_may_not_be_listed(
    project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, "t/a/1.png", "t/secret/1.png")
    scanned = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scanned(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert names(refused(run, folder), key="t/secret", mend="mend its permissions")


def test_names_that_are_no_text(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, "t/a/1.png", "t/a/2.png", "t/a/3.png")
    (folder / os.fsdecode(b"t/a/\xff.png")).write_bytes(b"no image")
    assert "t/a/\\udcff.png: it is no image" in refused(run, folder)
    assert card(run, folder, "--skip-bad")["skipped"]["count"] == 1


def test_fewer_images_than_a_batch(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t", held_out_share=0.5)
    _write(folder, *(f"t/a/{n}.png" for n in range(60)))
    path = folder / "params.yaml"
    text = path.read_text().replace("datasets: [ring8, digits]", "datasets: [mine]")
    text = text.replace("batch_size: 16", "batch_size: 61")
    path.write_text(text.replace("  digits: *short", "  digits: *short\n  mine: *short"))
    before = published(folder)
    ended = run("prepare", "mine")
    assert ended.status == 2
    problem = r"error: recipes\.mine\.batch_size is 61, but mine has (\d+) training samples; expected <= \1"
    assert re.fullmatch(problem, ended.err.splitlines()[-1])
    assert published(folder) == before
    path.write_text(path.read_text().replace("batch_size: 61", "batch_size: 16"))
    ended = run("prepare", "mine")
    assert ended.status == 0
    assert "mine: going on after 60 images\n" in ended.err  # what was read is not read again


def test_a_dataset_outside_the_grid_may_have_fewer(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, "t/a/1.png", "t/a/2.png")
    assert card(run, folder)["counts"] == {"train": 1, "held_out": 1}
