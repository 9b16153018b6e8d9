"""Writing is all or nothing; sizes are told in plain units."""

import json
import os
from pathlib import Path

import pytest

from ganmatrix.errors import UserError
from ganmatrix.store.files import describe, replacing, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_readers_never_see_a_part(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with replacing(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent
    assert path.read_text() == "half"


def test_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_permissions_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_has_no_nan(value, tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"value": value})
    assert list(tmp_path.iterdir()) == []


def test_json_is_the_same_for_the_same_value(tmp_path):
    write_json(tmp_path / "a", {"b": 1, "a": [1.5, None]})
    write_json(tmp_path / "b", {"a": [1.5, None], "b": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text()) == {"a": [1.5, None], "b": 1}


def test_a_target_that_is_a_folder(tmp_path):
    (tmp_path / "a" / "inner").mkdir(parents=True)
    with pytest.raises(UserError, match="a is not a plain file; name another"):
        write_text(tmp_path / "a", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1234567, "1.2 MB"), (3_000_000_000, "3.0 GB")],
)
def test_sizes(size, text, tmp_path: Path):
    path = tmp_path / "a"
    with path.open("wb") as file:
        file.truncate(size)
    assert describe([path]) == f"wrote {path} ({text})"


def test_what_a_killed_write_left_goes_with_the_next(tmp_path):
    path = tmp_path / "a.txt"
    (tmp_path / ".a.txt.k1ll3d_0").write_text("half")
    (tmp_path / ".b.txt.k1ll3d_0").write_text("another file's")
    write_text(path, "whole")
    assert {each.name for each in tmp_path.iterdir()} == {"a.txt", ".b.txt.k1ll3d_0"}
