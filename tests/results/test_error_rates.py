"""The verdicts' error rate and power over matrices whose truth is known, held against the stated 2.5%."""

from types import MappingProxyType

import numpy as np
import pytest
import scipy.stats

from ganmatrix.results import claims
from ganmatrix.results.claims import adjudicate
from ganmatrix.results.statistics import EffectSize
from ganmatrix.results.verdicts import LEVEL
from helpers.simulated_matrix import PROTOCOLS, claim, simulate

FEW, MANY = 20, 1000
MATRICES = [FEW, pytest.param(MANY, marks=pytest.mark.slow)]
FAMILY = [f"fid_{i}" for i in range(5)]
DOZEN = [f"fid_{i}" for i in range(12)]


@pytest.fixture(autouse=True)
def _verdicts_alone(monkeypatch):
    """Leave out what takes most of the time and no verdict rests on."""
    monkeypatch.setattr(claims, "effect_size", lambda _: EffectSize(None, None, None))
    monkeypatch.setattr(claims, "seeds_needed", lambda *_: None)
    monkeypatch.setattr(claims, "far_runs", lambda *_: [])
    monkeypatch.setattr(claims, "_lost", lambda *_: "")


def _verdicts(matrices, gains, columns=("fid_0",), drawn=MappingProxyType({}), **changes):
    """For each matrix, `drawn` so, the set of its verdicts on claims with these `changes`."""
    rng = np.random.default_rng(0)
    stated = {column: claim(column, **changes) for column in columns}
    frames = (simulate(rng, gains, columns, **drawn) for _ in range(matrices))
    return [set(adjudicate(stated, frame, PROTOCOLS)["verdict"]) for frame in frames]


def _at_most(rate, matrices):
    """The most that a rate gives in 999 of 1000 such tests."""
    return scipy.stats.binom.ppf(0.999, matrices, rate)


def _count(verdicts, outcome):
    return sum(outcome in found for found in verdicts)


@pytest.mark.parametrize("matrices", MATRICES)
def test_no_effect_is_seldom_reproduced_and_mostly_contradicted(matrices):
    verdicts = _verdicts(matrices, {"old": 0.0, "new": 0.0})
    assert _count(verdicts, "reproduced") <= _at_most(LEVEL, matrices)
    assert _count(verdicts, "contradicted") >= 0.4 * matrices


@pytest.mark.parametrize("matrices", MATRICES)
@pytest.mark.parametrize(
    "bound", [{"smallest_effect": 0.1}, {"smallest_effect": None, "at_most": 0.1}], ids=["least", "most"]
)
def test_at_the_bound_either_verdict_is_wrong_at_the_stated_rate_and_not_far_below_it(matrices, bound):
    verdicts = _verdicts(matrices, {"old": 0.0, "new": 0.1}, **bound)
    for wrong in ("reproduced", "contradicted"):
        assert _count(verdicts, wrong) <= _at_most(LEVEL, matrices)
    if matrices == MANY:
        assert _count(verdicts, "reproduced") + _count(verdicts, "contradicted") >= LEVEL * matrices


@pytest.mark.parametrize("matrices", MATRICES)
def test_a_gain_that_the_control_shares_is_seldom_reproduced_and_not_contradicted(matrices):
    gains = {"old": 0.0, "new": 0.5, "control": 0.5}
    verdicts = _verdicts(matrices, gains, control="control")
    assert _count(verdicts, "reproduced") <= _at_most(LEVEL, matrices)
    assert _count(verdicts, "contradicted") <= _at_most(LEVEL, matrices)


@pytest.mark.parametrize("matrices", MATRICES)
def test_of_a_family_at_its_bounds_any_verdict_is_wrong_at_the_stated_rate(matrices):
    verdicts = _verdicts(matrices, {"old": 0.0, "new": 0.1}, FAMILY)
    for wrong in ("reproduced", "contradicted"):
        assert _count(verdicts, wrong) <= _at_most(LEVEL, matrices)


@pytest.mark.parametrize("matrices", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_one_noisy_setting_among_four_makes_no_verdict_of_a_dozen_claims_wrong_more_often(matrices):
    drawn = {"noises": (1, 0.17, 0.17, 0.17), "spread": 0.0}
    verdicts = _verdicts(matrices, {"old": 0.0, "new": 0.1}, DOZEN, drawn)
    for wrong in ("reproduced", "contradicted"):
        assert _count(verdicts, wrong) <= _at_most(LEVEL, matrices)


@pytest.mark.parametrize("matrices", MATRICES)
def test_a_large_planted_effect_is_reproduced_in_nearly_every_matrix(matrices):
    gains = {"old": 0.0, "new": 0.5, "control": 0.1}
    verdicts = _verdicts(matrices, gains, FAMILY, control="control")
    assert sum(found == {"reproduced"} for found in verdicts) >= 0.9 * matrices
