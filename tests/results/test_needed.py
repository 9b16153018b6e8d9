"""How many seeds would decide a claim in four of five cases, held against simulated tests."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ganmatrix.results.inference import pool, sign_flip
from ganmatrix.results.levels import LEVEL, fewest_seeds
from ganmatrix.results.needed import POWER, seeds_needed
from ganmatrix.results.statistics import Scale, split
from ganmatrix.results.verdicts import Comparison, Trial

SPREAD = np.array([-1.0, 0.0, 1.0])


def _against(mean: float, *, settings: int = 1) -> Comparison:
    """Three pairs a setting with this mean and a standard deviation of 1."""
    index = pd.MultiIndex.from_product(
        [["digits"], [f"a{i}" for i in range(settings)], range(3)], names=["dataset", "architecture", "seed"]
    )
    pairs = pd.Series(np.tile(mean + SPREAD, settings), index=index)
    return Comparison("old", pairs, pool(split(pairs)), Scale())


@pytest.mark.parametrize("settings", [1, 2])
@pytest.mark.parametrize("distance", [1.2, 0.8])
def test_so_many_seeds_decide_in_four_of_five_cases_at_the_level_that_is_used(settings, distance):
    level, draws = LEVEL / 15, 600
    needed = seeds_needed(Trial(_against(1.0 + distance, settings=settings)), 1.0, level)
    rng = np.random.default_rng(0)
    drawn = rng.normal(distance, 1, size=(draws, settings * needed)) / needed / settings
    power = np.mean([sign_flip(each) <= level for each in drawn])
    assert power == pytest.approx(POWER, abs=0.06)


def test_fewer_seeds_than_any_outcome_needs_are_never_enough():
    level = LEVEL / 15
    assert fewest_seeds(1, level) == 10
    assert fewest_seeds(2, level) == 5
    assert seeds_needed(Trial(_against(5000.0)), 1.0, level) == 10
    assert seeds_needed(Trial(_against(5000.0, settings=2)), 1.0, level) == 5


def test_the_control_must_be_beaten_too():
    alone = seeds_needed(Trial(_against(2.0)), 1.0, LEVEL)
    assert seeds_needed(Trial(_against(2.0), _against(0.2)), 1.0, LEVEL) > alone
    assert seeds_needed(Trial(_against(2.0), _against(-0.2)), 1.0, LEVEL) is None


def test_a_control_has_no_say_where_the_effect_falls_short():
    alone = seeds_needed(Trial(_against(0.5)), 1.0, LEVEL)
    assert seeds_needed(Trial(_against(0.5), _against(-0.2)), 1.0, LEVEL) == alone


def test_nothing_is_foretold_without_spread_of_counts_or_beyond_a_thousand_seeds():
    one = _against(2.0)
    single = replace(one, effect=pool(split(one.pairs.iloc[:1])))
    assert seeds_needed(Trial(single), 1.0, LEVEL) is None
    assert seeds_needed(Trial(replace(one, counts=True)), 1.0, LEVEL) is None
    assert seeds_needed(Trial(_against(1.001)), 1.0, LEVEL) is None
