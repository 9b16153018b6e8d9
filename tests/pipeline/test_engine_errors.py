"""Bad input through the engines: one clear line, no traceback, a status that is not 0, and nothing made."""

import shutil
import sys
from pathlib import Path

import pytest

from helpers.engines import HOME, Project, Ran, new_project, smoke_params

SMOKE = "pipeline/scales/smoke.yaml"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(tmp_path_factory.mktemp("errors") / "project", smoke_params())


def refused(ran: Ran, words: str) -> str:
    assert ran.status == 2, ran.text
    (line,) = [line for line in ran.text.splitlines() if line.startswith("error: ")]
    assert words in line
    assert "Traceback" not in ran.text
    return line


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epsilon: 1/255", "epsilon: -1", "methods.as_gan.epsilon"),
        ("grid:", "grid: [", "line "),
    ],
)
def test_invalid_params(project: Project, old: str, new: str, message: str) -> None:
    good = smoke_params()
    assert old in good
    (project.root / "params.yaml").write_text(good.replace(old, new))
    ran = project.snakemake_here("--cores", "1")
    (project.root / "params.yaml").write_text(good)
    refused(ran, message)
    assert len(ran.text.splitlines()) <= 2


def test_missing_params(project: Project) -> None:
    (project.root / "params.yaml").unlink()
    ran = project.snakemake_here("--cores", "1")
    (project.root / "params.yaml").write_text(smoke_params())
    assert refused(ran, "params.yaml")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--cores", "1", "--config", "grid={seeds: 1}"], "--config is not for ganmatrix"),
        (["--cores", "1", "--configfile", SMOKE, "pipeline/scales/small.yaml"], "several files"),
        (["--cores", "1", "--configfile", SMOKE, "--configfile", "pipeline/scales/small.yaml"], "twice"),
        (["--cores", "1", "--touch"], "--touch"),
    ],
)
def test_what_would_be_ignored_or_believed(project: Project, arguments: list[str], words: str) -> None:
    before = project.digests().keys() - {name for name in project.digests() if name.startswith("digests/")}
    refused(project.snakemake_here(*arguments), words)
    assert {name for name in project.digests() if not name.startswith("digests/")} == before
    assert not (project.root / "scales" / "smoke" / "data").exists()


EVIL = ("$(touch P)", "x' ; touch P '", "x`touch P`", "../x")


@pytest.mark.parametrize(
    "name", ["x;touch P;#", *(pytest.param(name, marks=pytest.mark.cluster) for name in EVIL)]
)
def test_a_name_reaches_no_shell(project: Project, name: str) -> None:
    """A dataset's name, through all that could start a job of it. What DVC runs are constants."""
    params = project.root / "params.yaml"
    text = smoke_params()
    params.write_text(text.replace("[ring8,", f'["{name}",').replace("  ring8: {", f'  "{name}": {{'))
    try:
        refused(project.snakemake("--cores", "1"), "grid.datasets[0]")
        for command in (["repro"], ["repro", "--force", "--single-item", f"prepare@{name}"]):
            ran = project.run(sys.executable, "-m", "dvc", *command)
            assert ran.status != 0, ran.text
            assert "grid.datasets[0]" in ran.text or "output 'x.json' is specified in" in ran.text
            assert "Traceback" not in ran.text
    finally:
        params.write_text(text)
    assert not list(project.root.rglob("P"))


