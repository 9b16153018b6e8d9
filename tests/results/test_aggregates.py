"""Descriptive views: closed forms, parity with scipy, diverged and missing runs, settings put together."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.aggregates import (
    DRAWS,
    POINTS,
    describe,
    improvements,
    interquartile_means,
    profile,
    resampled,
)
from helpers.fake_matrix import FakeMatrix
from helpers.simulated_matrix import simulate

PROTOCOL = {"digits": {"fid_inception_ema": {}, "fid_inception_init": {}}}
BASELINES = {"new": "old"}


def _matrix(methods, column="fid_inception_ema", untrained=100.0, architectures=("dcgan",)):
    """Scores by method, seed by seed; None for a diverged run, NaN for a missing score."""
    rows = [
        {
            "dataset": "digits",
            "architecture": architecture,
            "method": method,
            "seed": seed,
            "outcome": "diverged" if score is None else "completed",
            column: np.nan if score is None else score,
            f"{column.removesuffix('ema')}init": untrained,
        }
        for architecture in architectures
        for method, scores in methods.items()
        for seed, score in enumerate(scores)
    ]
    return pd.DataFrame(rows)


def _described(frame, protocols=PROTOCOL):
    found = describe(frame, protocols, BASELINES)
    return {row["method"]: row for row in found["settings"]}, {row["method"]: row for row in found["overall"]}


def _mean(scores):
    return interquartile_means(resampled(scores, "a"))[0]


def _improvement(one, other):
    return improvements(resampled(one, "a"), resampled(other, "b"))[0]


@pytest.mark.parametrize(
    ("scores", "mean"),
    [
        ([7.0], 7.0),
        ([0.0, 10.0], 5.0),
        ([0.0, 1.0, 8.0], (0.25 * 0 + 1 + 0.25 * 8) / 1.5),
        ([-9.0, 0.0, 1.0, 5.0, 99.0], (0.75 * 0 + 1 + 0.75 * 5) / 2.5),
        ([-9.0, -9.0, 0.0, 1.0, 5.0, 7.0], (0.5 * -9 + 0 + 1 + 0.5 * 5) / 3),
    ],
)
def test_a_run_that_the_quarter_cuts_counts_with_the_part_that_is_left(scores, mean):
    assert _mean(scores) == pytest.approx(mean)


@pytest.mark.parametrize("n", [*range(1, 12), 40])
def test_the_interquartile_mean_of_evenly_spaced_scores_is_their_middle(n):
    assert _mean(range(n + 1)) == pytest.approx(n / 2)


@pytest.mark.parametrize("n", [4, 8, 20])
def test_the_interquartile_mean_is_rliables_where_four_divides_the_runs(n):
    scores = np.random.default_rng(n).exponential(size=n)
    assert _mean(scores) == pytest.approx(scipy.stats.trim_mean(scores, 0.25))
    assert _mean(scores[:-1]) != pytest.approx(scipy.stats.trim_mean(scores[:-1], 0.25))


@pytest.mark.parametrize("round_to", [0, 6])
def test_the_probability_of_improvement_is_mann_whitneys_u_over_the_pairs(round_to):
    rng = np.random.default_rng(2)
    one, other = rng.normal(0.5, 2, 7).round(round_to), rng.normal(0, 2, 5).round(round_to)
    expected = scipy.stats.mannwhitneyu(one, other).statistic / 35
    assert _improvement(one, other) == pytest.approx(expected)
    assert _improvement(other, one) == pytest.approx(1 - expected)


def test_shifted_runs_improve_always_or_never_and_equal_ones_by_half():
    scores = np.arange(6.0)
    assert (_improvement(scores + 9, scores), _improvement(scores, scores + 9)) == (1, 0)
    assert _improvement(scores, scores) == _improvement([3.0] * 4, [3.0] * 5) == 0.5


def test_resamples_are_those_of_a_bootstrap():
    """Recomputed run by run from how often each was taken; their spread is that of theory."""
    one, other = resampled([4.0, 1.0, 2.0, 9.0], "a"), resampled([3.0, 5.0, 2.0], "b")
    assert one.counts.shape == (1 + DRAWS, 4)
    for draw in (0, 1, 2, DRAWS):
        taken = [np.repeat(each.scores, each.counts[draw].astype(int)) for each in (one, other)]
        u = scipy.stats.mannwhitneyu(*taken).statistic
        assert improvements(one, other)[draw] == pytest.approx(u / 12)
        assert interquartile_means(one)[draw] == pytest.approx(scipy.stats.trim_mean(taken[0], 0.25))
    means = one.counts[1:] @ one.scores / 4
    assert means.std() == pytest.approx(np.std([4, 1, 2, 9]) / 2, rel=0.05)
    assert not np.array_equal(one.counts, resampled(one.scores, "b").counts)


def test_a_profile_falls_from_the_untrained_generators_to_the_best_run():
    runs = resampled([-12.0, -10.0, -50.0, -300.0], "a")
    shares = profile(runs, untrained=-100.0, best=-10.0)
    assert shares.shape == (POINTS,)
    assert (np.diff(shares) <= 0).all()
    assert (shares[0], shares[-1]) == (0.75, 0.25)
    # Equal ratios: 50 is log10(2) = 0.301 of the way from 100 to 10.
    assert list(shares[[12, 13]]) == [0.75, 0.5]


def test_a_profile_of_a_share_has_equal_steps():
    shares = profile(resampled([0.0, 0.4, 0.8], "a"), untrained=0.0, best=0.8)
    assert list(shares[[0, 1, 20, 21, 40]]) == pytest.approx([1, 2 / 3, 2 / 3, 1 / 3, 1 / 3])


@pytest.mark.parametrize("untrained", [-9.0, -5.0, np.nan])
def test_there_is_no_profile_unless_a_run_is_beyond_the_untrained_generators(untrained):
    assert profile(resampled([-9.0, -12.0], "a"), untrained, best=-9.0) is None


def test_a_row_carries_the_score_in_its_units_and_improves_where_it_is_lower():
    frame = _matrix({"old": [40.0, 60.0, 50.0, 90.0], "new": [20.0, 45.0, 30.0, 10.0]})
    rows, _ = _described(frame)
    assert rows["new"]["interquartile_mean"]["value"] == 25
    assert (rows["new"]["untrained"], rows["new"]["best"]) == (100, 10)
    assert rows["new"]["improvement"]["value"] == 15 / 16
    assert rows["new"]["profile"][-1] == 0.25
    assert (rows["old"]["baseline"], rows["old"]["improvement"]) == (None, None)
    assert rows["old"]["interquartile_mean"]["low"] <= 55 <= rows["old"]["interquartile_mean"]["high"]


def test_of_shares_the_higher_is_ahead():
    frame = _matrix({"old": [0.5, 0.2], "new": [0.6, 0.9]}, "high_quality_share_ema", untrained=0.0)
    rows, _ = _described(frame, {"digits": {"high_quality_share_ema": {}}})
    assert rows["new"]["improvement"]["value"] == 1
    assert rows["new"]["interquartile_mean"]["value"] == pytest.approx(0.75)
    assert (rows["new"]["best"], rows["new"]["profile"][-1], rows["old"]["profile"][-1]) == (0.9, 0.5, 0)


def test_the_order_of_runs_does_not_matter():
    frame = simulate(
        np.random.default_rng(1), {"old": 0.0, "new": 0.3}, ["fid_inception_ema"], seeds=range(5)
    )
    protocols = {dataset: {"fid_inception_ema": {}} for dataset in ("digits", "photos")}
    shuffled = pd.concat(
        part.sample(frac=1, random_state=3) for _, part in frame.groupby(["dataset", "architecture"])
    ).sort_values("method", ascending=False, kind="stable")
    again = describe(shuffled, protocols, BASELINES)
    for kind, rows in describe(frame, protocols, BASELINES).items():
        assert {json.dumps(row) for row in rows} == {json.dumps(row) for row in again[kind]}


@pytest.mark.parametrize(("diverged", "mean"), [(1, 12.0), (2, None)])
def test_diverged_runs_are_worst_and_leave_a_mean_only_within_the_trimmed_quarter(diverged, mean):
    scores = [None] * diverged + [11.0, 13.0, 10.0][: 4 - diverged]
    rows, _ = _described(_matrix({"old": [90.0, 90.0, 80.0, 95.0], "new": scores}))
    new = rows["new"]
    assert new["interquartile_mean"]["value"] == mean
    assert new["interquartile_mean"]["high"] is None
    assert (new["runs"], new["diverged"], new["missing"]) == (4, diverged, 0)
    assert new["improvement"]["value"] == new["profile"][0] == 1 - diverged / 4


def test_diverged_runs_tie_with_one_another():
    rows, _ = _described(_matrix({"old": [None, None], "new": [None, None]}))
    assert rows["new"]["improvement"] == {"value": 0.5, "low": 0.5, "high": 0.5}
    assert (rows["new"]["profile"], rows["new"]["best"], rows["new"]["interquartile_mean"]["value"]) == (
        None,
        None,
        None,
    )


def test_missing_scores_are_left_out_and_counted():
    rows, _ = _described(_matrix({"old": [40.0, 50.0], "new": [np.nan, 45.0, 30.0, np.nan]}))
    assert (rows["new"]["runs"], rows["new"]["missing"], rows["new"]["improvement"]["value"]) == (2, 2, 0.75)
    rows, overall = _described(_matrix({"old": [40.0, 50.0], "new": [np.nan]}))
    assert rows.keys() == overall.keys() == {"old"}


def test_one_seed_has_no_intervals():
    rows, overall = _described(_matrix({"old": [40.0], "new": [30.0]}))
    assert rows["new"]["interquartile_mean"] == {"value": 30, "low": None, "high": None}
    assert rows["new"]["improvement"] == {"value": 1, "low": None, "high": None}
    assert overall["new"]["improvement"] == rows["new"]["improvement"]


@pytest.mark.parametrize(("seeds", "at_least", "at_most"), [(3, 0.65, 0.87), (15, 0.87, 0.99)])
def test_intervals_cover_what_docs_say_of_few_seeds_and_of_many(seeds, at_least, at_most):
    rng = np.random.default_rng(0)
    covered = {"interquartile_mean": 0, "improvement": 0}
    for _ in range(150):
        frame = _matrix({method: 100 + rng.normal(size=seeds) for method in ("old", "new")})
        new = _described(frame)[0]["new"]
        for view, truth in (("interquartile_mean", 100), ("improvement", 0.5)):
            covered[view] += new[view]["low"] <= truth <= new[view]["high"]
    assert all(at_least <= count / 150 <= at_most for count in covered.values())


def test_settings_weigh_alike_and_a_gap_in_one_is_a_gap_over_all():
    small = _matrix({"old": [50.0, 50.0], "new": [40.0, 60.0]})
    large = _matrix({"old": [50.0] * 8, "new": [10.0] * 8}, architectures=("resnet",))
    _, overall = _described(pd.concat([small, large]))
    assert overall["new"]["improvement"]["value"] == (0.5 + 1) / 2
    assert overall["new"]["profile"][-1] == (0.5 + 1) / 2
    _, overall = _described(pd.concat([small, large[large["method"] == "old"]]))
    assert overall.keys() == {"old"}
    _, overall = _described(pd.concat([small, large.assign(fid_inception_init=5.0)]))
    assert (overall["new"]["profile"], overall["new"]["improvement"]["value"]) == (None, 0.75)


def test_intervals_over_settings_are_of_independent_resamples():
    """Of two equal settings the variance is half of one's."""
    scores = {"old": list(np.arange(20.0) + 30), "new": list(np.arange(20.0) + 27)}
    frame = _matrix(scores, architectures=("dcgan", "resnet"))
    found = describe(frame, PROTOCOL, BASELINES)
    alone, overall = (
        next(row["improvement"] for row in found[kind] if row["method"] == "new")
        for kind in ("settings", "overall")
    )
    narrowed = (overall["high"] - overall["low"]) / (alone["high"] - alone["low"])
    assert narrowed == pytest.approx(np.sqrt(0.5), rel=0.1)


def test_the_summary_carries_the_views(tmp_path):
    effects = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    fake = (
        FakeMatrix(tmp_path, effects=effects, diverged={"ring8-conventional-gan-1": 240}).write().assemble()
    )
    found = fake.summary["descriptive"]
    rows = {(row["column"], row["method"]): row for row in found["settings"]}
    assert rows.keys() == {
        (column, method)
        for column in ("fid_efficientnet_lite0_ema", "modes_ema", "high_quality_share_ema")
        for method in ("gan", "as_gan")
    }
    assert rows["fid_efficientnet_lite0_ema", "as_gan"]["improvement"] == {"value": 1, "low": 1, "high": 1}
    assert rows["modes_ema", "gan"]["diverged"] == 1
    assert len(found["overall"]) == len(rows)
    again = fake.assemble().summary["descriptive"]
    assert again == found
