"""What differs between two results, on made-up ones; and when a mean has changed beyond noise."""

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from ganmatrix.results.artifacts import RECEIVED
from ganmatrix.results.changes import OtherSources, VerdictChange, compare, differing, judge, shift
from ganmatrix.terminal.reading import read_in
from helpers.fake_matrix import GRID, FakeMatrix
from helpers.stated import flow

FID = "fid_efficientnet_lite0_ema"
HALVED = {("as_gan", "fid_efficientnet_lite0"): 0.5}
CLAIM = f"""claims:
  better_fid: {{{flow(sentence="It halves FID.")}, metric: {FID}, method: as_gan, baseline: gan,
               direction: lower, effect: relative, smallest_effect: 0.1}}"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Assembles what is planted, each time in a folder of its own; what nothing is planted in, once."""

    def assembled(**planted):
        if not planted:
            return plain()
        return read_in(FakeMatrix(tmp_path_factory.mktemp("planted"), **planted).write().assemble().layout)

    @cache
    def plain():
        return read_in(FakeMatrix(tmp_path_factory.mktemp("plain")).write().assemble().layout)

    return assembled


def _shift(changes, method, column=FID):
    (found,) = (each.shift for each in changes.shifts if (each.method, each.column) == (method, column))
    return found


def test_the_same_twice(results):
    changes = compare(results(), results(noise=0.02))
    assert changes.none
    assert {each.shift.finding for each in changes.shifts} == {"equal"}


def test_times_are_no_change_and_operations_are(results):
    def slower(run, documents):
        documents["run"]["this_run"] |= {"wall_seconds": 99.0, "images_per_second": 1.0}

    def larger(run, documents):
        documents["run"]["reproducible"]["operations_per_step"] = 99.0

    assert compare(results(), results(edit=slower)).none
    assert {change.values for change in compare(results(), results(edit=larger)).changed_runs} == {1}


def test_a_planted_effect_is_beyond_noise_and_noise_is_not(results):
    def shaken(run, documents):
        for entry in documents["metrics"]["entries"].values():
            entry["value"] *= {"0": 0.99, "1": 1.01, "2": 1.005}[run[-1]]

    changes = compare(results(), results(edit=shaken, effects=HALVED))
    assert _shift(changes, "as_gan").finding == "beyond noise"
    assert _shift(changes, "as_gan").change == pytest.approx(-20, abs=2)
    assert _shift(changes, "gan").finding == "could be chance"
    assert len(changes.changed_runs) == 12


def test_only_chosen_columns_are_compared(results):
    changes = compare(results(), results(effects=HALVED), lambda column: column == "modes_ema")
    assert {each.column for each in changes.shifts} == {"modes_ema"}
    assert changes.none


def test_what_a_run_was_made_with(results):
    before = results()
    after = replace(before, matrix=before.matrix.copy())
    row = after.matrix["run"] == "digits-conventional-gan-1"
    after.matrix.loc[row, "weights_sha256"] = "0" * 64
    trained = json.loads(after.matrix.loc[row, "params"].item())
    trained["recipe"]["batch_size"] += 32
    after.matrix.loc[row, "params"] = json.dumps(trained)
    (change,) = compare(before, after).changed_runs
    assert change.run == "digits-conventional-gan-1"
    assert change.params == {"recipe.batch_size": (32, 64)}
    assert (change.weights, change.outcome, change.values) == (True, None, 0)


def test_a_run_that_diverged(results):
    changes = compare(results(), results(diverged={"digits-conventional-gan-1": 240}))
    (change,) = changes.changed_runs
    assert change.outcome == ("completed", "diverged at step 240: non_finite_loss")
    assert change.values > 0
    assert (_shift(changes, "gan").finding, _shift(changes, "gan").n_after) == ("equal", 2)


def test_runs_that_came_and_went(results):
    other = GRID.replace("methods: [gan, as_gan]", "methods: [gan, dat]")
    changes = compare(results(), results(grid=other))
    assert changes.new_runs == [f"{d}-conventional-dat-{s}" for d in ("ring8", "digits") for s in range(3)]
    assert changes.gone_runs == [run.replace("dat", "as_gan") for run in changes.new_runs]
    assert {each.method for each in changes.shifts} == {"gan"}


def test_other_protocols_are_not_compared(results):
    def fewer(run, documents):
        if run.startswith("digits"):
            documents["metrics"]["entries"][FID]["protocol"]["samples"] = 500

    changes = compare(results(), results(edit=fewer))
    (found,) = changes.incomparable
    assert (found.dataset, found.column, found.protocol) == ("digits", FID, {"samples": (1000, 500)})
    assert FID not in {each.column for each in changes.shifts}
    assert not changes.none


def test_columns_that_came_and_went(results):
    def renamed(run, documents):
        if run.startswith("ring8"):
            entries = documents["metrics"]["entries"]
            entries["modes_best"] = entries.pop("modes_ema")

    changes = compare(results(), results(edit=renamed))
    assert (changes.new_columns, changes.gone_columns) == (["ring8: modes_best"], ["ring8: modes_ema"])


