"""Reports of a grid with variants: every page renders, and one shows where methods train."""

import re
from html import unescape

import pytest

from ganmatrix.reporting import variant_figures
from ganmatrix.stages import report
from helpers.assembled_matrix import read
from helpers.fake_matrix import FakeMatrix, claim

GRID = """datasets: [ring8, digits]
  architectures: [conventional]
  methods: [gan, as_gan]
  seeds: [0, 1, 2]
  variants: {e4: {methods.as_gan.epsilon: 4/255}}
  lattice: {recipe.optimizer.lr: [1e-4, 1e-3, 1e-2], recipe.optimizer.beta1: [0, 0.5]}"""
CLAIMS = "claims:\n" + claim("fid", "fid_efficientnet_lite0_ema", "lower", 0.1, effect="relative")


@pytest.fixture(scope="module")
def varied(tmp_path_factory, without_kernels):
    fake = FakeMatrix(
        tmp_path_factory.mktemp("varied"),
        grid=GRID,
        claims=CLAIMS,
        effects={("as_gan", "fid_efficientnet_lite0"): 3.0},
        diverged={"digits-conventional-gan-lr_0_01_beta1_0-1": 200},
    )
    return fake.write().assemble()


def _words(page: str) -> str:
    kept = re.sub(r"<(style|script)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(kept).split())


def test_the_page_of_stability_shows_where_methods_train(varied):
    page = report.render("stability", varied.plan, varied.layout)
    words = _words(page)
    assert "With which values does it train?" in words
    assert "gan 94.4% [70.5%, 100%]\N{DAGGER}, n = 3 6 of 6, 5 of 6, 6 of 6" in words
    assert "as_gan 0.000% [0.000%, 0.000%], n = 3 0 of 7, 0 of 7, 0 of 7" in words
    assert "Along one axis" in words


@pytest.mark.parametrize("name", ["index", "claims", "results_matrix", "robustness"])
def test_every_page_renders(varied, name):
    page = report.render(name, varied.plan, varied.layout)
    assert name == "robustness" or "(e4)" in page


def test_without_variants_the_page_has_no_such_section(planted, without_kernels):
    assert variant_figures.where_methods_train(read(planted)) is None
    assert "With which values does it train?" not in report.render("stability", planted.plan, planted.layout)


SWEEP = """datasets: [digits]
  architectures: [conventional]
  methods: [gan, as_gan]
  seeds: [0, 1, 2]
  """
VALUES = "lattice: {methods.as_gan.epsilon: [1/255, 4/255, 16/255]}"
NAMED = "variants: {small: {methods.as_gan.epsilon: 2/255}, large: {methods.as_gan.epsilon: 16/255}}"


@pytest.mark.parametrize(("swept", "values"), [(VALUES, 3), (NAMED, 2)])
def test_a_sweep_is_drawn_over_its_values_with_every_seed(swept, values, tmp_path):
    fake = FakeMatrix(tmp_path, grid=SWEEP + swept, diverged={}).write().assemble()
    data = read(fake)
    (rows,) = variant_figures._sweeps(data).values()
    assert [len(row["seeds"]) for row in rows] == [3] * values
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    shown = variant_figures.sweep_figures(data).html
    assert "over methods.as_gan.epsilon" in shown
    assert shown.count("<img") == 1
    assert "Along one axis" not in variant_figures.where_methods_train(data).html


def test_a_value_with_a_diverged_run_has_no_mean(tmp_path):
    diverged = {"digits-conventional-as_gan-epsilon_4_255-1": 100}
    data = read(FakeMatrix(tmp_path, grid=SWEEP + VALUES, diverged=diverged).write().assemble())
    (rows,) = variant_figures._sweeps(data).values()
    assert [(len(row["seeds"]), row["mean"] is None) for row in rows] == [(3, False), (2, True), (3, False)]


def test_a_grid_without_a_sweep_has_no_such_figure(planted, varied):
    assert variant_figures.sweep_figures(read(planted)) is None
    assert variant_figures.sweep_figures(read(varied)) is None
