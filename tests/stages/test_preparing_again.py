"""`prepare`, stopped at any moment and started again, ends in the same bytes."""

import json
import os
import random
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import archives
import numpy as np
import pytest
from archives import jpeg
from preparing import Run
from processes import Command, start, wait_until

from ganmatrix import imports
from ganmatrix.datasets import streaming
from ganmatrix.errors import UserError
from ganmatrix.store import manifest
from ganmatrix.store.layout import Layout
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry
from ganmatrix.store.publishing import Publication
from killing import killed_at
from refusal import names

MINE = {"kind": "lsun_bedroom", "resolution": 64, "folder": "lmdb", "held_out_share": 0.1}
NAMES = ("card.json", "held_out.npy", "held_out_labels.npy", "mine.json", "train.npy", "train_labels.npy")
NOTE = "progress.json"
COUNT, BAD = 800, (50, 750)
"""Images in the database, and the places of bad ones."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A database of images, two of them bad, and what is prepared from it."""
    root = tmp_path_factory.mktemp("template")
    dataset = f"datasets:\n  mine: {json.dumps(MINE | {'skip_bad': True})}\n"
    small = (Path(__file__).parents[1] / "small.yaml").read_text()
    (root / "params.yaml").write_text(small.replace("datasets:\n", dataset, 1))
    values = [jpeg(n % 100) for n in range(COUNT)]
    values[BAD[0]], values[BAD[1]] = b"", values[0][:200]
    archives.lsun(root / "lmdb", values)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run("prepare", "mine").status == 0
    assert sorted(_made(root)) == list(NAMES)
    (root / "data").rename(root / "expected")
    return root


@pytest.fixture(scope="module")
def stopped(template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The same, stopped when half of the images were read."""
    root = tmp_path_factory.mktemp("stopped") / "root"
    shutil.copytree(template, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        _interrupt(patch)
        assert run("prepare", "mine").status == 75
    assert list((root / "data").iterdir()) == []
    assert COUNT / 2 <= _read(root) < COUNT
    return root


def _interrupt(patch: pytest.MonkeyPatch) -> None:
    plus = streaming.Progress.plus

    def stopping(progress: Any, framed: Any, arrays: Any) -> Any:
        if progress.read >= COUNT / 2:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        return plus(progress, framed, arrays)

    patch.setattr(streaming.Progress, "plus", stopping)


def _copy(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _copy(template, tmp_path, monkeypatch)


@pytest.fixture
def halfway(stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return _copy(stopped, tmp_path, monkeypatch)


def _start(folder: Path, *options: str) -> Command:
    return start(folder, "prepare", "mine", *options, environment={"OMP_NUM_THREADS": "2"})


def _made(folder: Path, where: str = "data") -> dict[str, bytes]:
    """The dataset with its manifest, and whatever else lies there."""
    return {path.name: path.read_bytes() for path in (folder / where).rglob("*") if path.is_file()}


def _note(folder: Path) -> Path:
    return folder / "scratch/data/mine" / NOTE


def _read(folder: Path) -> int:
    try:
        return int(json.loads(_note(folder).read_text())["read"])
    except (OSError, ValueError):
        return 0


def _expected(folder: Path) -> dict[str, bytes]:
    return _made(folder, "expected")


@pytest.mark.parametrize("kills", [2, pytest.param(25, marks=pytest.mark.slow)])
def test_kills_change_nothing(kills: int, folder: Path, run: Run) -> None:
    expected = _expected(folder)
    dice = random.Random(0)
    landed = 0
    for kill in range(kills):
        before = _read(folder)
        process = _start(folder, "--checkpoint-seconds", "0")
        wait_until(
            lambda before=before, process=process: _read(folder) > before or process.poll() is not None
        )
        time.sleep(dice.random() * 0.1 if kill else 0)
        process.kill_group()
        landed += process.returncode == -signal.SIGKILL
        if (folder / "data/mine.json").exists():  # what has a manifest is whole; begin again
            assert _made(folder) == expected
            shutil.rmtree(folder / "data")
    assert landed >= min(kills, 3) - 1
    assert run("prepare", "mine").status == 0
    assert _made(folder) == expected
    assert not (folder / "scratch").exists() or not _note(folder).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_75_and_nothing_lost(number: signal.Signals, folder: Path, run: Run) -> None:
    expected = _expected(folder)
    process = _start(folder, "--checkpoint-seconds", "0.1")
    wait_until(lambda: _read(folder) > 0, process)
    process.send_signal(number)
    began = time.monotonic()
    out, err = process.communicate()
    assert process.returncode == 75, err
    assert time.monotonic() - began < 10
    assert out == ""
    assert err.splitlines()[-1] == f"prepare mine: stopped by {number.name}; the same command goes on"
    assert "Traceback" not in err
    reached = _read(folder)
    ended = run("prepare", "mine")
    assert ended.err.startswith(f"mine: going on after {reached} images\n")
    assert _made(folder) == expected


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
def test_damage_starts_afresh(damage: Callable[[Path], None], file: str, halfway: Path, run: Run) -> None:
    damage(halfway / "scratch/data/mine")
    ended = run("prepare", "mine")
    assert ended.status == 0
    [line] = [line for line in ended.err.splitlines() if line.endswith("; starting afresh")]
    assert f"scratch/data/mine/{file}" in line
    assert _made(halfway) == _expected(halfway)


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
    halfway: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change(halfway, monkeypatch)
    ended = run("prepare", "mine")
    assert ended.status == 0
    first = ended.err.splitlines()[0]
    assert f"scratch/data/mine/{NOTE}" in first
    assert first.endswith("; starting afresh")


def test_what_was_left_out_is_read_again_without_skip_bad(halfway: Path, run: Run) -> None:
    path = halfway / "params.yaml"
    path.write_text(path.read_text().replace('"skip_bad": true', '"skip_bad": false'))
    ended = run("prepare", "mine")
    assert ended.status == 2
    first, last = ended.err.splitlines()
    assert first == "mine: an earlier run left out 1 images; starting afresh"
    assert last.startswith("error: lmdb/data.mdb, key ")
    assert run("prepare", "mine", "--skip-bad").status == 0
    found, expected = _made(halfway), _expected(halfway)
    assert found.pop("mine.json") != expected.pop("mine.json")  # other params
    assert found == expected
    assert run("prepare", "mine").out == "prepare mine: up to date\n"


@pytest.fixture
def all_read(halfway: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All images are read and nothing is published; another dataset lies there."""

    def refusing(*arguments: Any) -> None:
        raise UserError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(Publication, "publish", refusing)
        assert run("prepare", "mine").status == 2
    assert _read(halfway) == COUNT
    (halfway / "data/mine").mkdir()
    (halfway / "data/mine/train.npy").write_bytes(b"former")
    entry = ManifestEntry(
        MadeFrom({}, "earlier", {}), {"train.npy": manifest.listed(halfway / "data/mine/train.npy")}
    )
    (halfway / "data/mine.json").write_text(Manifest("prepare", "mine", {None: entry}).text())
    return halfway


def test_a_kill_while_it_is_published_leaves_the_former_or_the_new(
    all_read: Path, run: Run, tmp_path: Path
) -> None:
    """At every second step, with the rest of the work done by the next."""
    former, expected = _made(all_read), _expected(all_read)
    again = tmp_path / "again"

    def prepare() -> None:
        os.chdir(again)
        ended = run("prepare", "mine")
        assert ended.status == 0, ended.err

    number, outcomes, died = 0, [], True
    while died:
        number += 2
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(all_read, again)
        if died := killed_at(number, again, prepare):
            Layout(again).publication("prepare", "mine").recover()
        found = _made(again)
        assert found in (former, expected), number
        outcomes.append(found == expected)
    assert outcomes == sorted(outcomes)
    assert outcomes.count(False) > 10
    assert outcomes.count(True) > 3


def test_what_is_read_is_not_read_again_after_an_error_in_the_end(
    all_read: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once four arrays are brought, a former file and five new ones are renamed, and the manifest."""
    former, renamed = _made(all_read), Path.rename
    for number in range(5, 13):
        calls = iter(range(1, 100))

        def failing(path: Path, target: Path, number: int = number, calls: Any = calls) -> Path:
            if next(calls) == number:
                raise OSError(28, "No space left on device")
            return renamed(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            ended = run("prepare", "mine")
        assert f"mine: going on after {COUNT} images\n" in ended.err
        if number == 12:
            assert ended.status == 0
            break
        assert ended.err.splitlines()[-1].startswith("error: data/mine cannot be written: No space left on ")
        assert _made(all_read) == former
    assert _made(all_read) == _expected(all_read)
    assert not (all_read / "scratch/data/mine").exists()


def test_another_disk_gets_a_copy(all_read: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.is_relative_to("scratch") and not Path(target).is_relative_to("scratch"):
            raise OSError(18, "Invalid cross-device link")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    assert run("prepare", "mine").status == 0
    assert _made(all_read) == _expected(all_read)
    assert not (all_read / "scratch/data/mine").exists()


def _limit(largest_file: int) -> None:
    """A limit on the size of files stands for a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))


