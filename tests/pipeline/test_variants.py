"""Variants through both engines: the same stages, and a small matrix that one makes and the other takes."""

import json
from pathlib import Path

import pytest
from dvc.repo import Repo

from ganmatrix.params import load
from ganmatrix.plan import Plan, Task
from ganmatrix.stages.record import stage_name
from ganmatrix.store.layout import FOR_DVC, Layout
from helpers.engines import HOME, Project, new_project, smoke_params

TWO = "variants: {slow: {recipe.optimizer.lr: 2e-4}, e4: {methods.as_gan.epsilon: 4/255}}"
ADDED = ["ring8-conventional-gan-slow", "ring8-conventional-as_gan-slow", "ring8-conventional-as_gan-e4"]


def params() -> str:
    """Points alone, two methods, one seed, 20 steps."""
    text = smoke_params("[0]").replace("datasets: [ring8, digits]", "datasets: [ring8]")
    text = text.replace("generator_steps: 10", "generator_steps: 20")
    return text.replace("seeds: [0]", f"seeds: [0]\n  {TWO}").partition("claims:")[0] + "claims: {}\n"


def plan_of(project: Project) -> Plan:
    return Plan.load(project.root / "params.yaml")


def stages_in_dvc(project: Project) -> dict[str, tuple[set[str], set[str]]]:
    """Inputs and outputs by stage."""
    with Repo(str(project.root)) as repo:
        return {
            stage.name: ({each.def_path for each in stage.deps}, {each.def_path for each in stage.outs})
            for stage in repo.index.stages
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return new_project(tmp_path, params())


def test_both_engines_have_the_stages_of_the_plan(project: Project) -> None:
    project.succeed("ganmatrix", "digest")
    plan = plan_of(project)
    tasks = {stage_name(task): task for task in plan.tasks()}
    assert [cell for cell in plan.cells if cell in ADDED] == ADDED
    dvc = stages_in_dvc(project)
    assert set(dvc) == {*tasks, "digest"}
    layout = Layout()
    jobs = {job["outputs"][0]: job for job in project.snakemake_plan()}
    assert set(jobs) == {layout.manifest(task.stage, task.target).as_posix() for task in tasks.values()}
    for cell in ADDED:
        manifest = f"cells/{cell}/train.json"
        inputs, outputs = dvc[f"train_variant@{cell}"]
        assert inputs == set(jobs[manifest]["inputs"]) == {f"digests/train/{cell}.json", "data/ring8.json"}
        assert outputs == {manifest, f"cells/{cell}/train"}
    attacked = set(jobs["transfers/ring8.json"]["inputs"])
    assert {path for path in attacked if path.startswith("cells/")} == {
        f"cells/{cell.id}/train.json" for cell in plan.attacked("ring8")
    }
    assert not any(cell in path for cell in ADDED for path in attacked)


def test_dvc_learns_of_new_variants_in_one_line(project: Project) -> None:
    ran = project.run("dvc", "repro", "digest")
    assert ran.status != 0
    assert "repeat the command" in ran.text
    assert set(json.loads((project.root / FOR_DVC).read_text())["variants"]) == set(ADDED)
    project.dvc("repro", "digest")
    assert f"train_variant@{ADDED[0]}" in stages_in_dvc(project)


def test_the_shipped_list_is_that_of_the_default_grid() -> None:
    plan = Plan(load(HOME / "params.yaml")[0], Layout(HOME), HOME / "reports" / "templates")
    variants = {cell.id: {"dataset": cell.dataset} for cell in plan.cells.values() if cell.variant}
    assert json.loads((HOME / FOR_DVC).read_text()) == {"reports": plan.reports, "variants": variants}


@pytest.mark.cluster
def test_what_snakemake_made_of_variants_dvc_takes_as_it_is(project: Project) -> None:
    ran = project.snakemake("--cores", "2")
    assert ran.status == 0, ran.text
    assert project.states() == set()
    assert project.dvc_is_clean()
    assert project.made_by("dvc", "repro") == []
    project.replace("params.yaml", "4/255", "8/255")
    train = {str(Task("train", cell)) for cell in ADDED[2:]}
    assert {each for each in project.states() if each.startswith("train")} == train
    page = (project.root / "reports" / "stability.html").read_text()
    assert "With which values does it train?" in page
