"""Whatever is wrong with params.yaml is said in one line."""

import re

import pytest

from ganmatrix.params import load
from helpers.refusal import refused


def test_a_real_side_without_reals_is_refused_only_where_the_grid_has_both(project):
    share, batch = ("share: 0.5, over", "share: 0.9, over"), ("batch_size: 16", "batch_size: 4")
    path = project(share, batch)
    key, mend = "methods.fargan.fake_as_real_share", "lower the share or enlarge the batch"
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)
    load(project(share, batch, ("[gan, as_gan, dat, fargan]", "[gan]")))
    load(project(share))


@pytest.mark.parametrize("text", ["", "# a comment\n", "- grid\n- datasets\n", "grid\n"])
def test_what_is_no_mapping_is_one_line(text, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert refused(lambda: load(path), key=str(path), mend="expected sections study, grid, ")


def test_long_values_are_cut(project):
    path = project(("kind: ring,", f"kind: {'r' * 500},"))
    line = refused(lambda: load(path), key=f"{path}: datasets.ring8.kind", mend="choose from ring, ")
    assert re.search(r"'r{56}\.\.\.", line)
    assert len(line.removeprefix(str(path))) < 400


def test_of_very_many_choices_some_are_listed(project):
    names = [f"m{number:03d}" for number in range(200)]
    methods = "".join(f"  {name}: {{kind: gan}}\n" for name in names)
    path = project(("methods:\n", f"methods:\n{methods}"), ("[gan, as_gan", "[m0x7, as_gan"))
    line = refused(lambda: load(path), key=f"{path}: grid.methods", mend="did you mean m")
    assert "(choose from as_gan, dat, fargan, gan, m000, " in line
    assert " and 164 more)" in line
    assert len(line.removeprefix(str(path))) < 500
