"""`ganmatrix show` and `diff` on results with variants: columns by variant, and cells that are not there."""

import io

import pytest
from rich.console import Console

from ganmatrix.results.changes import compare
from ganmatrix.terminal.matrix import matrix
from ganmatrix.terminal.reading import read_in
from ganmatrix.terminal.selection import Selection
from helpers.fake_matrix import GRID, FakeMatrix

E4 = f"{GRID}\n  variants: {{e4: {{methods.as_gan.epsilon: 4/255}}}}"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Without variants, and with one more."""
    found = []
    for grid in (GRID, E4):
        fake = FakeMatrix(tmp_path_factory.mktemp("results"), grid=grid).write().assemble()
        found.append(read_in(fake.layout))
    return found


def test_a_variant_has_a_column_and_methods_without_it_a_gap(results):
    printed = Console(file=io.StringIO(), width=200)
    printed.print(*matrix(results[1], Selection(dataset=["digits"], columns=["fid"])))
    lines = printed.file.getvalue().splitlines()
    assert any("conventional (e4)" in line for line in lines)
    of = {line.split()[0]: line for line in lines if line.strip()}
    assert "no such cell" in of["gan"]
    assert of["as_gan"].count("n=3") == 2


def test_a_variant_more_is_new_runs_and_no_change_of_the_others(results):
    changes = compare(*results)
    assert len(changes.new_runs) == 6
    assert all("-e4-" in run for run in changes.new_runs)
    assert changes.changed_runs == changes.gone_runs == []
    assert {each.architecture for each in changes.shifts} == {"conventional"}
