"""`prepare` goes on only from what is whole and was made from the same; otherwise it starts afresh."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganmatrix import imports
from ganmatrix.datasets import streaming
from helpers.databases import NOTE, in_one_go, prepared
from helpers.preparing import Run


def _shorten(folder: Path) -> None:
    path = folder / "train.npy"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _flip(folder: Path) -> None:
    path = folder / "train.npy"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)


def _remove(folder: Path) -> None:
    (folder / "held_out_labels.npy").unlink()


def _edit(**changes: Any) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        note = folder / NOTE
        note.write_text(json.dumps(json.loads(note.read_text()) | changes))

    return edit


def _write(text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / NOTE).write_text(text) and None


@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (_shorten, "train.npy"),
        (_flip, "train.npy"),
        (_remove, "held_out_labels.npy"),
        *((_write(text), NOTE) for text in ("", "[]", '{"read": ')),
        (_edit(read=-1), NOTE),
        (_edit(read=7), NOTE),
        (_edit(bad="none"), NOTE),
        (_edit(rows={"train": 1}), NOTE),
        (_edit(fingerprint="other"), NOTE),
    ],
)
def test_damage_starts_afresh(damage: Callable[[Path], None], file: str, half_read: Path, run: Run) -> None:
    damage(half_read / "scratch/data/mine")
    ended = run("prepare", "mine")
    assert ended.status == 0
    [line] = [line for line in ended.err.splitlines() if line.endswith("; starting afresh")]
    assert f"scratch/data/mine/{file}" in line
    assert prepared(half_read) == in_one_go(half_read)


def _other_params(folder: Path, patch: pytest.MonkeyPatch) -> None:
    path = folder / "params.yaml"
    path.write_text(path.read_text().replace('"held_out_share": 0.1', '"held_out_share": 0.2'))


def _other_files(folder: Path, patch: pytest.MonkeyPatch) -> None:
    os.utime(folder / "lmdb/data.mdb", (1, 1))


def _other_code(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(imports, "digest", lambda *_: "other")


def _other_pillow(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(streaming.PIL, "__version__", "1.0")


@pytest.mark.parametrize("change", [_other_params, _other_files, _other_code, _other_pillow])
def test_changes_start_afresh(
    change: Callable[[Path, pytest.MonkeyPatch], None],
    half_read: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(half_read, monkeypatch)
    ended = run("prepare", "mine")
    assert ended.status == 0
    first = ended.err.splitlines()[0]
    assert f"scratch/data/mine/{NOTE}" in first
    assert first.endswith("; starting afresh")


def test_what_was_left_out_is_read_again_without_skip_bad(half_read: Path, run: Run) -> None:
    path = half_read / "params.yaml"
    path.write_text(path.read_text().replace('"skip_bad": true', '"skip_bad": false'))
    ended = run("prepare", "mine")
    assert ended.status == 2
    first, last = ended.err.splitlines()
    assert first == "mine: an earlier run left out 1 images; starting afresh"
    assert last.startswith("error: lmdb/data.mdb, key ")
    assert run("prepare", "mine", "--skip-bad").status == 0
    found, expected = prepared(half_read), in_one_go(half_read)
    assert found.pop("mine.json") != expected.pop("mine.json")  # other params
    assert found == expected
    assert run("prepare", "mine").out == "prepare mine: up to date\n"
