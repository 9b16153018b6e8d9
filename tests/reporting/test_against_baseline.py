"""Whether a method helps, in words: as sure as the test is, and never on the survivors' word."""

import re
from html import unescape

import pytest

from ganmatrix.reporting import against_baseline
from helpers.assembled_matrix import assembled, read
from helpers.fake_matrix import FakeMatrix

GRID = """datasets: [digits]
  architectures: [conventional]
  methods: [gan, as_gan]
  seeds: [0, 1, 2, 3, 4, 5, 6]"""
FID = {("as_gan", "fid_efficientnet_lite0"): 0.5}
LOST = "digits-conventional-{}-{}"


def _words(fragment) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", fragment.html)).split())


@pytest.mark.parametrize(
    ("diverged", "judged"),
    [
        ([], "better 50% lower"),
        (["gan", "as_gan"], "better 50% lower"),
        (["gan"], "better 50% lower"),
        (["as_gan"], "unclear 50% lower"),
    ],
)
def test_a_gain_of_survivors_is_unclear(tmp_path, diverged, judged):
    lost = {LOST.format(method, 3): 100 for method in diverged}
    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, effects=FID, diverged=lost, noise=0.001)))
    assert judged in _words(against_baseline.settings_table(data))


def test_a_loss_among_the_survivors_of_the_baseline_is_unclear(tmp_path):
    worse = {("as_gan", "fid_efficientnet_lite0"): 1.5}
    lost = {LOST.format("gan", 3): 100}
    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, effects=worse, diverged=lost)))
    assert "unclear 48% higher" in _words(against_baseline.settings_table(data))


@pytest.mark.parametrize("seeds", ["0", "0, 1, 2, 3, 4"])
def test_fewer_than_six_pairs_decide_nothing(tmp_path, seeds):
    grid = GRID.replace("0, 1, 2, 3, 4, 5, 6", seeds)
    data = read(assembled(FakeMatrix(tmp_path, grid=grid, effects=FID, noise=0.001)))
    assert "unclear 50% lower" in _words(against_baseline.settings_table(data))
    assert "fewer than 6 pairs" in _words(against_baseline.by_setting(data))


def test_a_difference_that_the_correction_takes_back_is_said_to_be_one(tmp_path):
    """Of three methods one differs by what its interval alone would call sure."""
    grid = GRID.replace("gan, as_gan", "gan, as_gan, dat, fargan").replace(", 6", "")
    effects = {("as_gan", "fid_efficientnet_lite0"): 0.93}
    data = read(assembled(FakeMatrix(tmp_path, grid=grid, effects=effects)))
    row = next(
        r
        for r in data.summary["comparisons"]
        if r["method"] == "as_gan" and r["column"].startswith("fid_eff")
    )
    assert row["difference"]["high"] < 0
    assert row["difference"]["p_holm"] > 0.05
    assert "perhaps better" in _words(against_baseline.settings_table(data))
    assert "not significant after Holm's correction" in _words(against_baseline.by_setting(data))
