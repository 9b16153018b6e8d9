"""The command line as a user meets it, and small cells that were trained once."""

import contextlib
import io
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganmatrix.cli import main
from ganmatrix.stages import scratch, signals


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


@pytest.fixture(scope="session")
def carry_out() -> Callable[..., None]:
    """Run commands in a folder, one after the other; each must end well."""

    def run(folder: Path, *commands: tuple[str, ...]) -> None:
        with inside(folder):
            for command in commands:
                ended = invoke(*command)
                assert ended.status == 0, ended.err

    return run


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory, carry_out: Callable[..., None]) -> Path:
    """Points: prepared, measured, trained, scored and probed by two methods; digits: prepared."""
    folder = tmp_path_factory.mktemp("finished")
    shutil.copy(Path(__file__).parents[1] / "small.yaml", folder / "params.yaml")
    carry_out(
        folder,
        ("prepare", "ring8"),
        ("prepare", "digits"),
        ("reference", "ring8"),
        ("train", "ring8-conventional-gan-0"),
        ("train", "digits-conventional-gan-0"),
        ("evaluate", "ring8-conventional-gan-0"),
        ("probe", "ring8-conventional-gan-0"),
    )
    scratch.clear(folder / "scratch" / "digits-conventional-gan-0")
    return folder


@pytest.fixture
def finished(finished_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it to damage, as the current folder."""
    folder = tmp_path / "project"
    shutil.copytree(finished_project, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(scope="session")
def run() -> Callable[..., Ended]:
    return invoke
