"""What of a paper's setting is otherwise here."""

import pytest
from stated import STATED

from ganmatrix.params import load
from ganmatrix.params.claims import Claim
from ganmatrix.results.paper_setting import described, differences

THEIRS = {
    "datasets": ["digits", "stl10"],
    "baseline": "NSGAN-0GP",
    "techniques": ["zero_gp"],
    "networks": ["resnet_sn"],
    "optimiser": "adam",
    "score": "fid_inception",
    "generator_steps": 20,
}
HERE = [("digits", "resnet_sn")]


def _claim(metric="fid_inception_last", **changes):
    setting = {key: value for key, value in (THEIRS | changes).items() if value is not None}
    compared = {"metric": metric, "method": "dat", "baseline": "fargan", "direction": "lower"}
    return Claim(**STATED | compared | {"setting": setting, "effect": "difference", "smallest_effect": 0.1})


def test_nothing_differs_where_all_on_record_agrees(project):
    assert differences(_claim(), load(project())[0], HERE) == ""


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"datasets": ["cifar100", "stl10"]}, "data digits, theirs cifar100, stl10"),
        ({"networks": ["conventional"]}, "networks resnet_sn, theirs conventional"),
        ({"optimiser": "rmsprop"}, "optimiser adam, theirs rmsprop"),
        ({"metric": "fid_digits_cnn_ema"}, "score fid_digits_cnn_ema, theirs fid_inception"),
        ({"metric": "fid_infinity_inception_ema"}, "score fid_infinity_inception_ema, theirs fid_inception"),
        ({"metric": "fid_inception_best"}, ""),
        ({"techniques": []}, "baseline fargan with zero_gp, theirs NSGAN-0GP"),
        ({"techniques": ["rotation", "zero_gp"]}, "baseline fargan with zero_gp, theirs NSGAN-0GP"),
        ({"generator_steps": 100_000}, "20 generator steps, theirs 100,000"),
        ({"generator_steps": 10}, ""),
    ],
)
def test_each_fact_is_named_with_both_values(project, changes, found):
    assert differences(_claim(**changes), load(project())[0], HERE) == found


def test_what_the_paper_does_not_say_is_not_compared(project):
    silent = dict.fromkeys(("techniques", "networks", "optimiser", "score", "generator_steps"))
    assert differences(_claim("diverged", **silent), load(project())[0], HERE) == ""


def test_one_setting_that_agrees_does_not_hide_another(project):
    by_architecture = "\n    by_architecture: {resnet_sn: {generator_steps: 500}}"
    params = load(project(("snapshots: [10]", f"snapshots: [10]{by_architecture}")))[0]
    both = [("ring8", "conventional"), ("ring8", "resnet_sn"), *HERE]
    assert differences(_claim(generator_steps=500), params, both) == (
        "data ring, theirs digits, stl10; networks conventional, theirs resnet_sn; "
        "20 to 500 generator steps, theirs 500"
    )


def test_a_setting_in_words():
    words = (
        "digits, stl10; against NSGAN-0GP; networks resnet_sn; adam; fid_inception; 100,000 generator steps"
    )
    assert described(_claim(generator_steps=100_000).setting) == words
    silent = dict.fromkeys(("techniques", "networks", "optimiser", "score", "generator_steps"))
    assert described(_claim(**silent).setting) == "digits, stl10; against NSGAN-0GP"