def test_a_full_disk_keeps_what_was_done(folder: Path, run: Run) -> None:
    expected = _expected(folder)
    argv = ("prepare", "mine", "--checkpoint-seconds", "0")
    process = start(folder, *argv, first=lambda: _limit(3_000_000))
    _, err = process.communicate()
    assert process.returncode == 2
    [error] = [line for line in err.splitlines() if not line.startswith("mine: ")]
    names(error, key="scratch/data/mine", mend="mend it and run again")
    reached = _read(folder)
    assert 0 < reached < COUNT
    again = run("prepare", "mine")
    assert again.err.startswith(f"mine: going on after {reached} images\n")
    assert _made(folder) == expected


@pytest.mark.parametrize("where", ["scratch", "data"])
def test_a_folder_that_cannot_be_made(where: str, folder: Path, run: Run) -> None:
    shutil.rmtree(folder / "scratch")
    (folder / where).write_bytes(b"a file")
    ended = run("prepare", "mine")
    assert ended.status == 2
    [line] = ended.err.splitlines()  # before any work
    assert line.startswith(f"error: {where}/")
    assert "Not a directory; mend " in line
    (folder / where).unlink()
    assert run("prepare", "mine").status == 0
    assert _made(folder) == _expected(folder)


def test_threads_do_not_change_the_bytes(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = _expected(folder)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert run("prepare", "mine").status == 0
    assert _made(folder) == expected


def test_the_card_says_the_moments_of_the_whole(folder: Path, run: Run) -> None:
    assert run("prepare", "mine").status == 0
    train = np.load(folder / "data/mine/train.npy", mmap_mode="r")
    card = json.loads((folder / "data/mine/card.json").read_text())
    assert card["counts"] == {"train": len(train), "held_out": COUNT - 2 - len(train)}
    np.testing.assert_allclose(card["mean"], train.mean(axis=(0, 2, 3), dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(card["std"], train.std(axis=(0, 2, 3), dtype=np.float64), rtol=1e-9)
    assert card["skipped"]["count"] == 2
    assert train.dtype == np.uint8
    assert train.shape[1:] == (3, 64, 64)