def test_a_score_of_which_nothing_is_left(results):
    def lost(run, documents):
        if run.startswith("digits"):
            documents["metrics"]["entries"][FID].update(value=None, reason="out of memory")

    changes = compare(results(), results(edit=lost))
    assert changes.gone_scores == [f"digits: {FID}"]
    assert _shift(changes, "gan").reason == "no seed has a value any more"
    assert not changes.none
    back = compare(results(edit=lost), results())
    assert back.gone_scores == []
    assert _shift(back, "gan").reason == "no seed had a value before"


def test_a_score_that_one_method_lost_is_not_gone(results):
    lost = {f"digits-conventional-gan-{seed}": 40 for seed in range(3)}
    changes = compare(results(), results(diverged=lost))
    assert f"digits: {FID}" not in changes.gone_scores
    assert _shift(changes, "gan").reason == "no seed has a value any more"


THREE = GRID.replace("methods: [gan, as_gan]", "methods: [gan, as_gan, dat]")
STRONGER = {("dat", "gan"): 3.0, ("dat", "as_gan"): 3.0}


def _marked(results, rows, **columns):
    """The same results with other values in these rows of the matrix."""
    frame = results.matrix.copy()
    for column, value in columns.items():
        frame.loc[frame["run"].str.contains(rows), column] = value
    return replace(results, matrix=frame)


def test_a_run_is_the_same_whatever_other_methods_the_grid_has(results):
    """Attacks from a new method make what each run receives another number; the runs are what they were."""
    changes = compare(results(), results(grid=THREE, rates=STRONGER))
    assert changes.changed_runs == []
    assert {each.column for each in changes.shifts if each.shift.finding != "equal"} == set()
    assert RECEIVED not in {each.column for each in changes.shifts}
    assert changes.other_sources == [OtherSources("digits", RECEIVED, 6), OtherSources("ring8", RECEIVED, 6)]
    back = compare(results(grid=THREE, rates=STRONGER), results())
    assert back.changed_runs == []
    assert back.other_sources == changes.other_sources
    assert RECEIVED not in {each.column for each in back.shifts}


def test_a_run_is_the_same_whatever_the_others_became(results):
    before = results()
    after = _marked(before, "digits-conventional-as_gan", weights_sha256="0" * 64)
    after = _marked(after, "digits-conventional-gan", **{RECEIVED: 0.9})
    changes = compare(before, after)
    assert {change.run for change in changes.changed_runs} == {
        f"digits-conventional-as_gan-{seed}" for seed in range(3)
    }
    assert changes.other_sources == [OtherSources("digits", RECEIVED, 3)]
    received = {(each.dataset, each.method) for each in changes.shifts if each.column == RECEIVED}
    assert received == {("ring8", "gan"), ("ring8", "as_gan"), ("digits", "as_gan")}


def test_what_runs_receive_is_compared_where_the_same_methods_stand_behind(results):
    """All runs are others, so that what they receive may have changed for any reason."""
    before = results()
    after = _marked(before, "digits", weights_sha256="0" * 64)
    for seed in range(3):
        after = _marked(after, f"digits-conventional-gan-{seed}", **{RECEIVED: 0.8 + seed / 100})
    changes = compare(before, after)
    assert changes.other_sources == []
    moved = [each for each in changes.shifts if each.dataset == "digits" and each.column == RECEIVED]
    assert [(each.method, each.shift.finding) for each in moved] == [
        ("gan", "beyond noise"),
        ("as_gan", "equal"),
    ]


def test_a_number_that_changed_alone_is_a_change_of_its_run(results):
    """The same runs stand behind it, so that it must have been measured otherwise."""
    before = results()
    after = _marked(before, "digits-conventional-gan-0", **{RECEIVED: 0.9})
    (change,) = compare(before, after).changed_runs
    assert (change.run, change.values) == ("digits-conventional-gan-0", 1)


def test_a_source_that_diverged_stands_behind_nothing(results):
    changes = compare(results(grid=THREE), results(grid=THREE, diverged={"digits-conventional-dat-1": 40}))
    assert [change.run for change in changes.changed_runs] == ["digits-conventional-dat-1"]
    assert changes.other_sources == [OtherSources("digits", RECEIVED, 2)]
    assert _shift(changes, "gan").finding == "equal"
    (received,) = (
        each.shift
        for each in changes.shifts
        if (each.dataset, each.method, each.column) == ("digits", "gan", RECEIVED)
    )
    assert (received.finding, received.n_before, received.n_after) == ("equal", 2, 2)


@pytest.mark.parametrize(("methods", "left"), [("[gan, as_gan]", True), ("[gan, as_gan, dat]", False)])
def test_other_seeds_are_compared_where_the_same_methods_stand_behind(methods, left, results):
    other = GRID.replace("[gan, as_gan]", methods).replace("[0, 1, 2]", "[3, 4, 5]")
    changes = compare(results(), results(grid=other))
    assert (RECEIVED in {each.column for each in changes.shifts}) == left
    assert [each.runs for each in changes.other_sources] == ([] if left else [12, 12])
    assert FID in {each.column for each in changes.shifts}


