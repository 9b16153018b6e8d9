"""A method of the user's own, through both engines."""

from pathlib import Path

import pytest

from helpers.engines import HOME, REPORTS, Project, new_project, smoke_params

pytestmark = pytest.mark.cluster

PLUGIN = "plugins/label_noise.py"
CELL = "ring8-conventional-label_noise"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Points, the plain GAN and the example; made by Snakemake."""
    text = smoke_params().replace("datasets: [ring8, digits]", "datasets: [ring8]")
    text = text.replace("methods: [gan, as_gan]", "methods: [gan, label_noise]")
    text = text.replace("  as_gan: {", "  label_noise: {kind: label_noise}\n  as_gan: {")
    made = new_project(tmp_path_factory.mktemp("plugins") / "project", f"plugins: [{PLUGIN}]\n{text}")
    (made.root / PLUGIN).write_text((HOME / "examples/label_noise.py").read_text())
    ran = made.snakemake("--cores", "2")
    assert ran.status == 0, ran.text
    return made


def test_what_snakemake_made_dvc_takes(project: Project) -> None:
    assert project.states("--files") == set()
    assert project.snakemake_has_nothing_to_do()
    assert project.dvc_is_clean()
    page = (project.root / "reports/index.html").read_text()
    assert "a share of D's reals and fakes trade places" in page


def test_a_changed_plugin_outdates_its_own_cell_in_both(project: Project) -> None:
    file: Path = project.root / PLUGIN
    before = file.read_text()
    file.write_text(before + "# changed\n")
    own = {f"{verb} {CELL}" for verb in ("train", "evaluate", "probe")}
    others = {"transfer ring8", "assemble"}
    reports = {f"report {name}" for name in REPORTS}
    assert project.states() == project.outdated_in_snakemake() == own | others | reports
    project.dvc("repro", "digest")
    assert {each for each in project.outdated_in_dvc() if each.startswith("train")} == {f"train {CELL}"}
    file.write_text(before)
    project.dvc("repro", "digest")
    assert project.states() == set()
    assert project.dvc_is_clean()


def test_a_plugin_that_is_gone_stops_either_engine_in_one_line(project: Project) -> None:
    file: Path = project.root / PLUGIN
    kept = file.read_bytes()
    file.unlink()
    line = f"plugins[0] is {PLUGIN}, which does not exist in this folder; mend the path"
    for ran in (project.snakemake("--cores", "1"), project.run("ganmatrix", "status")):
        assert ran.status == 2
        assert line in ran.text
        assert "Traceback" not in ran.text
    file.write_bytes(kept)
    assert project.states("--files") == set()
