"""Whatever is wrong with params.yaml is said in one line."""

import re
from pathlib import Path

import pytest
from bad_edits import BAD, CLAIM, KINDS, SECTIONS

from ganmatrix.errors import UserError
from ganmatrix.params import load


def _refused(path: Path) -> str:
    """What is wrong with a params file, in one line, after its name."""
    with pytest.raises(UserError) as error:
        load(path)
    line = str(error.value)
    assert line.isprintable()
    assert line.startswith(str(path))
    return MORE.sub("", line.removeprefix(str(path)))


MORE = re.compile(r" \(and \d+ more; the verb `check` names all\)$")


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_bad_edit_is_one_line(old, new, message, project):
    assert _refused(project((old, new))) == f": {message}"


def test_a_metric_near_no_column_gets_three(project):
    with pytest.raises(UserError) as error:
        load(project(("claims: {}", CLAIM)))
    line = str(error.value)
    assert "claims.a.metric: m is no column of the matrix; did you mean " in line
    assert line.endswith("? docs/measures.md lists all")
    assert line.count(", ") == 1


def test_a_real_side_without_reals_is_refused_only_where_the_grid_has_both(project):
    share, batch = ("share: 0.5, over", "share: 0.9, over"), ("batch_size: 16", "batch_size: 4")
    with pytest.raises(UserError) as error:
        load(project(share, batch))
    line = (
        "params.yaml: methods.fargan.fake_as_real_share is 0.9, which leaves no real sample of "
        "recipes.ring8.batch_size, 4; lower the share or enlarge the batch"
    )
    assert MORE.sub("", str(error.value)).endswith(line)
    load(project(share, batch, ("[gan, as_gan, dat, fargan]", "[gan]")))
    load(project(share))


@pytest.mark.parametrize("text", ["", "# a comment\n", "- grid\n- datasets\n", "grid\n"])
def test_what_is_no_mapping_is_one_line(text, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert _refused(path) == f" is empty or no mapping; expected sections {SECTIONS}"


def test_long_values_are_cut(project):
    line = _refused(project(("kind: ring,", f"kind: {'r' * 500},")))
    assert re.search(r"kind is 'r{56}\.\.\.; choose from ring", line)
    assert len(line) < 100 + len(KINDS)


def test_of_very_many_choices_some_are_listed(project):
    names = [f"m{number:03d}" for number in range(200)]
    methods = "".join(f"  {name}: {{kind: gan}}\n" for name in names)
    line = _refused(project(("methods:\n", f"methods:\n{methods}"), ("[gan, as_gan", "[m0x7, as_gan")))
    assert "(choose from as_gan, dat, fargan, gan, m000, " in line
    assert " and 164 more); did you mean m" in line
    assert len(line) < 500
