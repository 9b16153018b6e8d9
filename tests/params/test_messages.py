"""Whatever is wrong with params.yaml is said in one line, with status 2, before anything is written."""

from pathlib import Path

import pytest
from bad_edits import BAD, CLAIM, KINDS, SECTIONS

from ganmatrix.cli import main
from ganmatrix.errors import UserError
from ganmatrix.params import load


def _fails(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *argv: str) -> str:
    """The one line of an unsuccessful command."""
    monkeypatch.setattr("sys.argv", ["ganmatrix", *argv])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removesuffix("\n")


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_bad_edit_is_one_line_and_nothing_is_written(old, new, message, project, capsys, monkeypatch):
    path = project((old, new))
    assert _fails(capsys, monkeypatch, "prepare", "ring8") == f"error: params.yaml: {message}"
    assert list(path.parent.iterdir()) == [path]


def test_a_metric_near_no_column_lists_them(project):
    with pytest.raises(UserError) as error:
        load(project(("claims: {}", CLAIM)))
    line = str(error.value)
    assert "claims.a.metric: m is no column of the matrix; choose from fid_efficientnet_lite0_init, " in line
    assert line.endswith("wall_seconds, cpu_seconds, images_per_second, diverged")


def test_a_real_side_without_reals_is_refused_only_where_the_grid_has_both(project):
    share, batch = ("share: 0.5, over", "share: 0.9, over"), ("batch_size: 16", "batch_size: 4")
    with pytest.raises(UserError) as error:
        load(project(share, batch))
    assert str(error.value).endswith(
        "params.yaml: methods.fargan.fake_as_real_share is 0.9, which leaves no real sample of "
        "recipes.ring8.batch_size, 4; lower the share or enlarge the batch"
    )
    load(project(share, batch, ("[gan, as_gan, dat, fargan]", "[gan]")))
    load(project(share))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", f"is empty or no mapping; expected sections {SECTIONS}"),
        ("# a comment\n", f"is empty or no mapping; expected sections {SECTIONS}"),
        ("- grid\n- datasets\n", f"is empty or no mapping; expected sections {SECTIONS}"),
        ("grid\n", f"is empty or no mapping; expected sections {SECTIONS}"),
        (
            "grid:\n\tseeds: [0]\n",
            "line 2: not valid YAML: found character '\\t' that cannot start any token",
        ),
        ("a: 1\nb: 2\na: 3\n", "line 3: a stands twice; keep one of them"),
        ("a: b: c\n", "line 1: not valid YAML: mapping values are not allowed here"),
        ("a: [1\nb: 2\n", "line 2: not valid YAML: expected ',' or ']', but got ':'"),
        ("a: *nope\n", "line 1: not valid YAML: found undefined alias 'nope'"),
        ("a: 1\n---\nb: 2\n", "line 2: not valid YAML: but found another document"),
        ("a: !!int x\n", "not valid YAML: invalid literal for int() with base 10: 'x'"),
        ("[" * 3000, "not valid YAML: maximum recursion depth exceeded"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "line 1: not valid YAML: could not determine a constructor for the tag "
            "'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
    ],
)
def test_what_is_no_document_is_one_line(text, message, project, capsys, monkeypatch):
    project().write_text(text)
    line = _fails(capsys, monkeypatch, "cells")
    assert line.removeprefix("error: params.yaml").lstrip(": ") == message


@pytest.mark.parametrize(
    "text", ["x: " + "9" * 5000, "x: \x07", "x: &a [*a]", "? [a]\n: 1", "<<: 3", "%YAML 9\n---\n"]
)
def test_hostile_documents_are_user_errors(text, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml"):
        load(path)


def test_unreadable_files(tmp_path):
    with pytest.raises(UserError, match=r"does not exist; give a params file with --params$"):
        load(tmp_path / "params.yaml")
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "latin").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read: 'utf-8' codec"):
        load(tmp_path / "latin")


def test_long_values_are_cut(project):
    path: Path = project(("kind: ring,", f"kind: {'r' * 500},"))
    with pytest.raises(UserError, match=r"kind is 'r{56}\.\.\.; choose from ring") as error:
        load(path)
    assert len(str(error.value)) < 100 + len(str(path)) + len(KINDS)
