"""`ganmatrix new`: a folder that is a whole project, or one line and nothing written."""

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from ganmatrix.params import load
from ganmatrix.stages import new

HOME = Path(__file__).parents[2]
SCALES = sorted(path.stem for path in (HOME / "pipeline/scales").glob("*.yaml"))


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "my photos: #1"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", sorted({*SCALES} - {"images"}))
def test_every_scale_is_a_start(run, tmp_path, name):
    made = run("new", str(tmp_path / "mine"), "--from", name)
    assert made.status == 0, made.err
    found = load(tmp_path / "mine/params.yaml")[0]
    assert found == load(HOME / f"pipeline/scales/{name}.yaml")[0]


def test_the_folder_has_what_both_engines_need(run, monkeypatch, tmp_path):
    assert run("new", str(tmp_path / "mine")).status == 0
    files = everything(tmp_path / "mine")
    assert {"Snakefile", "dvc.yaml", "params.yaml", "profiles/default/config.yaml", ".git/HEAD"} <= files
    for pattern in new.COPIED:
        assert any((tmp_path / "mine").glob(pattern)), pattern
    monkeypatch.chdir(tmp_path / "mine")
    checked = run("check")
    assert checked.status == 0
    assert "18 runs" in checked.out
    first = (tmp_path / "mine/params.yaml").read_text().splitlines()[0]
    assert (tmp_path / "mine" / first.partition("$schema=")[2]).is_file()


def test_its_dvc_yaml_differs_in_what_stands_for_the_code(run, tmp_path):
    assert run("new", str(tmp_path / "mine")).status == 0
    here, there = (YAML(typ="safe").load(place / "dvc.yaml") for place in (HOME, tmp_path / "mine"))
    assert there["stages"]["digest"].pop("always_changed") is True
    here["stages"]["digest"]["deps"].remove("src/ganmatrix")
    assert there == here


def test_variants_are_listed_for_dvc(run, monkeypatch, tmp_path):
    assert run("new", str(tmp_path / "mine"), "--from", "epsilon").status == 0
    listed = json.loads((tmp_path / "mine/pipeline/for_dvc.json").read_text())
    assert "ring8-conventional-as_gan-epsilon_4_255" in listed["variants"]
    monkeypatch.chdir(tmp_path / "mine")
    assert run("digest").status == 0
    assert json.loads((tmp_path / "mine/pipeline/for_dvc.json").read_text()) == listed


@pytest.mark.parametrize(
    ("file", "kind"), [("cats/1.png", "image_folder"), ("train.parquet", "image_parquet")]
)
def test_own_images_are_named_whatever_their_path(run, monkeypatch, tmp_path, images, file, kind):
    (images / file).parent.mkdir(exist_ok=True)
    (images / file).touch()
    monkeypatch.chdir(tmp_path)
    assert run("new", "mine", images.name, "--from", "images").status == 0
    dataset = load(tmp_path / "mine/params.yaml")[0].datasets["mine"]
    assert (dataset.kind, dataset.train) == (kind, str(images))


def test_it_fills_an_empty_folder_and_takes_the_repository_around_it(run, monkeypatch, tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert run("new", ".").status == 0
    assert run("check").status == 0
    assert not (tmp_path / "mine/.git").exists()


@pytest.fixture
def refused(run, tmp_path, monkeypatch):
    """The one line of a refusal; nothing was written."""

    def refuse(*arguments: str) -> str:
        before = everything(tmp_path)
        ended = run("new", *arguments)
        assert ended.status == 2
        assert ended.err.startswith("error: ")
        assert ended.err.count("\n") == 1
        assert everything(tmp_path) == before
        return ended.err

    monkeypatch.chdir(tmp_path)
    return refuse


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["full"], ["full", "not an empty folder"]),
        (["full/file"], ["full/file", "not an empty folder"]),
        (["full/file/below"], ["full/file/below"]),
        (["{mine}"], ["{mine}", "braces"]),
        (["mine", "--from", "digit"], ["digit", "did you mean digits"]),
        (["mine", "--from", "../smoke"], ["../smoke", "choose from"]),
        (["mine", "--from", "images"], ["IMAGES is missing", "--from images IMAGES"]),
        (["mine", "full"], ["IMAGES", "--from images"]),
        (["mine", "absent", "--from", "images"], ["absent", "does not exist"]),
    ],
)
def test_what_cannot_be_made_is_refused(refused, tmp_path, arguments, named):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    line = refused(*arguments)
    for words in named:
        assert words in line


def test_without_git_nothing_is_made(monkeypatch, refused, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "install git" in refused("mine")


def test_a_git_that_fails_leaves_nothing(monkeypatch, refused, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/git").write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert "no room" in refused("mine")


def test_a_full_disk_leaves_nothing(monkeypatch, refused, tmp_path):
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert "No space left on device" in refused("mine")


def test_the_wheel_is_given_every_file_that_is_copied():
    """What the wheel carries covers what a clone would copy."""
    build = tomllib.loads((HOME / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    carried = build["force-include"]
    assert all(target == f"ganmatrix/project/{source}" for source, target in carried.items())
    tracked = subprocess.run(["git", "-C", HOME, "ls-files"], capture_output=True, check=True, text=True)
    wanted = {
        name
        for name in tracked.stdout.splitlines()
        if any(Path(name).match(pattern) and name.count("/") == pattern.count("/") for pattern in new.COPIED)
    }
    covered = {name for name in wanted if name in carried or any(name.startswith(f"{s}/") for s in carried)}
    assert wanted == covered
    assert len(wanted) > 20
    assert "pipeline" in carried  # and with it pipeline/scales, the starts
