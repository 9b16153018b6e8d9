"""Publication: the former files or the new ones, each with their manifest, whatever happens in between."""

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.store.layout import Layout
from ganmatrix.store.publishing import Publication
from helpers.killing import each_kill, killed_at

FORMER = {"a": b"former a", "b": b"former b", "gone": b"only in the former"}
NEW = {"a": b"new a", "b": b"new b", "more": b"only in the new"}


def _publish(
    publication: Publication, files: Mapping[str, bytes], text: str, moved: Mapping[str, Path] | None = None
):
    with publication.begun() as folder:
        for name, content in files.items():
            (folder / name).write_bytes(content)
        publication.publish(text, moved)


def _everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _published(files: Mapping[str, bytes], text: str) -> dict[str, bytes]:
    return {f"made/{name}": content for name, content in files.items()} | {"made.json": text.encode()}


@pytest.fixture
def publication(tmp_path: Path) -> Publication:
    return _in(tmp_path)


def test_files_replace_the_former_ones_and_nothing_else_stays(publication, tmp_path):
    _publish(publication, FORMER, "former")
    assert _everything(tmp_path) == _published(FORMER, "former")
    _publish(publication, NEW, "new")
    assert _everything(tmp_path) == _published(NEW, "new")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_is_begun_and_not_published_goes(publication, tmp_path):
    _publish(publication, FORMER, "former")
    with publication.begun() as folder:
        (folder / "a").write_bytes(b"half of the n")
    assert _everything(tmp_path) == _published(FORMER, "former")
    with contextlib.suppress(ZeroDivisionError), publication.begun() as folder:
        (folder / "a").write_bytes(b"half of the n")
        raise ZeroDivisionError
    assert _everything(tmp_path) == _published(FORMER, "former")


@pytest.mark.parametrize("former", [FORMER, {}])
def test_a_kill_at_any_step_leaves_the_former_or_the_new(former, publication, tmp_path):
    if former:
        _publish(publication, former, "former")
    before, after = _everything(tmp_path), _published(NEW, "new")
    seen = []
    for number in each_kill(tmp_path, lambda: _publish(publication, NEW, "new")):
        publication.recover()
        found = _everything(tmp_path)
        assert found in (before, after), number
        seen.append(found == after)
        if found == after:
            _publish(publication, former, "former") if former else _remove(publication)
    assert seen == sorted(seen), "once new, new it stays"
    assert not seen[0]
    assert seen[-1]
    assert _everything(tmp_path) == after


def _remove(publication: Publication) -> None:
    for path in publication.folder.iterdir():
        path.unlink()
    publication.manifest.unlink()


def test_a_kill_at_any_step_of_a_recovery(tmp_path):
    """Of the recovery from a kill at any step."""
    former, new = {"a": b"former", "gone": b"former"}, {"a": b"new", "more": b"new"}
    outcomes = (_published(former, "former"), _published(new, "new"))
    start, died, again = (tmp_path / name for name in ("start", "died", "again"))
    _publish(_in(start), former, "former")
    number, deaths = 0, 0
    while True:
        number += 1
        shutil.rmtree(died, ignore_errors=True)
        shutil.copytree(start, died)
        if not killed_at(number, died, lambda: _publish(_in(died), new, "new")):
            break
        for step in range(1, 100):
            shutil.rmtree(again, ignore_errors=True)
            shutil.copytree(died, again)
            if not killed_at(step, again, _in(again).recover):
                break
            deaths += 1
            _in(again).recover()
            assert _everything(again) in outcomes, (number, step)
    assert deaths > number > 10


def _in(folder: Path) -> Publication:
    return Publication(folder / "made", folder / "made.json", folder / ".made")


