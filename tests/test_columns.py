"""Columns: names and parts, one from the other, and which of them speak for a generator."""

from typing import get_args

import pytest

from ganmatrix.columns import EXTRACTORS, MEASURES, Checkpoint, Column, column, every, leading, primary
from ganmatrix.params.evaluation import Extractor

ALL = every(EXTRACTORS, get_args(Checkpoint))


def test_a_name_is_made_of_its_parts_and_gives_them_back():
    assert Column("fid", "inception", "ema").name == "fid_inception_ema"
    assert Column("modes", checkpoint="last").name == "modes_last"
    assert [column(each.name) for each in ALL] == ALL
    assert [column(each.at(None).name) for each in ALL] == [each.at(None) for each in ALL]


def test_no_two_columns_share_a_name():
    assert len({each.name for each in ALL}) == len(ALL)
    assert {each.key for each in ALL} == set(MEASURES)


def test_every_extractor_of_params_has_a_title():
    kinds = {get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(Extractor)[0])}
    assert kinds == set(EXTRACTORS)


def test_an_unknown_name_explains_itself():
    assert column("fid_of_tomorrow_ema") == Column("fid_of_tomorrow_ema")
    assert column("new").title == "new"


def test_what_was_not_scored_before_training_is_followed_from_there():
    names = [each.name for each in every(["inception"], ["ema"])]
    assert {"fid_inception_init", "energy_distance_init", "fid_over_steps_inception_ema"} <= set(names)
    assert "kid_inception_init" not in names
    assert "fid_over_steps_inception_last" not in [each.name for each in ALL]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["fid_digits_cnn_ema", "fid_efficientnet_lite0_ema"], "fid_efficientnet_lite0_ema"),
        (["fid_efficientnet_lite0_last", "fid_efficientnet_lite0_best"], "fid_efficientnet_lite0_last"),
        (["modes_ema", "energy_distance_ema"], "energy_distance_ema"),
        (["modes_ema", "high_quality_share_ema"], "high_quality_share_ema"),
        (["fid_inception_init", "pgd_auroc"], None),
    ],
)
def test_the_first_score_leads(names, first):
    found = leading(names)
    assert (found and found.name) == first


def test_a_count_is_no_distance():
    assert leading(["modes_ema"], distance=True) is None
    assert leading(["modes_ema", "energy_distance_ema"], distance=True) == column("energy_distance_ema")


def test_averaged_weights_speak_where_they_are_scored():
    names = ["modes_last", "fid_inception_last", "fid_inception_ema", "kid_inception_ema"]
    assert [each.name for each in primary(names)] == ["fid_inception_ema"]
    assert [each.name for each in primary(names[:2])] == ["fid_inception_last", "modes_last"]
