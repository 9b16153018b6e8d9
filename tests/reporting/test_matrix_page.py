"""The table to look through, the seeds behind it and the facts of each run, whatever the matrix lacks."""

import json
import math
import re

import pytest

from ganmatrix.columns import column
from ganmatrix.errors import UserError
from ganmatrix.reporting import matrix_page, page, run_details
from ganmatrix.reporting.matrix_page import by_section, first_columns
from ganmatrix.reporting.run_details import sparkline
from ganmatrix.results.artifacts import RECEIVED
from ganmatrix.store.layout import RUN
from helpers.assembled_matrix import assembled, read
from helpers.fake_matrix import FakeMatrix

GRID = "datasets: [digits]\n  architectures: [conventional]\n  methods: [gan, as_gan]\n  seeds: [0, 1, 2]"
FID = "fid_efficientnet_lite0_ema"


def _table(data):
    return matrix_page.matrix_table(data, run_details.read_runs(data), "digits").html


def _number(html, method, name):
    """The words of one number of the table."""
    row = re.search(rf'<tr data-cell="digits-conventional-{method}".*?</tr>', html, re.DOTALL)[0]
    cell = re.search(rf'<td[^>]*data-key="{name}"[^>]*>(.*?)</td>', row)[1]
    return " ".join(re.sub("<[^>]*>", " ", cell).split())


def _seeds(data):
    html = run_details.seed_data(data, run_details.read_runs(data)).html
    return json.loads(re.fullmatch(r"<script[^>]*>(.*)</script>", html, re.DOTALL)[1])


def test_the_overview_has_averaged_weights_general_features_and_the_floor(tmp_path):
    def edit(run, documents):
        entries = documents["metrics"]["entries"]
        for name in ("fid_digits_cnn_ema", "fid_efficientnet_lite0_last", "recall_digits_cnn_ema"):
            entries[name] = entries[FID] | {"value": 1.0}

    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, edit=edit)))
    assert first_columns(data) == [
        FID,
        "fid_efficientnet_lite0_init",
        "kid_efficientnet_lite0_ema",
        "recall_digits_cnn_ema",
        "pgd_auroc",
        "lipschitz_ascent",
        "operations_per_step",
    ]


def test_columns_without_an_explanation_stand_apart():
    found = by_section([column("novel_score_ema"), column("fid_inception_ema")])
    assert {title: [c.name for c in columns] for title, columns in found.items()} == {
        "What the generators achieved": ["fid_inception_ema"],
        "Others": ["novel_score_ema"],
    }


def test_the_best_mean_is_marked_but_not_among_untrained_generators(tmp_path):
    html = _table(read(assembled(FakeMatrix(tmp_path, grid=GRID, effects={("as_gan", FID[:-4]): 0.5}))))
    assert _number(html, "as_gan", FID).endswith("best mean")
    assert "best" not in _number(html, "gan", FID)
    assert "best mean" not in _number(html, "gan", FID[:-3] + "init")
    assert "best mean" not in _number(html, "as_gan", FID[:-3] + "init")


def test_what_a_number_lacks_is_said_by_kind(tmp_path):
    def edit(run, documents):
        entries = documents["metrics"]["entries"]
        if run == "digits-conventional-as_gan-1":
            entries[FID].update(value=None, reason="not reached", beyond=500.0)
        if run == "digits-conventional-as_gan-2":
            entries[FID].update(value=None, reason="too few samples")

    diverged = {f"digits-conventional-gan-{seed}": 40 for seed in (0, 1, 2)}
    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, edit=edit, diverged=diverged)))
    html = _table(data)
    assert _number(html, "gan", FID) == "3 diverged"
    assert _number(html, "as_gan", FID) == "1 not reached, 1 missing"
    cells = _seeds(data)["datasets"]["digits"]["cells"]
    assert {run["values"][FID]["reason"] for run in cells["digits-conventional-gan"]} == {
        "diverged at step 40: non-finite loss"
    }
    assert [run["values"][FID].get("reason") for run in cells["digits-conventional-as_gan"]] == [
        None,
        "not reached within 500",
        "too few samples",
    ]


def test_the_cost_of_a_diverged_run_is_none(tmp_path):
    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, diverged={"digits-conventional-gan-1": 40})))
    one = _seeds(data)["datasets"]["digits"]["cells"]["digits-conventional-gan"][1]
    assert one["values"]["wall_seconds"] == {"reason": "diverged at step 40: non-finite loss"}


def test_the_error_of_evaluation_stands_beside_a_seed(tmp_path):
    def edit(run, documents):
        documents["metrics"]["entries"][FID]["std"] = 0.25

    data = read(assembled(FakeMatrix(tmp_path, grid=GRID, edit=edit)))
    (first, *_) = _seeds(data)["datasets"]["digits"]["cells"]["digits-conventional-gan"]
    known = data.matrix.set_index("run")[FID]["digits-conventional-gan-0"]
    assert first["values"][FID] == {"value": pytest.approx(known, rel=1e-6), "spread": 0.25}


