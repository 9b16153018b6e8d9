"""Snakefile, dvc.yaml and plan.py say the same, cell by cell, on the default grid."""

from pathlib import Path
from typing import Any

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo
from engines import HOME, Project, document

from ganmatrix import plan
from ganmatrix.cell import Cell, expand
from ganmatrix.params import load
from ganmatrix.stages.engines import digest_name, stage_name

CODE = "src/ganmatrix/"
PARAMS, DOCUMENT = load(HOME / "params.yaml")
KEYS = plan.digested(cell.names for cell in expand(PARAMS))
DIGESTS = {digest_name(what): what for what in (*plan.CODE, *KEYS)}
REPORTS = {f"report@{name}" for name in ("index", "claims", "results_matrix", "robustness", "stability")}
SHOWN = ("run.json", "metrics.json", "probes.json", "attacks.png", "neighbours.png", "samples.png")
FOLDERS = {
    "transfer": ("cells", "checksums"),
    "assemble": ("cells", "transfers"),
    "report": ("cells",),
}
"""Stages that read files of many cells. DVC has no list of a matrix's outputs; it takes folders of them."""


@pytest.fixture(scope="module")
def dvc() -> dict[str, dict[str, Any]]:
    stages = {}
    with Repo(str(HOME)) as repo:
        for stage in repo.index.stages:
            params = [d for d in stage.deps if isinstance(d, ParamsDependency)]
            paths = [d.def_path for d in stage.deps if not isinstance(d, ParamsDependency)]
            stages[stage.name] = {
                "command": stage.cmd,
                "inputs": sorted(path for path in paths if not path.startswith(CODE)),
                "outputs": sorted(out.def_path for out in stage.outs),
                "keys": [key for dependency in params for key in dependency.params],
                "code": sorted(path.removeprefix(CODE) for path in paths if path.startswith(CODE)),
            }
            assert all(dependency.def_path == "params.yaml" for dependency in params)
    return stages


@pytest.fixture(scope="module")
def snakemake(default_project: Project) -> dict[str, dict[str, Any]]:
    return {stage_name(job["rule"], Path(job["outputs"][0])): job for job in default_project.snakemake_plan()}


def test_both_engines_have_the_same_stages(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    cells = [cell.id for cell in expand(PARAMS)]
    names = {
        f"{stage}@{name}" for stage in ("prepare", "reference", "transfer") for name in PARAMS.grid.datasets
    }
    names |= {f"{stage}@{cell}" for stage in ("train", "evaluate", "probe") for cell in cells}
    names |= {"assemble", *REPORTS}
    assert set(snakemake) == names
    assert set(dvc) == names | set(DIGESTS)


def test_commands_outputs_and_keys_agree(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for name, job in snakemake.items():
        command, _, log = job["command"].partition(" > ")
        assert command == dvc[name]["command"]
        assert log.startswith("logs/")
        assert log.endswith(".log 2>&1")
        assert job["outputs"] == dvc[name]["outputs"]
        listed = [] if job["rule"] in plan.CELLWISE else sorted(job["keys"])
        assert sorted(dvc[name]["keys"]) == listed, name


def _folder(path: str, stage: str, target: str) -> set[str]:
    """What DVC lists for this input: it, or the folder that it lies in.

    The checksums of a dataset's weights stand for the weights: its folder `cells` holds scores too.
    """
    first = path.split("/")[0]
    if first not in FOLDERS.get(stage, ()):
        return {path}
    if stage == "transfer":
        return {f"checksums/{target}"} if first == "checksums" else set()
    return {first}


def test_inputs_agree_and_only_gathering_stages_take_folders(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for name, job in snakemake.items():
        target = name.partition("@")[2]
        inputs = set().union(*(_folder(path, job["rule"], target) for path in job["inputs"]))
        inputs.add(f"digests/{job['rule']}.sha256")
        if job["rule"] in plan.CELLWISE:
            inputs |= {f"digests/{key}.json" for key in job["keys"]}
        assert sorted(inputs) == dvc[name]["inputs"], name


def test_gathering_stages_read_every_cell(snakemake: dict[str, dict[str, Any]]) -> None:
    gathered = ("run.json", "history.parquet", "metrics.json", "probes.json")
    cells = [cell.id for cell in expand(PARAMS)]
    tried = [f"transfers/{dataset}.parquet" for dataset in PARAMS.grid.datasets]
    of_cells = [f"cells/{cell}/{file}" for cell in cells for file in gathered]
    assert snakemake["assemble"]["inputs"] == sorted([*of_cells, *tried])
    for name in REPORTS:
        read = [path for path in snakemake[name]["inputs"] if path.startswith("cells/")]
        assert read == sorted(f"cells/{cell}/{file}" for cell in cells for file in SHOWN)


def test_transfer_reads_the_weights_of_its_dataset_s_cells_alone(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for dataset in PARAMS.grid.datasets:
        cells = [cell.id for cell in expand(PARAMS) if cell.dataset == dataset]
        weights = [f"cells/{cell}/weights.safetensors" for cell in cells]
        checksums = [f"checksums/{dataset}/{cell}.sha256" for cell in cells]
        data = [f"data/{dataset}/{file}" for file in ("card.json", "held_out.npy")]
        assert snakemake[f"transfer@{dataset}"]["inputs"] == sorted([*weights, *checksums, *data])
        # What DVC finds in the folder is what `train` has made there, and only for this dataset.
        made = [out for stage in dvc.values() for out in stage["outputs"] if out.startswith("checksums/")]
        assert sorted(out for out in made if out.startswith(f"checksums/{dataset}/")) == sorted(checksums)


def test_keys_and_code_are_those_of_plan(
    dvc: dict[str, dict[str, Any]], snakemake: dict[str, dict[str, Any]]
) -> None:
    for name, stage in dvc.items():
        if name in DIGESTS:
            continue
        verb, _, target = name.partition("@")
        names = {"dataset": target} if verb in ("prepare", "reference", "transfer") else {}
        if verb in ("train", "evaluate", "probe"):
            names = Cell.parse(target).names
        keys = plan.keys(verb, **names)
        digests = [f"digests/{key}.json" for key in keys] if verb in plan.CELLWISE else []
        assert sorted(stage["keys"]) == ([] if digests else sorted(keys))
        assert set(digests) <= set(stage["inputs"])
        assert stage["code"] == []
        assert snakemake[name]["rule"] == verb
        assert snakemake[name]["code"] == plan.code_digest(verb)


def test_what_snakemake_compares_is_what_dvc_s_digests_are_made_of(dvc: dict[str, dict[str, Any]]) -> None:
    for name, what in DIGESTS.items():
        assert dvc[name] == {
            "command": f"ganmatrix digest {what}",
            "inputs": [],
            "outputs": [f"digests/{what}.{'sha256' if what in plan.CODE else 'json'}"],
            "keys": [what] if what in KEYS else [],
            "code": sorted(plan.CODE.get(what, [])),
        }


def test_every_key_has_a_value_in_the_default_params() -> None:
    assert document((HOME / "params.yaml").read_text()) == DOCUMENT
    for cell in expand(PARAMS):
        for stage in plan.KEYS:
            assert all(value is not None for value in plan.values(stage, DOCUMENT, **cell.names).values())
