"""Projects for the engines to work in. The smoke matrix is made once a session."""

from pathlib import Path

import pytest

from helpers.engines import HOME, STAGES, Project, new_project, smoke_params


@pytest.fixture(scope="session")
def default_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The default grid, nothing made."""
    return new_project(tmp_path_factory.mktemp("default"), (HOME / "params.yaml").read_text())


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The smoke matrix as a plain `snakemake` leaves it. Look only; `made` is a copy to work with."""
    project = new_project(tmp_path_factory.mktemp("smoke"), smoke_params())
    ran = project.snakemake("--cores", "2")
    assert ran.status == 0, ran.text
    assert f"recorded {STAGES} stages in DVC\n" in ran.text
    return project


@pytest.fixture
def made(smoke: Project, tmp_path: Path) -> Project:
    return smoke.copy(tmp_path / "made")


@pytest.fixture
def fresh(smoke: Project, tmp_path: Path) -> Project:
    """A clone of the smoke project, nothing made."""
    return smoke.clone(tmp_path / "fresh")
