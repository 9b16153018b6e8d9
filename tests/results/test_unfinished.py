"""A matrix that is half there: what is still to come is named and counted, and no claim is judged."""

import pandas as pd
import pytest

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan
from ganmatrix.results.artifacts import RECEIVED, outcome
from ganmatrix.stages import assemble
from ganmatrix.store.layout import CARD, METRICS
from helpers.fake_matrix import FakeMatrix, claim
from helpers.publishing import publish
from helpers.unfinished_matrix import CLAIMS, STALE, UNPROBED, UNSCORED, UNTRAINED, unfinished


def _so_far(plan: Plan) -> assemble.Gathered:
    return assemble.gather(plan, tolerant=True)


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    return unfinished(tmp_path_factory.mktemp("half")).assemble(tolerant=True)


@pytest.fixture(scope="module")
def summary(half):
    return half.summary


def _group(summary, method, dataset, column):
    return next(
        row
        for row in summary["groups"]
        if (row["method"], row["dataset"], row["column"]) == (method, dataset, column)
    )


def test_what_is_still_to_come_is_named_with_its_reason(summary):
    absent = {(each["stage"], each["target"]): each["reason"] for each in summary["absent"]}
    assert set(absent) == {
        *(("train", run) for run in UNTRAINED),
        ("evaluate", UNSCORED),
        ("evaluate", STALE),
        ("probe", UNPROBED),
        *(("transfer", f"{dataset}-{seed}") for dataset in ("ring8", "digits") for seed in range(3)),
    }
    assert "lacks seed 0; run `ganmatrix evaluate digits-conventional-gan`" in absent["evaluate", UNSCORED]
    assert "is not current: weights changed" in absent["evaluate", STALE]
    assert "run `ganmatrix transfer ring8`" in absent["transfer", "ring8-0"]
    assert summary["runs"] == {"total": 18, "completed": 11, "diverged": 0, "not_trained": 7}
    assert summary["grid"]["method"] == ["gan", "as_gan", "fargan"]


def test_every_run_of_the_grid_has_a_row(half):
    matrix = half.table("matrix")
    assert len(matrix) == 18
    untrained = matrix[matrix["outcome"] == "not trained"]
    assert set(untrained["run"]) == UNTRAINED
    assert {outcome(row) for row in untrained.to_dict("records")} == {"not trained"}
    assert untrained.select_dtypes("number").drop(columns="seed").isna().all(axis=None)
    kept = matrix.set_index("run").loc[UNPROBED]
    assert kept["fid_efficientnet_lite0_ema"] > 0
    assert pd.isna(kept["fgsm_auroc"])


def test_means_say_of_how_many_runs_they_are(summary):
    modes = _group(summary, "as_gan", "ring8", "modes_ema")
    assert (modes["n"], modes["missing"]) == (2, 1)
    fid = _group(summary, "gan", "digits", "fid_efficientnet_lite0_ema")
    assert (fid["n"], fid["missing"]) == (1, 2)
    assert _group(summary, "gan", "digits", "fgsm_auroc")["n"] == 2
    nothing = _group(summary, "fargan", "digits", "fid_efficientnet_lite0_ema")
    assert (nothing["mean"], nothing["n"], nothing["missing"]) == (None, 0, 3)


def test_divergence_is_counted_among_what_was_trained(summary):
    rates = {row["method"]: row for row in summary["divergence"] if row["dataset"] is None}
    assert {method: row["runs"] for method, row in rates.items()} == {"gan": 6, "as_gan": 5, "fargan": 0}
    assert rates["fargan"]["rate"] is rates["fargan"]["high"] is None


def test_no_claim_is_judged_before_its_runs_are_finished(half):
    claims = half.table("claims").set_index("claim")
    assert claims["verdict"].to_dict() == {
        "better_fid": "inconclusive",
        "more_modes": "inconclusive",
        "steadier": "inconclusive",
        "of_fargan": "not tested",
    }
    assert claims["reason"].to_dict() == {
        "better_fid": "2 of the 6 runs that it compares are not finished",
        "more_modes": "1 of the 6 runs that it compares is not finished",
        "steadier": "1 of the 12 runs that it compares is not finished",
        "of_fargan": "not trained yet: fargan",
    }
    assert claims["p_value"].isna().all()
    assert claims.loc["more_modes", "pairs"] == 2
    assert "ring8-conventional-as_gan-1 (not trained)" in claims.loc["more_modes", "lost_runs"]


def test_attacks_of_a_seed_that_are_still_to_come_leave_a_claim_about_them_open(tmp_path):
    """The runs themselves are finished, and other claims about them are judged."""
    two = "\n".join(["claims:", *(claim(name, name, "lower", 0.1) for name in (RECEIVED, "fgsm_auroc"))])
    absent = frozenset({("transfer", "digits-1")})
    fake = FakeMatrix(tmp_path, claims=two, absent=absent).write().assemble(tolerant=True)
    reasons = fake.table("claims").set_index("claim")["reason"]
    assert reasons[RECEIVED] == "2 of the 12 runs that it compares are not finished"
    assert "not finished" not in reasons["fgsm_auroc"]
    received = fake.table("matrix").set_index("run")[RECEIVED]
    assert received.notna().sum() == 10
    assert received[["digits-conventional-gan-1", "digits-conventional-as_gan-1"]].isna().all()


def test_assemble_refuses_what_is_half_there(tmp_path):
    fake = unfinished(tmp_path)
    with pytest.raises(UserError, match=r"train\.json lacks seed 1; run `ganmatrix train"):
        fake.assemble()
    assert not fake.result("").exists()


def test_what_is_all_there_gives_the_bytes_of_assemble(tmp_path):
    fake = FakeMatrix(tmp_path, claims=CLAIMS.partition("\n  of_fargan")[0]).write()
    fake.assemble()
    (tmp_path / "again").mkdir()
    assemble.write(tmp_path / "again", fake.plan.params, _so_far(fake.plan))
    expected, written = (
        {path.name: path.read_bytes() for path in folder.iterdir()}
        for folder in (fake.result(""), tmp_path / "again")
    )
    assert written == expected


@pytest.mark.parametrize(
    ("line", "other", "changed"),
    [
        ("epsilon: 1/255", "epsilon: 2/255", "methods.as_gan"),
        ("generator_steps: 350", "generator_steps: 351", "recipes.digits"),
    ],
)
def test_runs_trained_with_other_params_do_not_enter(tmp_path, line, other, changed):
    fake = FakeMatrix(tmp_path).write()
    text = fake.params.read_text()
    assert line in text
    fake.params.write_text(text.replace(line, other, 1))
    with pytest.raises(UserError, match=f"is not current: {changed} changed; run") as error:
        fake.assemble()
    assert "\n" not in str(error.value)
    gathered = _so_far(fake.plan)
    outdated = {each.target for each in gathered.absent if each.stage == "train"}
    assert outdated
    assert outdated.isdisjoint(record.run.id for record in gathered.records)


def test_runs_trained_on_other_data_do_not_enter(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    publish(fake.plan, "prepare", "digits", {None: {CARD: b'{"other": 1}'}})
    gathered = _so_far(fake.plan)
    assert {record.run.dataset for record in gathered.records} == {"ring8"}
    reasons = {each.reason for each in gathered.absent if each.stage == "train"}
    assert all("is not current: data changed" in reason for reason in reasons)


def test_a_damaged_file_is_an_error_where_runs_may_lack_too(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    path = fake.file(METRICS, "digits-conventional-gan-1")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="is damaged"):
        _so_far(fake.plan)
