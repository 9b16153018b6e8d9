"""What of a paper's setting is otherwise here."""

import pandas as pd
import pytest
from stated import STATED

from ganmatrix.params.claims import Claim
from ganmatrix.results.paper_setting import described, differences

THEIRS = {
    "datasets": ["cifar100", "stl10"],
    "baseline": "unconditional SSGAN",
    "techniques": ["rotation"],
    "score": "fid_inception",
    "generator_steps": 100_000,
}


def _claim(setting, metric="fid_inception_last"):
    compared = {"metric": metric, "method": "dat", "baseline": "base", "direction": "lower"}
    return Claim(**STATED | compared | {"setting": setting, "smallest_effect": 0.1})


def _cells(dataset="c", techniques="rotation", steps=100_000):
    rows = [
        {"dataset": dataset, "method": method, "techniques": techniques, "generator_steps": steps}
        for method in ("dat", "base")
    ]
    other = {"dataset": "elsewhere", "method": "gan", "techniques": "", "generator_steps": 1}
    return pd.DataFrame([*rows, other]).astype({"generator_steps": "Int64"})


KINDS = {"c": "cifar100", "d": "digits"}


def test_nothing_differs_where_all_on_record_agrees():
    assert differences(_claim(THEIRS), _cells(), KINDS) == ""


@pytest.mark.parametrize(
    ("cells", "metric", "found"),
    [
        (_cells("d"), "fid_inception_last", "data digits, theirs cifar100, stl10"),
        (_cells(), "fid_efficientnet_lite0_ema", "score fid_efficientnet_lite0_ema, theirs fid_inception"),
        (
            _cells(),
            "fid_inception_over_steps_ema",
            "score fid_inception_over_steps_ema, theirs fid_inception",
        ),
        (_cells(), "fid_inception_best", ""),
        (
            _cells(techniques=""),
            "fid_inception_last",
            "baseline base with no technique, theirs unconditional SSGAN",
        ),
        (
            _cells(techniques="r1 rotation"),
            "fid_inception_last",
            "baseline base with r1, rotation, theirs unconditional SSGAN",
        ),
        (_cells(steps=500), "fid_inception_last", "500 generator steps, theirs 100,000"),
        (_cells(steps=200_000), "fid_inception_last", ""),
    ],
)
def test_each_fact_is_named_with_both_values(cells, metric, found):
    assert differences(_claim(THEIRS, metric), cells, KINDS) == found


def test_what_the_paper_does_not_say_is_not_compared():
    silent = {"datasets": ["cifar100"], "baseline": "its GAN"}
    assert differences(_claim(silent, "diverged"), _cells(techniques="r1", steps=3), KINDS) == ""


def test_a_setting_in_words():
    words = "cifar100, stl10; against unconditional SSGAN; fid_inception; 100,000 generator steps"
    assert described(_claim(THEIRS).setting) == words
