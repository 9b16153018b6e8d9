"""How many seeds would decide a claim: where the interval at that level just clears the bound."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.inference import pool
from ganmatrix.results.needed import seeds_needed
from ganmatrix.results.statistics import split
from ganmatrix.results.verdicts import LEVEL, Comparison, Trial

SPREAD = np.array([-1.0, 0.0, 1.0])


def _against(mean: float, *, settings: int = 1) -> Comparison:
    """Three pairs a setting with this mean and a standard deviation of 1."""
    index = pd.MultiIndex.from_product(
        [["digits"], [f"a{i}" for i in range(settings)], range(3)], names=["dataset", "architecture", "seed"]
    )
    pairs = pd.Series(np.tile(mean + SPREAD, settings), index=index)
    return Comparison("old", pairs, pool(split(pairs)))


@pytest.mark.parametrize("settings", [1, 4])
@pytest.mark.parametrize("mean", [1.7, 0.3])
def test_one_seed_fewer_would_not_do(mean, settings):
    needed = seeds_needed(Trial(_against(mean, settings=settings)), 1.0, tested=5)

    def clears(seeds: int) -> bool:
        half = scipy.stats.t.isf(LEVEL / 5, seeds - 1) / np.sqrt(settings * seeds)
        return abs(mean - 1.0) > half

    assert clears(needed)
    assert not clears(needed - 1)


def test_the_control_must_be_beaten_too():
    alone = seeds_needed(Trial(_against(2.0)), 1.0, tested=1)
    assert seeds_needed(Trial(_against(2.0), _against(0.2)), 1.0, tested=1) > alone
    assert seeds_needed(Trial(_against(2.0), _against(-0.2)), 1.0, tested=1) is None


def test_a_control_has_no_say_where_the_effect_falls_short():
    alone = seeds_needed(Trial(_against(0.5)), 1.0, tested=1)
    assert seeds_needed(Trial(_against(0.5), _against(-0.2)), 1.0, tested=1) == alone


def test_nothing_is_foretold_without_spread_or_beyond_a_thousand_seeds():
    one = _against(2.0)
    single = Comparison("old", one.pairs.iloc[:1], pool(split(one.pairs.iloc[:1])))
    assert seeds_needed(Trial(single), 1.0, tested=1) is None
    assert seeds_needed(Trial(_against(1.001)), 1.0, tested=1) is None


def test_an_obstacle_foretells_nothing_and_three_pairs_are_the_fewest():
    far = _against(50.0)
    assert seeds_needed(Trial(far), 1.0, tested=1) == 3
    assert seeds_needed(Trial(_against(5000.0, settings=2)), 1.0, tested=1) == 2
    assert seeds_needed(Trial(replace(far, obstacle="there are 2 pairs")), 1.0, tested=1) is None