@pytest.mark.cluster
@pytest.mark.parametrize("key", ["architecture", "method", "report"])
def test_nor_does_that_of_anything_else(project: Project, key: str) -> None:
    params, evil = project.root / "params.yaml", "x;touch P;#"
    text = smoke_params()
    template = project.root / "reports" / "templates" / f"{evil}.ipynb"
    if key == "report":
        shutil.copy(template.with_name("claims.ipynb"), template)
        stages = {}
    else:
        old = {"architecture": "conventional", "method": "as_gan"}[key]
        edited = text.replace(f"{old}]", f'"{evil}"]').replace(f"\n  {old}:", f'\n  "{evil}":')
        params.write_text(edited)
        stages = {
            "architecture": f"train@ring8-{evil}-gan",
            "method": f"train@ring8-conventional-{evil}",
        }
    try:
        ran = project.snakemake("--cores", "1", *([f"reports/{evil}.json"] if key == "report" else []))
        assert ran.status != 0, ran.text
        assert "Traceback" not in ran.text
        commands = [["repro", "--force", "--single-item", stages[key]]] if key in stages else []
        for command in (["repro", "digest"], *commands):
            ran = project.run(sys.executable, "-m", "dvc", *command)
            assert ran.status != 0, ran.text
            assert "Traceback" not in ran.text
    finally:
        params.write_text(text)
        template.unlink(missing_ok=True)
    assert not list(project.root.rglob("P"))


def test_a_cell_outside_the_grid(project: Project) -> None:
    ran = project.snakemake_here("--cores", "1", "cells/digits-conventional-as_gam/evaluate.json")
    refused(ran, "did you mean digits-conventional-as_gan?")
    assert not (project.root / "data" / "digits").exists()


def test_no_such_output(project: Project) -> None:
    ran = project.snakemake_here("--cores", "1", "cells/digits/evaluate.json")
    assert ran.status == 1
    assert "No rule to produce cells/digits/evaluate.json" in ran.text
    assert "Traceback" not in ran.text


def test_a_failed_job_shows_its_log_and_the_way_it_went(project: Project) -> None:
    source = project.root / "src" / "ganmatrix" / "stages" / "prepare.py"
    good = source.read_text()
    failing = "raise UserError('the disk is on fire')"
    source.write_text(f"{good}\n\nfrom ganmatrix.errors import UserError\n\ndef into(*_):\n    {failing}\n")
    ran = project.snakemake("--cores", "1", "data/ring8.json")
    source.write_text(good)
    assert ran.status == 1
    assert "prepare ring8" in ran.text
    assert "the disk is on fire" in ran.text
    assert "Logfile logs/prepare/ring8.log" in ran.text
    end = ran.text.splitlines()[-8:]
    assert "logs/prepare/ring8.log: error: the disk is on fire" in end
    assert "Finished work is kept. `snakemake --cores all` goes on." in end
    assert project.published() == []


def test_progress_is_told(project: Project) -> None:
    ran = project.snakemake("--cores", "1", "data/ring8.json")
    assert ran.status == 0, ran.text
    assert "Job 0: prepare ring8" in ran.text
    assert "1 of 1 steps (100%) done" in ran.text


def test_a_scale_works_in_a_folder_of_its_own_and_a_path_may_have_braces(tmp_path: Path) -> None:
    project = new_project(tmp_path / "it's {here}, with a space", smoke_params())
    scales = project.root / "pipeline" / "scales"
    shutil.copy(scales / "smoke.yaml", scales / "tiny.yaml")
    target = ["--", "scales/tiny/data/ring8.json"]
    ran = project.snakemake("--cores", "1", "--configfile", "pipeline/scales/tiny.yaml", *target)
    assert ran.status == 0, ran.text
    assert "not recorded in DVC" in ran.text
    assert project.published() == ["scales/tiny/data/ring8.json"]
    ran = project.snakemake("--cores", "1", "data/ring8.json")
    assert ran.status == 0, ran.text
    assert "not recorded in DVC: it does not work in a folder whose path has braces" in ran.text
    listed = project.snakemake("-n", "--configfile", str(scales / "tiny.yaml"))
    assert listed.status == 0, listed.text
    assert "train digits-conventional-as_gan" in listed.text
    assert "prepare ring8" not in listed.text


def test_a_params_file_s_name_has_no_braces(project: Project) -> None:
    scale = project.root / "pipeline" / "scales" / "a{b}.yaml"
    shutil.copy(HOME / SMOKE, scale)
    ran = project.snakemake_here("--cores", "1", "--configfile", f"pipeline/scales/{scale.name}")
    scale.unlink()
    assert refused(ran, "rename it")