@pytest.mark.parametrize("former", [FORMER, {}])
def test_an_error_at_any_rename_leaves_the_former(former, publication, tmp_path, monkeypatch):
    if former:
        _publish(publication, former, "former")
    before = _everything(tmp_path)
    renamed = Path.rename
    for number in range(1, 20):
        calls = iter(range(1, 100))

        def failing(path, target, number=number, calls=calls):
            if next(calls) == number:
                raise OSError(28, "No space left on device")
            return renamed(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            try:
                _publish(publication, NEW, "new")
                break
            except UserError as error:
                assert "made cannot be written: No space left on device; mend it" in str(error)  # noqa: PT017
        assert _everything(tmp_path) == before
        assert not list(tmp_path.glob(".made*"))
    assert number == len(former) + len(NEW) + 2
    assert _everything(tmp_path) == _published(NEW, "new")


def test_files_of_others_in_a_shared_folder_stay(tmp_path):
    shared = Publication(tmp_path / "made", tmp_path / "made/a.json", tmp_path / "made/.a", shared=True)
    others = {"made/b": b"another's", "made/b.json": b"another's"}
    (tmp_path / "made").mkdir()
    for name, content in others.items():
        (tmp_path / name).write_bytes(content)
    before = others
    for text in ("former", "new"):
        after = others | {"made/a": text.encode(), "made/a.json": text.encode()}
        for number in each_kill(tmp_path, lambda text=text: _publish(shared, {"a": text.encode()}, text)):
            shared.recover()
            assert _everything(tmp_path) in (before, after), number
            if _everything(tmp_path) == after and before is others:
                (tmp_path / "made/a").unlink()
                (tmp_path / "made/a.json").unlink()
            elif _everything(tmp_path) == after:
                _publish(shared, {"a": b"former"}, "former")
        assert _everything(tmp_path) == after
        before = after


MOVED = ("a", "more")
REST = {name: content for name, content in NEW.items() if name not in MOVED}


def _elsewhere(root: Path) -> dict[str, Path]:
    paths = {name: root / "scratch" / name for name in MOVED}
    (root / "scratch").mkdir(exist_ok=True)
    for name, path in paths.items():
        path.write_bytes(NEW[name])
    return paths


def test_files_that_lie_elsewhere_are_moved(publication, tmp_path):
    moved = _elsewhere(tmp_path)
    inodes = {name: path.stat().st_ino for name, path in moved.items()}
    _publish(publication, REST, "new", moved)
    assert _everything(tmp_path) == _published(NEW, "new")
    assert {name: (tmp_path / "made" / name).stat().st_ino for name in MOVED} == inodes


def test_files_that_lie_on_another_disk_are_copied(publication, tmp_path, monkeypatch):
    """Whoever has published them clears its own, so that an error in between loses nothing."""
    renamed = Path.rename

    def refusing(path, target):
        if path.parent.name == "scratch":
            raise OSError(18, "Invalid cross-device link")
        return renamed(path, target)

    monkeypatch.setattr(Path, "rename", refusing)
    moved = _elsewhere(tmp_path)
    before = _everything(tmp_path)
    _publish(publication, REST, "new", moved)
    assert _everything(tmp_path) == before | _published(NEW, "new")


def test_an_error_leaves_files_that_lie_elsewhere_there(publication, tmp_path, monkeypatch):
    _publish(publication, FORMER, "former")
    moved, renamed = _elsewhere(tmp_path), Path.rename
    before = _everything(tmp_path)
    for number in range(len(MOVED) + 1, 30):
        calls = iter(range(1, 100))

        def failing(path, target, number=number, calls=calls):
            if next(calls) == number:
                raise OSError(28, "No space left on device")
            return renamed(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", failing)
            try:
                _publish(publication, REST, "new", moved)
                break
            except UserError as error:
                assert "No space left on device" in str(error)  # noqa: PT017
        assert _everything(tmp_path) == before
        assert not list(tmp_path.glob(".made*"))
    assert number == len(MOVED) + len(FORMER) + len(NEW) + 2
    assert _everything(tmp_path) == _published(NEW, "new")


def test_a_kill_at_any_step_loses_nothing_that_lies_elsewhere(publication, tmp_path):
    """Hours of work may lie there: it is published, or it is where it was."""
    moved = _elsewhere(tmp_path)
    seen = []
    for number in each_kill(tmp_path, lambda: _publish(publication, REST, "new", moved)):
        publication.recover()
        found = _everything(tmp_path)
        published = found == _published(NEW, "new")
        assert published or found == {f"scratch/{name}": NEW[name] for name in MOVED}, number
        seen.append(published)
        if published:
            _remove(publication)
            _elsewhere(tmp_path)
    assert seen == sorted(seen)
    assert seen[-1]
    assert seen.count(False) > len(NEW) + 2 * len(MOVED)


def test_a_kill_at_any_step_of_giving_back_what_lies_elsewhere(tmp_path, monkeypatch):
    """An error, and a kill while it is made up for: the former files are there all the same."""
    start, again = tmp_path / "start", tmp_path / "again"
    _publish(_in(start), FORMER, "former")
    _elsewhere(start)

    def fail():
        calls, renamed = iter(range(1, 100)), Path.rename

        def failing(path, target):
            if next(calls) == len(MOVED) + len(FORMER) + 2:
                raise OSError(28, "No space left on device")
            return renamed(path, target)

        monkeypatch.setattr(Path, "rename", failing)
        with contextlib.suppress(UserError):
            _publish(_in(again), REST, "new", {name: again / "scratch" / name for name in MOVED})

    number, died = 0, True
    while died:
        number += 1
        shutil.rmtree(again, ignore_errors=True)
        shutil.copytree(start, again)
        died = killed_at(number, again, fail)
        _in(again).recover()
        assert _everything(again) == _everything(start), number
    assert number > 20


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    blocked = Publication(tmp_path / "file/made", tmp_path / "file/made.json", tmp_path / "file/.made")
    with pytest.raises(UserError, match=r"file/made cannot be written: Not a directory; mend it"):
        _publish(blocked, NEW, "new")


def test_hidden_names_never_meet(tmp_path):
    """What is written aside, for whatever stage, target and seed, lies where nothing else does."""
    layout = Layout(tmp_path)
    whats = [
        ("prepare", "a", None), ("reference", "a", None), ("assemble", "", None), ("report", "a", None),
        ("report", "b", None), ("train", "a-b-c", 0), ("train", "a-b-c", 1), ("evaluate", "a-b-c", 0),
        ("probe", "a-b-c", 0), ("transfer", "a", 0), ("transfer", "a", 1),
    ]  # fmt: skip
    hidden = [layout.publication(*what).hidden for what in whats]
    assert len(set(hidden)) == len(whats)
    folders = {layout.publication(*what).folder for what in whats if what[0] != "report"}
    for path in hidden:
        assert path.name.startswith(".")
        assert not any(path.is_relative_to(folder) for folder in folders), "DVC tracks the folder"
    assert os.path.commonpath(hidden) == str(tmp_path)
