"""A matrix that is half there: what is still to come is named and counted, and no claim is judged."""

import json

import pandas as pd
import pytest
from fake_matrix import FakeMatrix
from unfinished_matrix import CLAIMS, STALE, UNPROBED, UNSCORED, UNTRAINED, unfinished

from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.results.assembled import outcome
from ganmatrix.stages import assemble
from ganmatrix.stages.gathering import so_far


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    fake = unfinished(tmp_path_factory.mktemp("half"))
    params, _ = load(fake.params)
    assemble.write(params, so_far(params, fake.layout, {}), fake.layout.results)
    return fake


@pytest.fixture(scope="module")
def summary(half):
    return json.loads(half.layout.results.summary.read_text())


def _group(summary, method, dataset, column):
    return next(
        row
        for row in summary["groups"]
        if (row["method"], row["dataset"], row["column"]) == (method, dataset, column)
    )


def test_what_is_still_to_come_is_named_with_its_reason(summary):
    absent = {(each["stage"], each["target"]): each["reason"] for each in summary["absent"]}
    assert set(absent) == {
        *(("train", cell) for cell in UNTRAINED),
        ("evaluate", UNSCORED),
        ("evaluate", STALE),
        ("probe", UNPROBED),
        ("transfer", "ring8"),
        ("transfer", "digits"),
    }
    assert "is missing; run `ganmatrix evaluate" in absent["evaluate", UNSCORED]
    assert "was made from other weights" in absent["evaluate", STALE]
    assert "was made from other cells or weights" in absent["transfer", "ring8"]
    assert summary["cells"] == {"total": 18, "completed": 11, "diverged": 0, "not_trained": 7}
    assert summary["grid"]["method"] == ["gan", "as_gan", "fargan"]


def test_every_cell_of_the_grid_has_a_row(half):
    matrix = pd.read_parquet(half.layout.results.matrix)
    assert len(matrix) == 18
    untrained = matrix[matrix["outcome"] == "not trained"]
    assert set(untrained["cell"]) == UNTRAINED
    assert {outcome(row) for row in untrained.to_dict("records")} == {"not trained"}
    assert untrained.select_dtypes("number").drop(columns="seed").isna().all(axis=None)
    kept = matrix.set_index("cell").loc[UNPROBED]
    assert kept["fid_efficientnet_lite0_ema"] > 0
    assert pd.isna(kept["fgsm_auroc"])


def test_means_say_of_how_many_cells_they_are(summary):
    modes = _group(summary, "as_gan", "ring8", "modes_ema")
    assert (modes["n"], modes["missing"]) == (2, 1)
    fid = _group(summary, "gan", "digits", "fid_efficientnet_lite0_ema")
    assert (fid["n"], fid["missing"]) == (1, 2)
    assert _group(summary, "gan", "digits", "fgsm_auroc")["n"] == 2
    nothing = _group(summary, "fargan", "digits", "fid_efficientnet_lite0_ema")
    assert (nothing["mean"], nothing["n"], nothing["missing"]) == (None, 0, 3)


def test_divergence_is_counted_among_what_was_trained(summary):
    rates = {row["method"]: row for row in summary["divergence"] if row["dataset"] is None}
    assert {method: row["cells"] for method, row in rates.items()} == {"gan": 6, "as_gan": 5, "fargan": 0}
    assert rates["fargan"]["rate"] is rates["fargan"]["high"] is None


def test_no_claim_is_judged_before_its_cells_are_finished(half):
    claims = pd.read_parquet(half.layout.results.claims).set_index("claim")
    assert claims["verdict"].to_dict() == {
        "better_fid": "inconclusive",
        "more_modes": "inconclusive",
        "steadier": "inconclusive",
        "of_fargan": "not tested",
    }
    assert claims["reason"].to_dict() == {
        "better_fid": "2 of the 6 cells that it compares are not finished",
        "more_modes": "1 of the 6 cells that it compares is not finished",
        "steadier": "1 of the 12 cells that it compares is not finished",
        "of_fargan": "not trained yet: fargan",
    }
    assert claims["p_value"].isna().all()
    assert claims.loc["more_modes", "pairs"] == 2
    assert "ring8-conventional-as_gan-1 (not trained)" in claims.loc["more_modes", "lost_cells"]


def test_assemble_refuses_what_is_half_there(tmp_path):
    fake = unfinished(tmp_path)
    with pytest.raises(UserError, match=r"run\.json is missing; run `ganmatrix train"):
        assemble.run(fake.params, fake.layout)
    assert not fake.layout.results.folder.exists()


def test_what_is_all_there_gives_the_bytes_of_assemble(tmp_path):
    fake = FakeMatrix(tmp_path, claims=CLAIMS.partition("\n  of_fargan")[0]).write()
    expected = {path.name: path.read_bytes() for path in assemble.run(fake.params, fake.layout)}
    params, _ = load(fake.params)
    written = assemble.write(params, so_far(params, fake.layout, {}), fake.layout.preview.results)
    assert {path.name: path.read_bytes() for path in written} == expected


@pytest.mark.parametrize(
    ("line", "other", "section"),
    [
        ("epsilon: 1/255", "epsilon: 2/255", "method"),
        ("generator_steps: 500", "generator_steps: 501", "recipe"),
    ],
)
def test_cells_trained_with_other_params_do_not_enter(tmp_path, line, other, section):
    fake = FakeMatrix(tmp_path).write()
    text = fake.params.read_text()
    assert line in text
    fake.params.write_text(text.replace(line, other, 1))
    with pytest.raises(
        UserError, match=f"was trained with another {section} than there is now; run"
    ) as error:
        assemble.run(fake.params, fake.layout)
    assert "\n" not in str(error.value)
    params, _ = load(fake.params)
    gathered = so_far(params, fake.layout, {})
    outdated = {each.target for each in gathered.absent if each.stage == "train"}
    assert outdated
    assert outdated.isdisjoint(record.cell.id for record in gathered.records)


def test_cells_trained_on_other_data_do_not_enter(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    params, _ = load(fake.params)
    gathered = so_far(params, fake.layout, {"digits": "0" * 64})
    assert {record.cell.dataset for record in gathered.records} == {"ring8"}
    reasons = {each.reason for each in gathered.absent if each.stage == "train"}
    assert all("was trained with other data than there is now" in reason for reason in reasons)


def test_a_corrupt_file_is_an_error_in_a_preview_too(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    path = fake.layout.cell("digits-conventional-gan-1").metrics
    path.write_bytes(path.read_bytes()[:-20])
    params, _ = load(fake.params)
    with pytest.raises(UserError, match="is corrupt"):
        so_far(params, fake.layout, {})
