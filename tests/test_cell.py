"""Cells and runs: what names them, and the grid that they fill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.cell import Cell, Run, expand, find, resolved, runs
from ganmatrix.errors import UserError
from ganmatrix.params import load

NAMES = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True)
CELLS = st.builds(Cell, NAMES, NAMES, NAMES)


@given(CELLS, st.integers(0, 2**31 - 1))
def test_a_run_is_a_cell_and_a_seed(cell, seed):
    run = cell.run(seed)
    assert run == Run(cell.dataset, cell.architecture, cell.method, seed)
    assert run.cell == cell
    assert run.id == f"{cell.id}-{seed}"
    assert cell.id.split("-") == [cell.dataset, cell.architecture, cell.method]


@given(CELLS, CELLS)
def test_different_cells_have_different_ids(one, other):
    assert (one.id == other.id) == (one == other)


def test_the_grid_is_the_full_product_in_order(project):
    params, _ = load(project())
    grid = params.grid
    cells = expand(params)
    assert [(cell.dataset, cell.architecture, cell.method) for cell in cells] == [
        (dataset, architecture, method)
        for dataset in grid.datasets
        for architecture in grid.architectures
        for method in grid.methods
    ]
    assert runs(params) == [cell.run(seed) for cell in cells for seed in grid.seeds]


def test_a_twin_has_random_numbers_of_its_own(project):
    params, _ = load(project(("gan: {kind: gan", "gan: {streams: own, kind: gan")))
    streams = {cell.method: cell.streams for cell in expand(params)}
    assert streams == dict.fromkeys(streams, "") | {"gan": "/gan"}
    cell = next(cell for cell in expand(params) if cell.method == "gan")
    assert (
        cell.run(3).streams
        == cell.run(3).cell.streams
        == find(params, cell.id, "ganmatrix cells").streams
        == "/gan"
    )


def test_every_cell_is_found_by_its_id(project):
    params, _ = load(project())
    for cell in expand(params):
        assert find(params, cell.id, "ganmatrix cells") == cell
        assert resolved(params, cell) == resolved(params, cell.run(0))


@pytest.mark.parametrize(
    ("cell_id", "hint"),
    [
        ("ring8-conventional-gam", "did you mean ring8-conventional-gan?"),
        ("RING8-conventional-gan", "did you mean ring8-conventional-gan?"),
        ("digits-resnet_sn-as_gam", "did you mean digits-resnet_sn-as_gan?"),
        ("ring8-conventional-gan-0", "give its seed with --seeds"),
        ("", "did you mean"),
        ("-", "did you mean"),
        ("a-b", "did you mean"),
        ("\u0661", "did you mean"),
        ("x" * 100_000, "did you mean"),
        ("ring8-conventional-gan\n", "did you mean ring8-conventional-gan?"),
    ],
)
def test_an_id_outside_the_grid_names_what_was_meant(project, cell_id, hint):
    params, _ = load(project())
    with pytest.raises(UserError) as error:
        find(params, cell_id, "ganmatrix cells")
    assert hint in str(error.value)
    assert "is not in the grid" in str(error.value)
    assert str(error.value).endswith("(`ganmatrix cells` lists all 16)")
    assert len(str(error.value)) < 400
