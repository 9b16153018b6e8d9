"""Recorded results of git revisions: as `ganmatrix diff` and the real DVC see them."""

import json
import re
import sys
from pathlib import Path

import pytest

from helpers.engines import HOME, Project, new_project
from helpers.recorded_matrix import record_matrix
from helpers.refusal import names

FOLLOWED = {"ring8": "energy_distance_over_steps_ema", "digits": "fid_over_steps_efficientnet_lite0_ema"}


def _followed(cell: str, documents: dict) -> None:
    """Adds the scores that training was followed by."""
    curve = {"axis": "generator_steps", "at": [0.0, 400.0, 800.0], "value": [9.0, 4.0, 2.0]}
    name = FOLLOWED[cell.split("-")[0]]
    documents["metrics"]["entries"][name] = {"value": 4.0, "protocol": {"samples": 9}, "curve": curve}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Results of two revisions, the second with a planted effect; the workspace holds the second."""
    made = new_project(tmp_path_factory.mktemp("revisions"), (HOME / "params.yaml").read_text())
    record_matrix(made, "first", edit=_followed)
    record_matrix(made, "second", edit=_followed, effects={("as_gan", "fid_efficientnet_lite0"): 0.5})
    return made


PROGRAM = """
import contextlib, io, json, sys
from ganmatrix.cli import main

ended = []
for command in json.loads(sys.argv[1]):
    said, sys.argv = io.StringIO(), ["ganmatrix", *command.split()]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
        status = 0
    except SystemExit as stop:
        status = stop.code or 0
    ended.append([status, said.getvalue()])
print(json.dumps(ended))
"""
COMPARISONS = ("diff HEAD~1 HEAD", "diff HEAD results", "show --results HEAD", "show --results HEAD~1")
WITHOUT_RESULTS = ("HEAD~2", "HEAD~9", "nonsense")


@pytest.fixture(scope="module")
def said(project: Project) -> dict[str, tuple[int, str]]:
    """How commands end and what they say, all in one process: to import DVC takes seconds."""
    commands = [*COMPARISONS, *(f"diff {revision} HEAD" for revision in WITHOUT_RESULTS)]
    before = project.digests()
    ended = json.loads(project.succeed(sys.executable, "-c", PROGRAM, json.dumps(commands)))
    assert project.digests() == before
    assert project.succeed("git", "status", "--porcelain") == ""
    return {command: (status, text) for command, (status, text) in zip(commands, ended, strict=True)}


def test_two_revisions_and_the_workspace(said: dict[str, tuple[int, str]]) -> None:
    assert {said[command][0] for command in COMPARISONS} == {0}
    changed, same, after, before = (said[command][1] for command in COMPARISONS)
    assert "Changed runs, 3\n" in changed
    assert "Means: 1 beyond noise, 0 could be chance, 0 undecided" in changed
    assert same == "HEAD and results agree in all 12 runs.\n"
    assert "19.9 [18.8, 21.0] n=3" in after
    assert "39.8" in before


@pytest.mark.parametrize("revision", WITHOUT_RESULTS)
def test_revisions_without_results(said: dict[str, tuple[int, str]], revision: str) -> None:
    status, text = said[f"diff {revision} HEAD"]
    assert status == 2
    mend = "no dvc.lock" if revision == "HEAD~2" else "neither a folder nor a git revision"
    names(text.removesuffix("\n"), key=revision, mend=mend)


def test_a_revision_that_left_the_cache(project: Project, tmp_path: Path) -> None:
    ran = project.clone(tmp_path / "clone").run("ganmatrix", "diff", "HEAD~1", "HEAD")
    assert ran.status == 2
    names(ran.text.removesuffix("\n"), key="results.json of HEAD~1", mend="dvc ")


def test_dvc_compares_the_primary_scores(project: Project) -> None:
    shown = json.loads(project.dvc("metrics", "show", "--json"))[""]["data"]["results/metrics.json"]["data"]
    assert shown["ring8"]["conventional"]["gan"].keys() == {"modes_ema", "high_quality_share_ema"}
    changed = json.loads(project.dvc("metrics", "diff", "--json", "HEAD~1"))["results/metrics.json"]
    assert list(changed) == ["digits.conventional.as_gan.fid_efficientnet_lite0_ema"]


def test_dvc_draws_what_opens_offline(project: Project) -> None:
    """`make plots` puts the scripts, which DVC's own page fetches, into the page."""
    project.succeed("make", "--old-file=venv", "plots", f"VENV={sys.prefix}", "PLOTS=diff HEAD~1")
    page = (project.root / "dvc_plots" / "index.html").read_text()
    assert "<script src" not in page
    drawn = [json.loads(spec) for spec in re.findall(r"var spec = (\{.*\});", page)]
    assert [spec["title"]["text"].split()[0] for spec in drawn] == ["FID", "D's", "G's"]
    rows = drawn[0]["data"]["values"]
    assert {row["method"] for row in rows} == {"gan", "as_gan"}
    assert {row["rev"] for row in rows} == {"workspace", "HEAD~1"}
    assert {row["panel"].split(", ")[0] for row in rows} == {"ring8", "digits"}
    assert not re.search(r"<DVC_METRIC_\w+>", json.dumps(drawn))
