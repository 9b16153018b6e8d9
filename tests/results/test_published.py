"""Published numbers: what is on record, and when ours may stand beside it."""

import dataclasses
from collections import Counter

import pandas as pd
import pytest

from ganmatrix.results.published import Published, beside_ours, published
from ganmatrix.stages import assemble
from helpers.fake_matrix import FakeMatrix

SUBJECT = {"dataset.kind": "digits", "dataset.resolution": 16, "techniques": []}
PROTOCOL = {"generator": "dcgan16_w24", "samples": 1000, "checkpoint": "ema"}
OURS = Published("Us", "digits 16", "GAN", "fid_efficientnet_lite0", 41.0, 0.5, SUBJECT, PROTOCOL)


@pytest.fixture
def beside(tmp_path, monkeypatch):
    def run(number: Published) -> pd.Series:
        monkeypatch.setattr(assemble, "published", lambda: [number])
        fake = FakeMatrix(tmp_path).write()
        fake.assemble()
        return fake.table("published").iloc[0]

    return run


def test_where_nothing_was_measured_there_is_nothing_beside_a_number(tmp_path):
    """As in a preview whose only run diverged before its first row of history."""
    fake = FakeMatrix(tmp_path).write()
    record = assemble.gather(fake.plan).records[0]
    bare = dataclasses.replace(record, metrics=None, probes=None, transfers={}, final_losses={})
    datasets = fake.plan.params.datasets
    unmeasured = {name: {} for name in datasets}
    [row] = beside_ours([OURS], [bare], pd.DataFrame(), unmeasured, datasets).to_dict("records")
    assert (row["comparable"], row["reason"]) == (False, "nothing of ours was measured")


def test_the_record_is_complete_and_names_each_number_once():
    numbers = published()
    counts = Counter(number.source for number in numbers)
    assert counts == {
        "AS-GAN": 1,
        "DAT": 3,
        "FARGAN": 1,
        "mimicry": 2 * 20 + 1,
        "pytorch-gan-collections": 2 * 6,
        "PacGAN": 3 * 6 + 2 * 2,
        "VEEGAN": 2,
        "Unrolled": 2 * 3,
    }
    assert all((n.value is None) == bool(n.stated) for n in numbers)
    keys = [(n.source, n.dataset, n.method, n.metric, n.value) for n in numbers]
    assert len(set(keys)) == len(keys)
    found = {key[:4]: key[4] for key in keys}
    assert found["mimicry", "lsun_bedroom 128", "SSGAN", "fid_inception"] == 12.02
    assert found["mimicry", "stl10 48", "WGAN-GP", "inception_score_inception"] == 8.55
    assert found["PacGAN", "grid", "PacGAN4", "high_quality_share"] == 0.936


def test_ours_is_comparable_where_every_fact_agrees(beside):
    row = beside(OURS)
    assert (row["comparable"], row["reason"]) == (True, "")
    assert (row["our_dataset"], row["our_architecture"], row["our_method"]) == (
        "digits",
        "conventional",
        "gan",
    )
    assert row["our_column"] == "fid_efficientnet_lite0_ema"
    assert (row["published"], row["ours_n"]) == (41.0, 3)
    assert row["ours_low"] < row["ours"] < row["ours_high"]


@pytest.mark.parametrize(
    ("part", "change", "reason", "shown"),
    [
        ("protocol", {"samples": 50_000}, "samples: 50000 there, 1000 here", True),
        ("protocol", {"checkpoint": "last"}, "checkpoint: last there, ema here", True),
        ("protocol", {"resizer": "bilinear"}, "resizer: bilinear there, none here", True),
        ("protocol", {"resizer": "not stated"}, "resizer: the source does not say", True),
        ("subject", {"dataset.resolution": 32}, "dataset's resolution: 32 there, 16 here", False),
        ("subject", {"techniques": ["wgan_gp"]}, "techniques: ['wgan_gp'] there, [] here", False),
        ("subject", {"dataset.kind": "cifar10"}, "the grid has no dataset of the kind cifar10", False),
    ],
)
def test_the_first_fact_that_differs_is_the_reason(beside, part, change, reason, shown):
    row = beside(dataclasses.replace(OURS, **{part: getattr(OURS, part) | change}))
    assert (row["comparable"], row["reason"]) == (False, reason)
    assert pd.notna(row["ours"]) == shown


def test_a_score_that_was_not_taken_is_the_reason(beside):
    row = beside(dataclasses.replace(OURS, metric="fid_inception"))
    assert (row["comparable"], row["reason"]) == (False, "fid_inception was not measured")
    assert row["ours_n"] == 0


def test_nothing_published_is_an_empty_table():
    empty = beside_ours([], [], pd.DataFrame(), {}, {})
    assert empty.empty
    assert "reason" in empty
