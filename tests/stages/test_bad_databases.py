"""Databases that are missing, cut short or none: a line each, and no signal that kills."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers import archives
from helpers.archives import jpeg
from helpers.preparing import Run, card, describe, refused


def _lsun(folder: Path, count: int = 200) -> Path:
    archives.lsun(folder / "lmdb", [jpeg(n) for n in range(count)])
    return folder / "lmdb/data.mdb"


def _first_pages(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * 4096])


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _last_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _tiny(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _no_entries(path: Path) -> None:
    shutil.rmtree(path.parent)
    archives.lsun(path.parent, [])


def _one_entry(path: Path) -> None:
    shutil.rmtree(path.parent)
    archives.lsun(path.parent, [jpeg(1)])


MISSING = (
    "lmdb/data.mdb is missing, and so is its archive; `dvc --cd data/raw update bedroom_train_lmdb.zip.dvc`"
)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (Path.unlink, MISSING),
        (lambda path: shutil.rmtree(path.parent), MISSING),
        (_first_pages, "lmdb/data.mdb is cut short, 12,288 of "),
        (_half, "lmdb/data.mdb is cut short, "),
        (_last_byte, "lmdb/data.mdb is cut short, "),
        (_tiny, "lmdb/data.mdb is no sound LMDB ("),
        (_nothing, "lmdb/data.mdb is no sound LMDB ("),
        (_garbage, "lmdb/data.mdb is no sound LMDB ("),
        (_no_entries, "lmdb/data.mdb holds 0 images; a training and a held-out set need at least 2"),
        (_one_entry, "lmdb/data.mdb holds 1 images; a training and a held-out set need at least 2"),
    ],
)
def test_bad_databases(
    damage: Callable[[Path], Any], problem: str, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, kind="lsun_bedroom", resolution=32, folder="lmdb")
    damage(_lsun(folder))
    line = refused(run, folder)
    assert line.startswith(problem)
    assert " remove it, so that it is unpacked again" in line or "is cut" not in line


def test_empty_values_of_a_database(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="lsun_bedroom", resolution=32, folder="lmdb", held_out_share=0.5)
    archives.lsun(folder / "lmdb", [jpeg(1), b"", jpeg(2), b"no image", jpeg(3), jpeg(4)])
    key = archives.lsun_keys(6)[1].decode()
    assert f"lmdb/data.mdb, key {key}: it is empty; repair" in refused(run, folder)
    skipped = card(run, folder, "--skip-bad")["skipped"]
    assert skipped["count"] == 2
    assert skipped["first"][0] == [f"lmdb/data.mdb, key {key}", "it is empty"]