def test_a_half_finished_matrix_renders_and_says_what_to_run(tmp_path):
    """One run was not trained, one not scored, and of one method nothing is known."""
    untrained = ("gan-2", "as_gan-0", "as_gan-1", "as_gan-2")
    absent = {("train", f"digits-conventional-{run}") for run in untrained}
    absent |= {("evaluate", "digits-conventional-gan-1")}
    data = read(FakeMatrix(tmp_path, grid=GRID, absent=frozenset(absent)).write().assemble(tolerant=True))
    html = _table(data)
    assert _number(html, "gan", FID).endswith("1 not trained, 1 not measured")
    assert _number(html, "as_gan", FID) == "3 not trained"
    assert "of 3 planned" in html
    assert _number(html, "as_gan", "runs") == "0 of 3 3 not trained"
    seeds_of_gan = _seeds(data)["datasets"]["digits"]["cells"]["digits-conventional-gan"]
    assert [run["values"][FID].get("reason") for run in seeds_of_gan[1:]] == [
        "not measured yet; run `ganmatrix evaluate digits-conventional-gan`",
        "not trained; run `ganmatrix train digits-conventional-gan`",
    ]
    facts = run_details.run_sections(data, run_details.read_runs(data), "digits").html
    assert "Not trained yet; run `ganmatrix train digits-conventional-gan`." in facts
    assert 'value="as_gan" checked' in matrix_page.controls(data).html


def test_attacks_that_are_still_to_come_are_named_seed_by_seed(tmp_path):
    absent = frozenset({("transfer", "digits-1")})
    data = read(FakeMatrix(tmp_path, grid=GRID, absent=absent).write().assemble(tolerant=True))
    found = _seeds(data)["datasets"]["digits"]["cells"]["digits-conventional-gan"]
    assert [run["values"][RECEIVED].get("reason") for run in found] == [
        None,
        "not measured yet; run `ganmatrix transfer digits`",
        None,
    ]


def test_a_damaged_record_is_refused_by_name(tmp_path):
    fake = assembled(FakeMatrix(tmp_path, grid=GRID))
    fake.file(RUN, "digits-conventional-gan-1").write_text("{")
    with pytest.raises(UserError, match=r"run\.json is damaged .*train digits-conventional-gan`"):
        run_details.read_runs(read(fake))


def test_a_run_tells_what_it_was_made_from_and_with(planted):
    data = read(planted)
    html = run_details.run_sections(data, run_details.read_runs(data), "ring8").html
    file = json.loads(planted.file(RUN, "ring8-conventional-gan-0").read_text())
    repeated, once = file["reproducible"], file["this_run"]
    facts = [repeated[name] for name in ("data_sha256", "weights_sha256", "code_digest")]
    facts += [once["revision"], *once["devices"], "torch 2.13.0", "method.loss.kind", "mlp_w96"]
    assert [fact for fact in facts if fact not in html] == []
    assert "Seed 1: diverged at step 240: non-finite loss" in html
    assert once["host"] not in html


def test_json_inside_a_page_cannot_end_its_element():
    html = page.json_data("x", {"a": "</script><b>"}).html
    assert html.count("</script>") == 1
    assert json.loads(html.removeprefix('<script type="application/json" id="x">')[:-9]) == {
        "a": "</script><b>"
    }


def _points(html):
    return [line.split() for line in re.findall(r'points="([^"]*)"', html)]


def test_a_curve_breaks_where_it_is_not_finite():
    html = sparkline(
        "Loss", "steps", {"D": [(0, 1.0), (1, 2.0), (2, math.nan), (3, 0.0), (4, math.inf)]}
    ).html
    assert _points(html) == [["3.0,40.0", "81.0,3.0"], ["237.0,77.0"]]
    assert "D ends at no finite value" in html
    assert "0.000 to 2.00, over 3 steps" in html


def test_a_curve_on_a_log_scale_is_straight_where_growth_is_even():
    html = sparkline("Norm", "steps", {"D": [(0, 1.0), (1, 10.0), (2, 100.0), (3, 0.0)]}, log=True).html
    assert _points(html) == [["3.0,77.0", "120.0,40.0", "237.0,3.0"]]
    assert "1.00 to 100, log scale" in html


def test_a_curve_of_one_value_or_none_is_drawn_as_such():
    assert _points(sparkline("Loss", "steps", {"D": [(5, 1.0)]}).html) == [["120.0,40.0"]]
    assert "no values" in sparkline("Loss", "steps", {"D": [(5, math.nan)]}).html
