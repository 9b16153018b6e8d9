"""`assemble` on a made-up matrix: what it writes, and what it refuses in one line before writing."""

import json

import numpy as np
import pytest

from ganmatrix.errors import UserError
from ganmatrix.results.matrix import IDENTITY
from ganmatrix.store.layout import HISTORY, METRICS, PROBES, RUN, WEIGHTS
from helpers.fake_matrix import CURVES, GRID, SHARES, STEPS, STRENGTHS, FakeMatrix, claim
from helpers.publishing import publish

CLAIM = f"claims:\n{claim('better_fid', 'fid_efficientnet_lite0_ema', 'lower', 0.1, effect='relative')}"
CELL = "digits-conventional-gan"


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    root = tmp_path_factory.mktemp("matrix")
    fake = FakeMatrix(
        root,
        claims=CLAIM,
        effects={("as_gan", "fid_efficientnet_lite0"): 0.5},
        diverged={"ring8-conventional-gan-1": 240},
    )
    return fake.write().assemble()


def test_the_matrix_has_a_row_a_run_in_the_order_of_the_grid(assembled):
    matrix = assembled.table("matrix")
    assert len(matrix) == 12
    assert matrix["run"].iloc[0] == "ring8-conventional-gan-0"
    assert matrix["cell"].iloc[0] == "ring8-conventional-gan"
    document = json.loads(assembled.file(METRICS, "digits-conventional-gan-2").read_text())
    row = matrix.set_index("run").loc["digits-conventional-gan-2"]
    assert row["fid_efficientnet_lite0_ema"] == document["entries"]["fid_efficientnet_lite0_ema"]["value"]
    assert np.isnan(row["modes_ema"])
    assert row["generator"] == "dcgan16_w24"
    assert (row["operations_per_step"], row["wall_seconds"]) == (30.0, 9.0)


def test_a_diverged_run_has_a_row_an_outcome_and_no_scores(assembled):
    row = assembled.table("matrix").set_index("run").loc["ring8-conventional-gan-1"]
    assert (row["outcome"], row["outcome_step"], row["outcome_reason"]) == (
        "diverged",
        240,
        "non_finite_loss",
    )
    assert np.isnan(row["modes_ema"])
    assert np.isnan(row["operations_per_step"])


def test_the_long_tables_carry_the_runs_identity(assembled):
    history = assembled.table("history")
    assert history.groupby("run")["step"].max().loc["ring8-conventional-gan-1"] == 240
    curves = assembled.table("curves")
    assert list(curves.columns) == [*IDENTITY, "column", "axis", "at", "value"]
    assert len(curves) == 11 * (len(CURVES) * len(STRENGTHS) + len(SHARES) + len(STEPS))


def test_the_summary_counts_and_averages(assembled):
    summary = assembled.summary
    assert summary["runs"] == {"total": 12, "completed": 11, "diverged": 1, "not_trained": 0}
    assert summary["absent"] == []
    assert summary["diverged"] == [
        {"run": "ring8-conventional-gan-1", "step": 240, "reason": "non_finite_loss"}
    ]
    group = next(g for g in summary["groups"] if g["column"] == "modes_ema" and g["method"] == "gan")
    assert (group["n"], group["missing"]) == (2, 1)
    matrix = assembled.table("matrix")
    known = matrix[(matrix["dataset"] == "ring8") & (matrix["method"] == "gan")]["modes_ema"]
    assert group["mean"] == pytest.approx(known.mean())


def test_the_claim_is_reproduced(tmp_path):
    effects = {("as_gan", "fid_efficientnet_lite0"): 0.5}
    fake = FakeMatrix(tmp_path, grid=GRID.replace("[0, 1, 2]", "6"), claims=CLAIM, effects=effects)
    claims = fake.write().assemble().table("claims")
    assert claims["verdict"].tolist() == ["reproduced"]
    assert claims["effect"].iloc[0] == pytest.approx(0.5, abs=0.05)


def test_a_second_time_gives_the_same_bytes(assembled):
    paths = [*assembled.result("").iterdir(), assembled.layout.manifest("assemble")]
    before = [path.read_bytes() for path in paths]
    assembled.assemble()
    assert [path.read_bytes() for path in paths] == before


def test_no_claims_still_write_the_table(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    fake.assemble()
    claims = fake.table("claims")
    assert claims.empty
    assert "verdict" in claims


def _refused(fake: FakeMatrix) -> str:
    with pytest.raises(UserError) as error:
        fake.assemble()
    assert not fake.result("").exists()
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("name", "maker"), [(RUN, "train"), (HISTORY, "train"), (METRICS, "evaluate"), (PROBES, "probe")]
)
def test_missing_and_truncated_artifacts_are_named_with_their_maker(tmp_path, name, maker):
    fake = FakeMatrix(tmp_path).write()
    path = fake.file(name, "digits-conventional-gan-1")
    path.write_bytes(path.read_bytes()[:-20])
    assert f"{path} is damaged" in (line := _refused(fake))
    assert f"ganmatrix {maker} digits-conventional-gan`" in line
    path.unlink()
    assert f"{path} is missing; run `ganmatrix {maker} digits-conventional-gan`" in _refused(fake)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "the document: "),
        ('{"run": "digits-conventional-gan-1", "weights_sha256": ""}', "entries: Field required"),
        (
            '{"run": "digits-conventional-gan-0", "weights_sha256": "", "entries": {}}',
            "it belongs to digits-conventional-gan-0",
        ),
        (
            '{"run": "digits-conventional-gan-1", "weights_sha256": "", '
            '"entries": {"a": {"value": "1", "protocol": {}}}}',
            "entries.a.value",
        ),
    ],
)
def test_json_of_another_shape_is_damaged(tmp_path, content, problem):
    fake = FakeMatrix(tmp_path).write()
    fake.rewrite(METRICS, "digits-conventional-gan-1", content.encode())
    assert problem in _refused(fake)


