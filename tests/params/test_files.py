"""A params file that cannot be read: which one, why, and what to do; and nothing that waits forever."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.params import document, load


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
    ("make", "line"),
    [
        (lambda path: None, f"P does not exist; {GIVE}"),
        (lambda path: path.symlink_to("nowhere"), f"P does not exist; {GIVE}"),
        (Path.mkdir, f"P is a folder; {GIVE}"),
        (os.mkfifo, f"P is a pipe or device; {GIVE}"),
        (_endless, f"P is a pipe or device; {GIVE}"),
        (
            _loop,
            "P cannot be read: Too many levels of symbolic links; mend the link, which leads back to itself",
        ),
        (_memory, "P cannot be read: Input/output error; mend the file or its disk"),
        (_large, "P has more than 1,048,576 bytes; expected a params file of at most so many"),
        (_latin, "P: line 2: byte 0xe9 is no UTF-8; save the file as UTF-8"),
        (_utf_16, "P: line 1: byte 0xff is no UTF-8; save the file as UTF-8"),
        (
            lambda path: path.write_bytes(b"a: 1\nb: \0"),
            "P: line 2: not valid YAML: it has the control character U+0000",
        ),
        (
            lambda path: path.write_bytes(b"\0" * 99),
            "P: line 1: not valid YAML: it has the control character U+0000",
        ),
    ],
)
def test_files_that_are_no_params(make, line, tmp_path):
    make(tmp_path / "params.yaml")
    assert _refused(tmp_path / "params.yaml") == line


def test_names_that_are_no_file(tmp_path):
    assert _refused(tmp_path / ("n" * 300)) == "P cannot be read: File name too long; give a shorter path"
    (tmp_path / "file").touch()
    assert _refused(tmp_path / "file" / "params.yaml") == "P cannot be read: Not a directory; mend the path"
    assert "embedded null byte" in _refused(Path("a\0b"))


@pytest.mark.parametrize("called", ["stat", "open"])
def test_a_file_that_may_not_be_read(called, project, monkeypatch):
    path = project()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, called, refuse)
    assert _refused(path) == "P cannot be read: Permission denied; mend its permissions"


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
        assert _refused(path) == "P cannot be read: Permission denied; mend its permissions"
    finally:
        os.seteuid(0)


def test_importing_params_builds_no_validators_that_loading_does_not_need():
    """Most of the time that a verb with nothing to do takes would be spent there."""
    program = (
        "from ganmatrix.params.methods import AsGan\nfrom ganmatrix.params.params import Params\n"
        "assert not Params.__pydantic_complete__\nassert not AsGan.__pydantic_complete__"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
