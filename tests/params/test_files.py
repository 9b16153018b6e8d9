"""A params file that cannot be read: which one, why, and what to do; and nothing that waits forever."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import document, load
from helpers.refusal import names


def _refused(path: Path) -> str:
    with pytest.raises(UserError) as error:
        load(path)
    line = str(error.value)
    assert line.isprintable()
    assert "corrupt" not in line
    return line.replace(str(path), "P")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _latin(path: Path) -> None:
    path.write_bytes("grid:\n  datasets: [\u00e9]\n".encode("latin-1"))


def _utf_16(path: Path) -> None:
    path.write_text("grid: {}\n", encoding="utf-16")


def _large(path: Path) -> None:
    path.write_bytes(b"# " + b"x" * document.LARGEST)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _memory(path: Path) -> None:
    path.symlink_to("/proc/self/mem")


GIVE = "give a params file with --params"


@pytest.mark.parametrize(
    ("make", "key", "mend"),
    [
        (lambda path: None, "P", GIVE),
        (lambda path: path.symlink_to("nowhere"), "P", GIVE),
        (Path.mkdir, "P", GIVE),
        (os.mkfifo, "P", GIVE),
        (_endless, "P", GIVE),
        (_loop, "P", "mend the link"),
        (_memory, "P", "mend the file or its disk"),
        (_large, "P", "1,048,576 bytes"),
        (_latin, "P: line 2", "save the file as UTF-8"),
        (_utf_16, "P: line 1", "save the file as UTF-8"),
        (lambda path: path.write_bytes(b"a: 1\nb: \0"), "P: line 2", "control character U+0000"),
        (lambda path: path.write_bytes(b"\0" * 99), "P: line 1", "control character U+0000"),
    ],
)
def test_files_that_are_no_params(make, key, mend, tmp_path):
    make(tmp_path / "params.yaml")
    assert names(_refused(tmp_path / "params.yaml"), key=key, mend=mend)


def test_names_that_are_no_file(tmp_path):
    names(_refused(tmp_path / ("n" * 300)), key="P", mend="give a shorter path")
    (tmp_path / "file").touch()
    names(_refused(tmp_path / "file" / "params.yaml"), key="P", mend="mend the path")
    assert "embedded null byte" in _refused(Path("a\0b"))


@pytest.mark.parametrize("called", ["stat", "open"])
def test_a_file_that_may_not_be_read(called, project, monkeypatch):
    path = project()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, called, refuse)
    assert names(_refused(path), key="P", mend="mend its permissions")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_of_another_user(project):
    """Root reads everything, so another user tries."""
    path = project()
    path.chmod(stat.S_IRUSR)
    for folder in path.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    os.seteuid(65534)
    try:
        assert names(_refused(path), key="P", mend="mend its permissions")
    finally:
        os.seteuid(0)


def test_importing_params_builds_no_validators_that_loading_does_not_need():
    """Most of the time that a verb with nothing to do takes would be spent there."""
    program = (
        "from ganmatrix.params.methods import AsGanParams\nfrom ganmatrix.params.params import Params\n"
        "assert not Params.__pydantic_complete__\nassert not AsGanParams.__pydantic_complete__"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
