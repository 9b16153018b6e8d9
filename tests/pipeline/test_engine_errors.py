"""Bad input through the engine: one clear line, no traceback, and a status that is not 0."""

from pathlib import Path

import pytest
from engines import HOME, Project, new_project, smoke_params


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return new_project(tmp_path_factory.mktemp("errors"), smoke_params())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epsilon: 1/255", "epsilon: -1", "methods.as_gan.epsilon is -1; expected >= 0"),
        ("methods: [gan, as_gan]", "methods: []", "grid.methods is empty"),
        ("methods: [gan, as_gan]", "methods: [gan, as_gam]", "did you mean as_gan?"),
        ("grid:", "grid: [", "line "),
    ],
)
def test_invalid_params(project: Project, old: str, new: str, message: str) -> None:
    good = smoke_params()
    assert old in good
    (project.root / "params.yaml").write_text(good.replace(old, new))
    ran = project.snakemake("--cores", "1")
    (project.root / "params.yaml").write_text(good)
    assert ran.status == 2
    errors = [line for line in ran.text.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "Traceback" not in ran.text
    assert len(ran.text.splitlines()) <= 2


def test_missing_params(project: Project) -> None:
    (project.root / "params.yaml").unlink()
    ran = project.snakemake("--cores", "1")
    (project.root / "params.yaml").write_text(smoke_params())
    assert ran.status == 2
    assert "params.yaml does not exist" in ran.text
    assert "Traceback" not in ran.text


def test_a_cell_outside_the_grid(project: Project) -> None:
    ran = project.snakemake("--cores", "1", "cells/digits-conventional-as_gam-0/metrics.json")
    assert ran.status == 2
    assert "error: digits-conventional-as_gam-0 is not in the grid; did you mean" in ran.text
    assert "Traceback" not in ran.text
    assert not (project.root / "data" / "digits").exists()


def test_no_such_output(project: Project) -> None:
    ran = project.snakemake("--cores", "1", "cells/digits/metrics.json")
    assert ran.status == 1
    assert "No rule to produce cells/digits/metrics.json" in ran.text
    assert "Traceback" not in ran.text


def test_a_failed_job_shows_its_log_and_the_way_it_went(project: Project) -> None:
    source = project.root / "src" / "ganmatrix" / "stages" / "prepare.py"
    good = source.read_text()
    source.write_text(f"{good}\n\ndef run(*_):\n    raise SystemExit('the disk is on fire')\n")
    ran = project.snakemake("--cores", "1", "data/ring8/card.json")
    source.write_text(good)
    assert ran.status == 1
    assert "prepare ring8" in ran.text
    assert "the disk is on fire" in ran.text
    assert "Logfile logs/prepare/ring8.log" in ran.text


def test_progress_is_told(project: Project) -> None:
    ran = project.snakemake("--cores", "1", "data/ring8/card.json")
    assert ran.status == 0, ran.text
    assert "Job 0: prepare ring8" in ran.text
    assert "1 of 1 steps (100%) done" in ran.text


def test_a_scale_works_in_a_folder_of_its_own(project: Project) -> None:
    before = set(project.digests())
    scale = project.root / "pipeline" / "scales" / "tiny.yaml"
    scale.write_text((HOME / "pipeline/scales/smoke.yaml").read_text())
    listed = project.snakemake("-n", "--configfile", "pipeline/scales/tiny.yaml")
    assert listed.status == 0, listed.text
    assert "train digits-conventional-as_gan-1" in listed.text
    ran = project.snakemake(
        "--cores", "1", "--configfile", "pipeline/scales/tiny.yaml", "--", "data/ring8/card.json"
    )
    assert ran.status == 0, ran.text
    assert (project.root / "scales" / "tiny" / "data" / "ring8" / "card.json").is_file()
    assert "not recorded in DVC" in ran.text
    assert set(project.digests()) == before
    assert not (project.root / "scales" / "tiny" / "dvc.lock").exists()


def test_a_scale_works_in_a_folder_with_a_space(tmp_path: Path) -> None:
    project = new_project(tmp_path / "with a space", smoke_params())
    ran = project.snakemake(
        "--cores", "1", "--configfile", "pipeline/scales/smoke.yaml", "--", "data/ring8/card.json"
    )
    assert ran.status == 0, ran.text
    assert (project.root / "scales" / "smoke" / "data" / "ring8" / "card.json").is_file()
