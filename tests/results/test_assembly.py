"""`assemble` on a made-up matrix: what it writes, and what it refuses in one line before writing."""

import json

import numpy as np
import pandas as pd
import pytest
from fake_matrix import CURVES, SHARES, STEPS, STRENGTHS, FakeMatrix, claim

from ganmatrix.errors import UserError
from ganmatrix.stages import assemble

CLAIM = f"claims:\n{claim('better_fid', 'fid_efficientnet_lite0_ema', 'lower', 0.1, effect='relative')}"


@pytest.fixture(scope="module")
def assembled(tmp_path_factory):
    root = tmp_path_factory.mktemp("matrix")
    fake = FakeMatrix(
        root,
        claims=CLAIM,
        effects={("as_gan", "fid_efficientnet_lite0"): 0.5},
        diverged={"ring8-conventional-gan-1": 240},
    ).write()
    return fake, assemble.run(fake.params, fake.layout)


def test_the_matrix_has_a_row_a_cell_in_the_order_of_the_grid(assembled):
    fake, _ = assembled
    matrix = pd.read_parquet(fake.layout.results.matrix)
    assert len(matrix) == 12
    assert matrix["cell"].iloc[0] == "ring8-conventional-gan-0"
    document = json.loads(fake.layout.cell("digits-conventional-gan-2").metrics.read_text())
    row = matrix.set_index("cell").loc["digits-conventional-gan-2"]
    assert row["fid_efficientnet_lite0_ema"] == document["entries"]["fid_efficientnet_lite0_ema"]["value"]
    assert np.isnan(row["modes_ema"])
    assert row["generator"] == "dcgan16_w24"


def test_a_diverged_cell_has_a_row_an_outcome_and_no_scores(assembled):
    fake, _ = assembled
    row = pd.read_parquet(fake.layout.results.matrix).set_index("cell").loc["ring8-conventional-gan-1"]
    assert (row["outcome"], row["outcome_step"], row["outcome_reason"]) == (
        "diverged",
        240,
        "non_finite_loss",
    )
    assert np.isnan(row["modes_ema"])


def test_the_long_tables_carry_the_cells_identity(assembled):
    fake, _ = assembled
    history = pd.read_parquet(fake.layout.results.history)
    assert history.groupby("cell")["step"].max().loc["ring8-conventional-gan-1"] == 240
    curves = pd.read_parquet(fake.layout.results.curves)
    assert set(curves.columns) >= {
        "cell",
        "dataset",
        "architecture",
        "method",
        "seed",
        "column",
        "axis",
        "at",
        "value",
    }
    assert len(curves) == 11 * (len(CURVES) * len(STRENGTHS) + len(SHARES) + len(STEPS))


def test_the_summary_counts_and_averages(assembled):
    fake, _ = assembled
    summary = json.loads(fake.layout.results.summary.read_text())
    assert summary["cells"] == {"total": 12, "completed": 11, "diverged": 1, "not_trained": 0}
    assert summary["absent"] == []
    assert summary["diverged"] == [
        {"cell": "ring8-conventional-gan-1", "step": 240, "reason": "non_finite_loss"}
    ]
    group = next(g for g in summary["groups"] if g["column"] == "modes_ema" and g["method"] == "gan")
    assert (group["n"], group["missing"]) == (2, 1)
    matrix = pd.read_parquet(fake.layout.results.matrix)
    known = matrix[(matrix["dataset"] == "ring8") & (matrix["method"] == "gan")]["modes_ema"]
    assert group["mean"] == pytest.approx(known.mean())


def test_the_claim_is_reproduced(assembled):
    fake, _ = assembled
    claims = pd.read_parquet(fake.layout.results.claims)
    assert claims["verdict"].tolist() == ["reproduced"]
    assert claims["effect"].iloc[0] == pytest.approx(0.5, abs=0.05)


def test_a_second_run_writes_the_same_bytes(assembled):
    fake, paths = assembled
    before = [path.read_bytes() for path in paths]
    assemble.run(fake.params, fake.layout)
    assert [path.read_bytes() for path in paths] == before


def test_no_claims_still_write_the_table(tmp_path):
    fake = FakeMatrix(tmp_path).write()
    assemble.run(fake.params, fake.layout)
    claims = pd.read_parquet(fake.layout.results.claims)
    assert claims.empty
    assert "verdict" in claims


def _refused(fake: FakeMatrix) -> str:
    with pytest.raises(UserError) as error:
        assemble.run(fake.params, fake.layout)
    assert not fake.layout.results.folder.exists()
    line = str(error.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize(
    ("artifact", "maker"),
    [("run", "train"), ("history", "train"), ("metrics", "evaluate"), ("probes", "probe")],
)
def test_missing_and_truncated_artifacts_are_named_with_their_maker(tmp_path, artifact, maker):
    fake = FakeMatrix(tmp_path).write()
    path = getattr(fake.layout.cell("digits-conventional-gan-1"), artifact)
    path.write_bytes(path.read_bytes()[:-20])
    assert f"{path} is corrupt" in (line := _refused(fake))
    assert f"ganmatrix {maker} digits-conventional-gan-1" in line
    path.unlink()
    assert f"{path} is missing; run `ganmatrix {maker} digits-conventional-gan-1`" in _refused(fake)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "the document: "),
        ('{"cell": "digits-conventional-gan-1", "weights_sha256": ""}', "entries: Field required"),
        (
            '{"cell": "digits-conventional-gan-0", "weights_sha256": "", "entries": {}}',
            "it belongs to digits-conventional-gan-0",
        ),
        (
            '{"cell": "digits-conventional-gan-1", "weights_sha256": "", '
            '"entries": {"a": {"value": "1", "protocol": {}}}}',
            "entries.a.value",
        ),
    ],
)
def test_json_of_another_shape_is_corrupt(tmp_path, content, problem):
    fake = FakeMatrix(tmp_path).write()
    fake.layout.cell("digits-conventional-gan-1").metrics.write_text(content)
    assert problem in _refused(fake)


