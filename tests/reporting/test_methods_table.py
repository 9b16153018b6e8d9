"""What each method and recipe was trained with, as the first page has it."""

import re
from html import unescape

import pytest

from ganmatrix.reporting import methods_table
from helpers.assembled_matrix import assembled, read
from helpers.fake_matrix import FakeMatrix

GRID = """datasets: [digits]
  architectures: [conventional]
  methods: [gan, as_gan, dat_control, nsgan_0gp]
  seeds: [0]
  variants: {e4: {methods.as_gan.epsilon: 4/255}}"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return read(assembled(FakeMatrix(tmp_path_factory.mktemp("methods"), grid=GRID)))


def _rows(fragment):
    """The words of each row, by its first cell."""
    rows = re.findall("<tr>.*?</tr>", fragment.html)
    words = [
        [unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall("<t[hd].*?</t[hd]>", r)] for r in rows
    ]
    return {first: cells for first, *cells in words}


def test_values_that_are_not_defaults_are_told(data):
    rows = _rows(methods_table.methods_table(data))
    assert rows["gan"][1:4] == ["non saturating", "-", "-"]
    assert rows["as_gan"][3] == "epsilon 1/255, warm up 0"
    assert rows["dat_control"][1:4] == ["hinge", "-", "direction random"]
    assert rows["nsgan_0gp"][2] == "zero gp (at real, weight 10)"


def test_a_kind_that_is_not_known_here_has_all_its_values(tmp_path):
    def edit(run, documents):
        method = documents["run"]["reproducible"]["params"]["method"]
        method |= {"kind": "of_a_plugin", "share": 0.05, "loss": {"kind": "own", "margin": 2}}

    rows = _rows(methods_table.methods_table(read(assembled(FakeMatrix(tmp_path, grid=GRID, edit=edit)))))
    assert rows["gan"][1] == "own (margin 2)"
    assert "share 0.05" in rows["gan"][3]


def test_recipes_have_their_rates_and_lengths(data):
    rows = _rows(methods_table.recipes_table(data))
    assert list(rows) == ["Setting", "digits x conventional"]
    told = dict(zip(rows["Setting"], rows["digits x conventional"], strict=True))
    assert told["Learning rate of G"] == told["Learning rate of D"] == "0.001"
    assert told["Batch size"] == "32"
    assert told["Optimiser"] == "adam (beta1 0.5, beta2 0.999)"
