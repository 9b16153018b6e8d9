"""A job whose params or code were edited after it was planned makes nothing."""

import copy
import json
from pathlib import Path

import pytest

from ganmatrix import plan
from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.stages import digest, planned
from ganmatrix.stages.layout import Layout

PARAMS, DOCUMENT = load(Path(__file__).parents[2] / "params.yaml")
NAMES = {"dataset": "digits", "architecture": "conventional", "method": "as_gan"}


@pytest.fixture(params=["snakemake", "dvc"])
def engine(request, tmp_path, monkeypatch):
    """A job's environment, after the engine has planned with the default params."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.setenv(planned.NOTE, "")
    if request.param == "snakemake":
        planned.note(DOCUMENT)
    else:
        monkeypatch.delenv(planned.NOTE)
        monkeypatch.setenv("DVC_STAGE", "train@digits-conventional-as_gan-0")
        (tmp_path / "src").symlink_to(plan.PACKAGE.parent)
        for what in digest.known(PARAMS):
            digest.run(what, PARAMS, DOCUMENT, Layout())


@pytest.fixture
def edited():
    """Another step size, which two stages do not use, and probes of other sizes."""
    document = copy.deepcopy(DOCUMENT)
    document["methods"]["as_gan"]["epsilon"] = "7/255"
    return document


@pytest.mark.usefixtures("engine")
def test_values_as_planned_pass():
    for stage in plan.CODE:
        planned.check(stage, DOCUMENT, **NAMES)


@pytest.mark.usefixtures("engine")
def test_an_edit_stops_the_jobs_that_it_touches_and_no_other(edited):
    with pytest.raises(UserError, match=r"^methods\.as_gan changed after this run was planned, so nothing "):
        planned.check("train", edited, **NAMES)
    planned.check("train", edited, **NAMES | {"method": "gan"})
    planned.check("evaluate", edited, **NAMES)


@pytest.mark.usefixtures("engine")
def test_edited_code_stops_the_stages_that_reach_it(monkeypatch):
    lines = plan.manifest("train").replace("training/trainer.py", "training/other.py")
    monkeypatch.setattr(plan, "manifest", lambda _: lines)
    monkeypatch.setattr(plan, "code_digest", lambda _: "another")
    with pytest.raises(UserError, match=r"^the code of train changed after "):
        planned.check("train", DOCUMENT, **NAMES)


def test_by_hand_nothing_was_planned(edited, monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.delenv(planned.NOTE, raising=False)
    planned.check("train", edited, **NAMES)


def test_a_note_that_no_node_sees_is_no_reason_to_stop(edited, monkeypatch, tmp_path):
    monkeypatch.setenv(planned.NOTE, str(tmp_path / "gone.json"))
    planned.check("train", edited, **NAMES)


def test_the_note_is_what_snakemake_compares(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(planned.NOTE, "")
    planned.note(DOCUMENT)
    found = json.loads((tmp_path / ".snakemake" / "plan.json").read_text())
    assert found["params"] == json.loads(json.dumps(DOCUMENT))
    assert found["code"] == {stage: plan.code_digest(stage) for stage in plan.CODE}