def test_verdicts(results):
    six = GRID.replace("[0, 1, 2]", "6")
    changes = compare(results(grid=six, claims=CLAIM), results(grid=six, claims=CLAIM, effects=HALVED))
    assert changes.verdicts == [VerdictChange("better_fid", "contradicted", "reproduced")]
    assert compare(results(grid=six), results(grid=six, claims=CLAIM)).verdicts == [
        VerdictChange("better_fid", None, "contradicted")
    ]


def test_differences_of_documents():
    one, other = {"a": {"b": 1, "c": [1]}, "d": None}, {"a": {"b": 1, "c": [2]}, "e": {"f": 0.5}}
    assert differing(one, other) == {"a.c": ([1], [2]), "e.f": (None, 0.5)}
    assert differing(one, one) == {}


def _by_seed(values, first=0):
    return pd.Series(values, index=range(first, first + len(values)), dtype=float)


def test_common_seeds_are_paired():
    before, after = _by_seed([10, 12, 14.5, 11]), _by_seed([9, 11.5, 13, 10.2])
    moved = shift(before, after)
    expected = scipy.stats.ttest_1samp(after - before, 0)
    assert moved.paired
    assert moved.p == pytest.approx(expected.pvalue, rel=1e-9)
    assert moved.change == pytest.approx((after - before).mean(), rel=1e-12)
    interval = scipy.stats.t.interval(0.95, 3, moved.change, scipy.stats.sem(after - before))
    assert (moved.low, moved.high) == pytest.approx(interval, rel=1e-9)


def test_other_seeds_are_compared_as_groups():
    before, after = _by_seed([10, 12, 14.5]), _by_seed([9, 11.5, 13, 10.2], first=2)
    moved = shift(before, after)
    assert not moved.paired
    assert (moved.n_before, moved.n_after) == (3, 4)
    assert moved.p == pytest.approx(scipy.stats.ttest_ind(after, before, equal_var=False).pvalue, rel=1e-9)
    assert moved.low < moved.change < moved.high


def test_only_seeds_that_both_have_count_where_there_are_enough():
    moved = shift(_by_seed([1, 2, 3.5]), _by_seed([1.5, 2.2, 4, 90, 95]))
    assert moved.paired
    assert (moved.n_before, moved.n_after, moved.after) == (3, 3, pytest.approx(7.7 / 3))


def test_a_missing_value_is_missing_not_zero():
    moved = shift(_by_seed([1, 2, 3, np.nan]), _by_seed([1.5, 2.2, 4, 5]))
    assert (moved.n_before, moved.n_after) == (3, 3)
    lost = shift(_by_seed([1, 2, 3]), _by_seed([np.nan, np.nan, np.nan]))
    assert (lost.after, lost.change, lost.finding) == (None, None, "undecided")


@pytest.mark.parametrize(
    ("before", "after", "finding", "reason"),
    [
        ([1, 2, 3], [1, 2, 3], "equal", ""),
        ([1], [1], "equal", ""),
        ([1, 2], [5, 9], "undecided", "fewer than 3 seeds"),
        ([8, 8, 8], [7, 7, 7], "undecided", "no spread"),
        ([0.1, 0.2, 0.3], [1.1, 1.2, 1.3], "undecided", "no spread"),
    ],
)
def test_what_no_test_can_decide(before, after, finding, reason):
    moved = shift(_by_seed(before), _by_seed(after))
    assert moved.finding == finding
    assert reason in moved.reason
    assert moved.p is None


def test_one_side_without_spread_is_still_tested():
    moved = shift(_by_seed([8, 8, 8]), _by_seed([2, 3, 4], first=7))
    assert moved.p == pytest.approx(scipy.stats.t.sf(5 / np.sqrt(1 / 3), 2) * 2, rel=1e-9)


def test_all_tests_are_corrected_together():
    random = np.random.default_rng(0)
    before = random.normal(size=(40, 5))
    after = before + random.normal(size=(40, 5))
    after[:3] = before[:3] + 1 + 0.01 * random.normal(size=(3, 5))
    raw = [shift(_by_seed(one), _by_seed(other)) for one, other in zip(before, after, strict=True)]
    judged = judge([*raw, shift(_by_seed([1]), _by_seed([1]))])
    corrected = scipy.stats.false_discovery_control([each.p for each in raw])
    assert [each.p for each in judged[:-1]] == pytest.approx(corrected)
    assert [each.finding for each in judged[:4]] == ["beyond noise"] * 3 + ["could be chance"]
    assert (judged[-1].finding, judged[-1].p) == ("equal", None)


@pytest.mark.parametrize("first", [0, 100], ids=["same seeds", "other seeds"])
def test_chance_alone_is_rarely_called_beyond_noise(first):
    """In 5% of comparisons: 200 of 8 means each, none of which has moved."""
    random = np.random.default_rng(1)
    wrong = 0
    for _ in range(200):
        before, after = random.normal(size=(2, 8, 3))
        pairs = zip(before, after, strict=True)
        judged = judge([shift(_by_seed(one), _by_seed(other, first)) for one, other in pairs])
        wrong += any(each.finding == "beyond noise" for each in judged)
    assert wrong / 200 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
