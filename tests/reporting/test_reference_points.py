"""Beside a score stand what it was before training, and what unseen reals and noise score."""

import re
from html import unescape

import pytest

from ganmatrix.columns import column
from ganmatrix.reporting import against_baseline, claims_page, matrix_page, run_details
from ganmatrix.reporting.numbers import held_out_samples, number, reference_points, reference_points_in_words
from ganmatrix.results.artifacts import floor_of
from helpers.assembled_matrix import CLAIMS, assembled, read
from helpers.fake_matrix import IMAGE_FLOORS, FakeMatrix

GRID = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0, 1]"
FID = "fid_efficientnet_lite0"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    def edit(run, documents):
        for entry in documents["metrics"]["entries"].values():
            entry["protocol"] = entry["protocol"] | {"fake_samples": 1000}

    return read(assembled(FakeMatrix(tmp_path_factory.mktemp("floors"), GRID, CLAIMS, edit=edit)))


def _before(data):
    rows = data.matrix[data.matrix["method"] == "gan"]
    return number(rows[f"{FID}_init"].mean(), column(f"{FID}_init").measure)


def _words(fragment):
    return " ".join(unescape(re.sub("<[^>]*>", " ", fragment.html)).split())


def test_the_summary_lists_what_the_references_say(data):
    rows = {row["column"]: row for row in data.summary["floors"]}
    assert rows.keys() == IMAGE_FLOORS.keys()
    assert rows[FID] == {"dataset": "digits", "column": FID, "value": 1.25, "noise": 215.0, "samples": 360}


def test_a_floor_is_found_by_the_columns_of_generators_alone(data):
    for checkpoint in ("init", "last", "best", "ema"):
        assert floor_of(data.summary, "digits", f"{FID}_{checkpoint}")["value"] == 1.25
    for dataset, name in (
        ("ring8", f"{FID}_ema"),
        ("digits", "fid_over_steps_efficientnet_lite0_ema"),
        ("digits", "cpu_seconds"),
        ("digits", "diverged"),
    ):
        assert floor_of(data.summary, dataset, name) is None
    assert floor_of({}, "digits", f"{FID}_ema") is None


def test_marks_and_words(data):
    measured = column(f"{FID}_ema")
    marks = {"before training": _before(data), "unseen reals": "1.25", "noise": "215"}
    assert reference_points(data.summary, "digits", measured, "conventional") == marks
    words = f"{_before(data)} before training, 1.25 for unseen reals, 215 for noise"
    assert reference_points_in_words(data.summary, "digits", measured, "conventional") == words
    assert reference_points_in_words(data.summary, "digits", column("fgsm_auroc"), "conventional") == ""


def test_how_many_reals_were_scored_is_said(data):
    measured = column(f"{FID}_ema")
    assert held_out_samples(data.summary, "digits", measured) == "360 held-out samples; G is scored on 1,000"
    same = {"protocols": {"digits": {measured.name: {"fake_samples": 360}}}, "floors": data.summary["floors"]}
    assert held_out_samples(same, "digits", measured) == "360 held-out samples"
    assert held_out_samples({"protocols": {"digits": {}}}, "digits", measured) == ""


def test_the_front_page_has_them_below_the_methods(data):
    shown = _words(against_baseline.settings_table(data))
    after = shown[shown.index("before training") :]
    expected = f"before training {_before(data)} unseen reals 1.25 360 held-out samples; G is scored on "
    assert after == f"{expected}1,000 noise 215"
    assert f"FID is {_before(data)} before training, 1.25 for" in _words(against_baseline.by_setting(data))


def test_the_page_of_claims_has_them_with_the_evidence(data):
    sections = claims_page.claim_sections(data).html.split("<section")[1:]
    words = f"digits x conventional: {_before(data)} before training, 1.25 for unseen reals"
    shown = [unescape(re.sub("<[^>]*>", " ", section)) for section in sections]
    assert words in " ".join(shown[0].split())
    assert "before training" not in shown[2]


def test_the_matrix_has_them_in_the_heads_of_columns(data):
    html = matrix_page.matrix_table(data, run_details.read_runs(data), "digits").html
    heads = dict(re.findall(r'<th scope="col" data-key="(\w+)"[^>]*>(.*?)</th>', html))
    assert "unseen reals 1.25, noise 215</small>" in heads[f"{FID}_ema"]
    assert "noise" not in heads[f"{FID}_init"]
    assert "noise" not in heads["cpu_seconds"]
