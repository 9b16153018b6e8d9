"""A cell's id names it uniquely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganmatrix.cell import Cell, expand, find
from ganmatrix.errors import UserError
from ganmatrix.params import load

names = st.from_regex(r"[a-z0-9_]+", fullmatch=True)
cells = st.builds(Cell, names, names, names, st.integers(0, 2**31 - 1))


@given(cells)
def test_an_id_parses_to_its_cell(cell):
    assert Cell.parse(cell.id) == cell


@given(cells, cells)
def test_different_cells_have_different_ids(a, b):
    assert (a.id == b.id) == (a == b)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "a-b-c", "a-b-c-", "a-b-c-d", "a-b-c-0-0", "a--c-0", "-b-c-0"),
        *("a-b-c-1.0", "a-b-c-+1", "a-b-c--1", "a-b-c- 1", "a-b-c-\u0661", "a-b-c-\u00b2"),
        "a-b-c-" + "9" * 5000,
    ],
)
def test_bad_ids(text):
    with pytest.raises(UserError, match="is no cell id; expected dataset-architecture-method-seed"):
        Cell.parse(text)


def test_the_grid_is_the_full_product_in_order(project):
    params, _ = load(project())
    found = expand(params)
    assert len(found) == len(set(found)) == 2 * 2 * 4 * 2
    assert [c.id for c in found[:3]] == [
        "ring8-conventional-gan-0",
        "ring8-conventional-gan-1",
        "ring8-conventional-as_gan-0",
    ]
    assert all(find(params, cell.id) == cell for cell in found)


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("ring8-conventional-gan-2", "ring8-conventional-gan-[01]"),
        ("ring8-conventional-gan-00", "ring8-conventional-gan-0"),
        ("RING8-conventional-gan-0", "ring8-conventional-gan-0"),
        ("digits-resnet_sn-as_gam-1", "digits-resnet_sn-as_gan-1"),
    ],
)
def test_an_id_outside_the_grid_names_the_nearest(text, near, project):
    params, _ = load(project())
    with pytest.raises(UserError, match=rf"{text} is not in the grid; did you mean {near}\? .*all 32\)$"):
        find(params, text)
