"""LSUN's archive: checked, then one file of it is unpacked, whole or not at all."""

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers import archives
from helpers.archives import copy_of, jpeg
from helpers.preparing import Run, card, describe, refused

LSUN = {"kind": "lsun_bedroom", "resolution": 32, "folder": "raw/lmdb", "held_out_share": 0.5}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    made = archives.lsun(tmp_path / "source", [jpeg(n) for n in range(50)])
    return archives.lsun_zip(tmp_path / "bedroom.zip", made)


def test_the_database_is_unpacked_and_nothing_else(
    archive: Path, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, **LSUN, archive=copy_of(archive))
    first = card(run, folder)
    assert sum(first["counts"].values()) == 50
    assert first["archive_md5"] == copy_of(archive)["md5"]
    assert sorted(path.name for path in (folder / "raw/lmdb").iterdir()) == ["archive.md5", "data.mdb"]
    assert (folder / "raw/lmdb/data.mdb").read_bytes() == (folder / "source/data.mdb").read_bytes()
    archive.write_bytes(b"no longer needed")
    assert sum(card(run, folder)["counts"].values()) == 50


def test_a_database_put_there_by_hand_is_not_said_to_be_the_published_one(
    project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    folder = describe(project, **LSUN)
    archives.lsun(folder / "raw/lmdb", [jpeg(n) for n in range(20)])
    assert card(run, folder)["archive_md5"] is None
    size = (folder / "raw/lmdb/data.mdb").stat().st_size
    (folder / "raw/lmdb/archive.md5").write_text(f"{'0' * 32} {size + 1}\n")
    assert card(run, folder)["archive_md5"] is None


def test_a_wrong_byte_is_refused(archive: Path, project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **LSUN, archive=copy_of(archive))
    data = bytearray(archive.read_bytes())
    data[5000] ^= 1
    archive.write_bytes(data)
    ended = run("prepare", "mine")
    assert ended.status == 2
    assert ended.err.splitlines()[-1].startswith(f"error: {archive} has the MD5 ")
    assert not (folder / "raw").exists()


def test_a_disk_that_is_too_small(
    archive: Path, project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = describe(project, **LSUN, archive=copy_of(archive))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1000))
    ended = run("prepare", "mine")
    assert ended.status == 2
    last = ended.err.splitlines()[-1]
    assert last.startswith("error: raw/lmdb/data.mdb needs ")
    assert last.endswith(
        "B, but its disk has 1.0 kB free; make room, or name a folder on another disk under `folder`"
    )
    assert not (folder / "raw").exists()


def _without(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("readme.txt", b"x")


def _twice(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("other/data.mdb", b"x")


def _outside(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("../data.mdb", b"x")


def _damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (_without, "holds 0 files data.mdb; expected one: fetch it again"),
        (_twice, "holds 2 files data.mdb; expected one: fetch it again"),
        (_outside, "../data.mdb lies outside the archive's folder; such archives are not read"),
        (
            _damaged,
            "is a damaged archive (Bad CRC-32 for file ",
        ),
    ],
)
def test_bad_archives_of_a_database(
    damage: Callable[[Path], Any], problem: str, archive: Path, project: Callable[..., Path], run: Run
) -> None:
    damage(archive)
    folder = describe(project, **LSUN, archive=copy_of(archive))
    ended = run("prepare", "mine")
    assert ended.status == 2
    assert problem in ended.err.splitlines()[-1]
    assert "Traceback" not in ended.err
    assert not list(folder.glob("raw/lmdb/*"))
    assert not list(folder.glob("raw/lmdb/.*"))


def test_a_kill_leaves_nothing_that_counts(archive: Path, project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **LSUN, archive=copy_of(archive))
    script = "\n".join(
        [
            "import time",
            "from ganmatrix.datasets import raw",
            "from ganmatrix.cli import main",
            "take = raw.take",
            "raw.take = lambda *args, **options: (take(*args, **options)[:1000], time.sleep(0.5))[0]",
            "main()",
        ]
    )
    process = subprocess.Popen([sys.executable, "-c", script, "prepare", "mine"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not list(folder.glob("raw/lmdb/.data.mdb.*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(list(folder.glob("raw/lmdb/.data.mdb.*"))) == 1
    assert not (folder / "raw/lmdb/data.mdb").exists()
    assert sum(card(run, folder)["counts"].values()) == 50
    left = sorted(path.name for path in (folder / "raw/lmdb").iterdir())
    assert left == ["archive.md5", "data.mdb"]


def test_without_database_and_archive(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **LSUN)
    assert refused(run, folder).startswith("raw/lmdb/data.mdb is missing, and so is its archive; `dvc --cd")
