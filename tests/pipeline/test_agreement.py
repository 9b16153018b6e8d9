"""Snakefile, dvc.yaml and the plan say the same, stage by stage, on the default grid."""

from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo

from ganmatrix.params import load
from ganmatrix.plan import Plan, Task
from ganmatrix.stages.record import stage_name
from ganmatrix.store.layout import Layout
from helpers.engines import HOME, Project

PLAN = Plan(load(HOME / "params.yaml")[0], Layout(), HOME / "reports" / "templates")
TASKS = {stage_name(task): task for task in PLAN.tasks()}
FOLDERS = {"transfer": ("cells",), "assemble": ("cells", "references", "transfers")}
"""Stages that read files of many cells. DVC has no list of a matrix's outputs; it takes folders of them."""

DIGESTED = ["imports", "params.yaml", "plugins", "reports/templates", "src/ganmatrix"]


def manifest(task: Task) -> str:
    return PLAN.layout.manifest(task.stage, task.target).as_posix()


def folder(task: Task) -> str:
    return PLAN.layout.folder(task.stage, task.target).as_posix()


def digest(task: Task) -> str:
    return PLAN.layout.digest(task.stage, task.target).as_posix()


def read_by(task: Task) -> set[str]:
    """The manifests that the task reads."""
    return {
        manifest(each.task)
        for seed in PLAN.parts(task)
        for read in PLAN.inputs(task, seed).values()
        for each in read
    }


@pytest.fixture(scope="module")
def dvc() -> dict[str, dict[str, Any]]:
    with Repo(str(HOME)) as repo:
        return {
            stage.name: {
                "command": stage.cmd,
                "inputs": sorted(dependency.def_path for dependency in stage.deps),
                "outputs": sorted(out.def_path for out in stage.outs),
                "kept": all(out.persist for out in stage.outs),
            }
            for stage in repo.index.stages
        }


@pytest.fixture(scope="module")
def snakemake(default_project: Project) -> dict[str, dict[str, Any]]:
    tasks = {manifest(task): name for name, task in TASKS.items()}
    return {tasks[job["outputs"][0]]: job for job in default_project.snakemake_plan()}


def test_all_have_the_same_stages(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    assert set(snakemake) == set(TASKS)
    assert set(dvc) == {*TASKS, "digest"}
    assert dvc["digest"]["inputs"] == DIGESTED
    assert dvc["digest"]["outputs"] == ["digests"]


def test_commands_agree(dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]) -> None:
    """In DVC a verb takes what it is for from the stage's name, so no name stands in a shell's line."""
    for name, task in TASKS.items():
        command, _, log = snakemake[name]["command"].partition(" > ")
        assert command == f"ganmatrix {task}"
        assert log == f"logs/{'/'.join(filter(None, (task.stage, task.target)))}.log 2>&1"
        assert dvc[name]["command"] == f"ganmatrix {task.stage}"


def test_neither_engine_removes_outputs_before_it_asks(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for name in TASKS:
        assert dvc[name]["kept"], name
        assert snakemake[name]["kept"], name
    assert dvc["digest"]["kept"]


def test_outputs_are_those_of_the_plan(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    """Snakemake looks at manifests alone; DVC stores the files too."""
    for name, task in TASKS.items():
        assert snakemake[name]["outputs"] == [manifest(task)]
        made = {*dvc[name]["outputs"]} - {manifest(task)}
        assert manifest(task) in dvc[name]["outputs"]
        if task.stage == "report":
            assert made == {f"reports/{task.target}.html"}
        elif task.stage == "assemble":
            assert {Path(path).parent.as_posix() for path in made} == {folder(task)}
        else:
            assert made == {folder(task)}


def test_inputs_are_those_of_the_plan(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for name, task in TASKS.items():
        read = read_by(task)
        if task.stage == "report":
            # The manifest of the results changes with the cells that a page shows.
            assert read_by(Task("assemble")) >= read - {manifest(Task("assemble"))}
            read = {manifest(Task("assemble"))}
        assert set(snakemake[name]["inputs"]) == {digest(task), *read}, name
        folders = FOLDERS.get(task.stage, ())
        kept = {path for path in read if not path.startswith(tuple(f"{each}/" for each in folders))}
        assert set(dvc[name]["inputs"]) == {digest(task), *kept, *folders}, name


def test_a_folder_holds_no_more_than_is_read(dvc: dict[str, dict[str, Any]]) -> None:
    """Of `cells` a transfer reads the weights of its dataset alone; for the rest the verb is up to date."""
    made = [path for stage in dvc.values() for path in stage["outputs"]]
    for name in ("cells", "references", "transfers"):
        inside = {path for path in made if path.startswith(f"{name}/") and path.endswith(".json")}
        assert inside == {path for path in read_by(Task("assemble")) if path.startswith(f"{name}/")}