def test_two_protocols_in_one_column_are_refused(tmp_path):
    def edit(cell, documents):
        if cell == "digits-conventional-as_gan-2":
            documents["metrics"]["entries"]["fid_efficientnet_lite0_ema"]["protocol"]["samples"] = 500

    line = _refused(FakeMatrix(tmp_path, edit=edit).write())
    assert line.startswith("fid_efficientnet_lite0_ema was measured under two protocols: samples is 1000 in ")
    assert "digits-conventional-gan-0 but 500 in digits-conventional-as_gan-2" in line


def test_a_protocol_may_differ_between_datasets(tmp_path):
    def edit(cell, documents):
        for entry in documents["probes"]["entries"].values():
            entry["protocol"]["real_samples"] = 360 if cell.startswith("digits") else 2000

    fake = FakeMatrix(tmp_path, edit=edit).write()
    assert fake.layout.results.summary in assemble.run(fake.params, fake.layout)


def test_a_diverged_cell_that_comes_first_leaves_the_protocol_to_the_others(tmp_path):
    fake = FakeMatrix(tmp_path, diverged={"digits-conventional-gan-0": 40}).write()
    assemble.run(fake.params, fake.layout)
    summary = json.loads(fake.layout.results.summary.read_text())
    assert summary["protocols"]["digits"]["fid_efficientnet_lite0_ema"]["samples"] == 1000


@pytest.mark.parametrize(("artifact", "verb"), [("metrics", "evaluate"), ("probes", "probe")])
def test_scores_of_other_weights_are_refused(tmp_path, artifact, verb):
    def edit(cell, documents):
        if cell == "digits-conventional-gan-1":
            documents[artifact]["weights_sha256"] = "0" * 64

    fake = FakeMatrix(tmp_path, edit=edit).write()
    path = getattr(fake.layout.cell("digits-conventional-gan-1"), artifact)
    assert _refused(fake) == (
        f"{path} was made from other weights than run.json names; "
        f"run `ganmatrix {verb} digits-conventional-gan-1` again"
    )


@pytest.mark.parametrize("artifact", ["run", "metrics", "probes"])
def test_artifacts_must_name_the_weights(tmp_path, artifact):
    def edit(cell, documents):
        document = documents[artifact]
        del document.get("reproducible", document)["weights_sha256"]

    assert "weights_sha256: Field required" in _refused(FakeMatrix(tmp_path, edit=edit).write())


@pytest.mark.parametrize("cell", ["digits-conventional-gan-0", "digits-conventional-as_gan-2"])
@pytest.mark.parametrize(
    ("artifact", "verb", "column"),
    [("metrics", "evaluate", "kid_efficientnet_lite0_ema"), ("probes", "probe", "fgsm_auroc")],
)
def test_a_cell_without_the_columns_of_its_dataset_is_refused(tmp_path, cell, artifact, verb, column):
    def partial(name, documents):
        if name == cell:
            del documents[artifact]["entries"][column]

    def emptied(name, documents):
        if name == cell:
            documents[artifact]["entries"].clear()

    line = _refused(FakeMatrix(tmp_path, edit=partial).write())
    assert line.startswith(f"{artifact}.json of {cell} lacks {column}, which digits-conventional-gan-")
    assert f"run `ganmatrix {verb} {cell}` and " in line
    line = _refused(FakeMatrix(tmp_path, edit=emptied).write())
    assert line.startswith(f"{artifact}.json of {cell} lacks ")
    assert column in line


def _ensemble_of_as_gan(cell, documents):
    """A column that only cells of as_gan can have; the others say so."""
    entry = {"value": None, "protocol": {}, "reason": "the method has one discriminator", "applies": False}
    if "-as_gan-" in cell:
        entry = {"value": 0.4, "protocol": {"samples": 256}}
    documents["probes"]["entries"]["ensemble_disagreement"] = entry


def test_a_column_may_apply_to_some_methods_only(tmp_path):
    fake = FakeMatrix(tmp_path, edit=_ensemble_of_as_gan).write()
    assemble.run(fake.params, fake.layout)
    matrix = pd.read_parquet(fake.layout.results.matrix).set_index("method")["ensemble_disagreement"]
    assert (matrix["as_gan"] == 0.4).all()
    assert matrix["gan"].isna().all()
    summary = json.loads(fake.layout.results.summary.read_text())
    assert summary["missing"] == []
    assert summary["protocols"]["digits"]["ensemble_disagreement"] == {"samples": 256}
    counted = {
        (group["method"], group["n"], group["missing"])
        for group in summary["groups"]
        if group["column"] == "ensemble_disagreement"
    }
    assert counted == {("as_gan", 3, 0), ("gan", 0, 0)}


def test_that_a_column_does_not_apply_must_be_said(tmp_path):
    def silent(cell, documents):
        _ensemble_of_as_gan(cell, documents)
        if cell == "digits-conventional-gan-1":
            del documents["probes"]["entries"]["ensemble_disagreement"]

    line = _refused(FakeMatrix(tmp_path, edit=silent).write())
    assert "probes.json of digits-conventional-gan-1 lacks ensemble_disagreement" in line