def test_what_a_run_took_cannot_be_edited(tmp_path):
    """Times differ between equal runs, so that no manifest lists them; the file vouches for them itself."""
    fake = FakeMatrix(tmp_path).write()
    path = fake.file(RUN, "digits-conventional-gan-1")
    path.write_text(path.read_text().replace('"wall_seconds": 9.0', '"wall_seconds": 1.0'))
    assert "run.json is damaged" in _refused(fake)


def test_two_protocols_in_one_column_are_refused(tmp_path):
    def edit(run, documents):
        if run == "digits-conventional-as_gan-2":
            documents["metrics"]["entries"]["fid_efficientnet_lite0_ema"]["protocol"]["samples"] = 500

    line = _refused(FakeMatrix(tmp_path, edit=edit).write())
    assert line.startswith("fid_efficientnet_lite0_ema was measured under two protocols: samples is 1000 in ")
    assert "digits-conventional-gan-0 but 500 in digits-conventional-as_gan-2" in line


def test_a_protocol_may_differ_between_datasets(tmp_path):
    def edit(run, documents):
        for entry in documents["probes"]["entries"].values():
            entry["protocol"]["real_samples"] = 360 if run.startswith("digits") else 2000

    fake = FakeMatrix(tmp_path, edit=edit).write()
    fake.assemble()
    protocols = fake.summary["protocols"]
    assert protocols["digits"]["fgsm_auroc"]["real_samples"] == 360
    assert protocols["ring8"]["fgsm_auroc"]["real_samples"] == 2000


def test_a_diverged_run_that_comes_first_leaves_the_protocol_to_the_others(tmp_path):
    fake = FakeMatrix(tmp_path, diverged={"digits-conventional-gan-0": 40}).write()
    fake.assemble()
    summary = fake.summary
    assert summary["protocols"]["digits"]["fid_efficientnet_lite0_ema"]["samples"] == 1000


def test_what_was_made_from_other_weights_is_refused(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    fake.rewrite(WEIGHTS, "digits-conventional-gan-1", b"others")
    for stage, target in (("evaluate", CELL), ("probe", CELL), ("transfer", "digits")):
        line = _refused(fake)
        assert line.startswith(f"{fake.layout.manifest(stage, target)}, seed 1")
        assert "is not current: weights" in line
        assert f"run `ganmatrix {stage} {target}`" in line
        folders = {seed: fake.layout.folder(stage, target, seed) for seed in fake.plan.seeds}
        files = {s: {path.name: path.read_bytes() for path in f.iterdir()} for s, f in folders.items()}
        publish(fake.plan, stage, target, files)
    fake.assemble()


@pytest.mark.parametrize("artifact", ["run", "metrics", "probes"])
def test_artifacts_must_name_the_weights(tmp_path, artifact):
    def edit(run, documents):
        document = documents[artifact]
        del document.get("reproducible", document)["weights_sha256"]

    assert "weights_sha256: Field required" in _refused(FakeMatrix(tmp_path, edit=edit).write())


@pytest.mark.parametrize("run", ["digits-conventional-gan-0", "digits-conventional-as_gan-2"])
@pytest.mark.parametrize(
    ("artifact", "verb", "column"),
    [("metrics", "evaluate", "kid_efficientnet_lite0_ema"), ("probes", "probe", "fgsm_auroc")],
)
def test_a_run_without_the_columns_of_its_dataset_is_refused(tmp_path, run, artifact, verb, column):
    def partial(name, documents):
        if name == run:
            del documents[artifact]["entries"][column]

    def emptied(name, documents):
        if name == run:
            documents[artifact]["entries"].clear()

    line = _refused(FakeMatrix(tmp_path, edit=partial).write())
    assert line.startswith(f"{artifact}.json of {run} lacks {column}, which digits-conventional-gan-")
    assert f"run `ganmatrix {verb} {run[:-2]}`" in line
    line = _refused(FakeMatrix(tmp_path, edit=emptied).write())
    assert line.startswith(f"{artifact}.json of {run} lacks ")
    assert column in line


def _ensemble_of_as_gan(run, documents):
    """A column that only runs of as_gan can have; the others say so."""
    entry = {"value": None, "protocol": {}, "reason": "the method has one discriminator", "applies": False}
    if "-as_gan-" in run:
        entry = {"value": 0.4, "protocol": {"samples": 256}}
    documents["probes"]["entries"]["ensemble_disagreement"] = entry


def test_a_column_may_apply_to_some_methods_only(tmp_path):
    fake = FakeMatrix(tmp_path, edit=_ensemble_of_as_gan).write()
    fake.assemble()
    matrix = fake.table("matrix").set_index("method")["ensemble_disagreement"]
    assert (matrix["as_gan"] == 0.4).all()
    assert matrix["gan"].isna().all()
    summary = fake.summary
    assert summary["missing"] == []
    assert summary["protocols"]["digits"]["ensemble_disagreement"] == {"samples": 256}
    counted = {
        (group["method"], group["n"], group["missing"])
        for group in summary["groups"]
        if group["column"] == "ensemble_disagreement"
    }
    assert counted == {("as_gan", 3, 0), ("gan", 0, 0)}


def test_that_a_column_does_not_apply_must_be_said(tmp_path):
    def silent(run, documents):
        _ensemble_of_as_gan(run, documents)
        if run == "digits-conventional-gan-1":
            del documents["probes"]["entries"]["ensemble_disagreement"]

    line = _refused(FakeMatrix(tmp_path, edit=silent).write())
    assert "probes.json of digits-conventional-gan-1 lacks ensemble_disagreement" in line
