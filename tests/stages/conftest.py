"""The command line as a user meets it; small cells that were trained once, and a database half read."""

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ganmatrix.cli import main
from ganmatrix.datasets import streaming
from ganmatrix.runtime import signals
from helpers import archives
from helpers.archives import jpeg
from helpers.databases import BAD, COUNT, DISTINCT, prepared, read_so_far


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


def invoke(*argv: str) -> Ended:
    """Run a command in this process, in the current folder."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["ganmatrix", *argv]
    handlers = {number: signal.getsignal(number) for number in signals.STOPPING}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    finally:
        sys.argv = before
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Ended(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.fixture(scope="session", autouse=True)
def one_core() -> Iterator[None]:
    """Commands make one run at a time, in this process; those that are to make more say so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def carry_out(one_core: None) -> Callable[..., None]:
    """Run commands in a folder, one after the other; each must end well."""

    def run(folder: Path, *commands: tuple[str, ...]) -> None:
        with inside(folder):
            for command in commands:
                ended = invoke(*command)
                assert ended.status == 0, ended.err

    return run


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory, carry_out: Callable[..., None]) -> Path:
    """Points: prepared, measured, trained, scored and probed; digits: prepared, one run trained."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copy(Path(__file__).parents[1] / "small.yaml", folder / "params.yaml")
    carry_out(
        folder,
        ("prepare", "ring8"),
        ("prepare", "digits"),
        ("reference", "ring8"),
        ("train", "ring8-conventional-gan"),
        ("train", "digits-conventional-gan", "--seeds", "0"),
        ("evaluate", "ring8-conventional-gan"),
        ("probe", "ring8-conventional-gan"),
    )
    return folder


GRID = (
    "[ring8, digits]\n  architectures: [conventional, resnet_sn]\n  methods: [gan, as_gan, dat, fargan]",
    "[ring8]\n  architectures: [conventional]\n  methods: [gan, as_gan]",
)
NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "cell-0",
            "metadata": {"tags": ["parameters"]},
            "outputs": [],
            "source": "folder = root = '.'\nparams = ''",
        },
        {
            "cell_type": "code",
            "execution_count": None,
            "id": "cell-1",
            "metadata": {},
            "outputs": [],
            "source": "import json\njson.load(open(f'{folder}/results/summary.json'))['groups']",
        },
    ],
    "metadata": {
        "title": "Index",
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    },
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture(scope="session")
def whole_project(
    finished_project: Path, tmp_path_factory: pytest.TempPathFactory, carry_out: Callable[..., None]
) -> Path:
    """All stages of a grid of two cells on points, with a report of a line."""
    folder = tmp_path_factory.mktemp("whole") / "project"
    shutil.copytree(finished_project, folder)
    text = (folder / "params.yaml").read_text()
    assert GRID[0] in text
    (folder / "params.yaml").write_text(text.replace(*GRID))
    (folder / "reports/templates").mkdir(parents=True)
    (folder / "reports/templates/index.ipynb").write_text(json.dumps(NOTEBOOK))
    verbs = [(verb, "ring8-conventional-as_gan") for verb in ("train", "evaluate", "probe")]
    carry_out(folder, *verbs, ("transfer", "ring8"), ("assemble",), ("report", "index"))
    return folder


def _copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def whole(whole_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage, as the current folder."""
    return _copy(whole_project, tmp_path, monkeypatch)


@pytest.fixture
def finished(finished_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage, as the current folder."""
    return _copy(finished_project, tmp_path, monkeypatch)


@pytest.fixture(scope="session")
def run(one_core: None) -> Callable[..., Ended]:
    return invoke


MINE = {"kind": "lsun_bedroom", "resolution": 64, "folder": "lmdb", "held_out_share": 0.1}
NAMES = ("card.json", "held_out.npy", "held_out_labels.npy", "mine.json", "train.npy", "train_labels.npy")


@pytest.fixture(scope="session")
def database_project(tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Ended]) -> Path:
    """A database of images, two of them bad, and what is prepared from it."""
    root = tmp_path_factory.mktemp("database")
    dataset = f"datasets:\n  mine: {json.dumps(MINE | {'skip_bad': True})}\n"
    small = (Path(__file__).parents[1] / "small.yaml").read_text()
    (root / "params.yaml").write_text(small.replace("datasets:\n", dataset, 1))
    values = [jpeg(n % DISTINCT) for n in range(COUNT)]
    values[BAD[0]], values[BAD[1]] = b"", values[0][:200]
    archives.lsun(root / "lmdb", values)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run("prepare", "mine").status == 0
    assert sorted(prepared(root)) == list(NAMES)
    (root / "data").rename(root / "expected")
    return root


@pytest.fixture(scope="session")
def half_read_project(
    database_project: Path, tmp_path_factory: pytest.TempPathFactory, run: Callable[..., Ended]
) -> Path:
    """The same, stopped when half of the images were read."""
    root = tmp_path_factory.mktemp("half_read") / "root"
    shutil.copytree(database_project, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        _interrupt(patch)
        assert run("prepare", "mine").status == 75
    assert list((root / "data").iterdir()) == []
    assert COUNT / 2 <= read_so_far(root) < COUNT
    return root


def _interrupt(patch: pytest.MonkeyPatch) -> None:
    plus = streaming.Progress.plus

    def stopping(progress: Any, framed: Any, arrays: Any) -> Any:
        if progress.read >= COUNT / 2:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        return plus(progress, framed, arrays)

    patch.setattr(streaming.Progress, "plus", stopping)


@pytest.fixture
def database(database_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to work in, as the current folder."""
    return _copy(database_project, tmp_path, monkeypatch)


@pytest.fixture
def half_read(half_read_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage, as the current folder."""
    return _copy(half_read_project, tmp_path, monkeypatch)
