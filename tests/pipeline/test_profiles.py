"""What the profiles ask for: a GPU for each job that can use one, and as many at once as there are."""

import itertools
import os
import re
import sys

import pytest
from snakemake.profiles import ProfileConfigFileParser

from ganmatrix.runtime import devices
from helpers.engines import HOME, new_project, smoke_params, write_command

RULES = ("reference", "train", "evaluate", "probe", "transfer")

STUB = """#!{python}
import sys, time
from pathlib import Path
verb, name = sys.argv[1:3]
start = time.monotonic()
if verb == "train":
    time.sleep(1)
    made = Path("cells", name, "train.json")
else:
    made = Path("data", name + ".json")
made.parent.mkdir(parents=True, exist_ok=True)
made.touch()
with open("intervals", "a") as log:
    log.write(f"{{verb}} {{start}} {{time.monotonic()}}\\n")
"""


def _profile(name):
    with (HOME / "profiles" / name / "config.yaml").open() as file:
        return ProfileConfigFileParser().parse(file)


@pytest.mark.parametrize("gpus", [0, 1, 4])
def test_as_many_jobs_at_once_as_there_are_gpus(gpus, monkeypatch):
    """No entry without a GPU: Snakemake would take it as the most that a job on a cluster may ask for."""
    monkeypatch.setattr(devices, "count", lambda: gpus)
    profile = _profile("default")
    assert profile.get("resources") == ([f"gpu={gpus}"] if gpus else None)
    assert profile["set-resource-scopes"] == ["gpu=local"]


def test_what_computes_with_torch_asks_for_a_gpu():
    rules = "".join(path.read_text() for path in (HOME / "pipeline/rules").glob("*.smk"))
    asking = [each.partition(":")[0] for each in rules.split("\nrule ")[1:] if "gpu=gpu," in each]
    assert sorted(asking) == sorted(RULES)


def test_what_computes_with_torch_is_what_takes_a_device():
    stages = HOME / "src/ganmatrix/stages"
    of_no_rule = {"sample", "export", "score", "timing"}
    found = {p.stem for p in stages.glob("*.py") if "compute.device(" in p.read_text()}
    assert found == {*RULES, *of_no_rule}


def test_four_cells_on_two_gpus(tmp_path):
    """Snakemake starts no third job before one of two has ended, whatever the cores."""
    project = new_project(tmp_path / "project", smoke_params())
    gpus = tmp_path / "gpus"
    for name in ("01", "02"):
        (gpus / name).mkdir(parents=True)
    project.replace("src/ganmatrix/runtime/devices.py", "/proc/driver/nvidia/gpus", str(gpus))
    write_command(project.root, STUB)
    cells = [f"{d}-conventional-{m}" for d, m in itertools.product(("ring8", "digits"), ("gan", "as_gan"))]
    project.succeed(
        "env", "-u", "GANMATRIX_DEVICE", "-u", "CUDA_VISIBLE_DEVICES",
        sys.executable, "-m", "snakemake", "--cores", "8", "--no-hooks",
        *[f"cells/{cell}/train.json" for cell in cells],
    )  # fmt: skip
    lines = [line.split() for line in (project.root / "intervals").read_text().splitlines()]
    trained = [(float(start), float(end)) for verb, start, end in lines if verb == "train"]
    assert len(trained) == 4
    assert max(sum(s <= start < e for s, e in trained) for start, _ in trained) == 2


TRAINED = "cells/ring8-conventional-gan/train.json"
LOGIN_NODE = {
    "sinfo": "echo 'main*|gpu:2(S:0)'; echo 'processors|(null)'",
    "scontrol": "true",
    "squeue": "true",
    "sacct": "true",
    "sbatch": 'echo "$@" >> asked; exit 1',
}
"""What a stub of each of SLURM's commands does. `sbatch` refuses each job, after a note."""


@pytest.fixture(scope="module")
def login_node(tmp_path_factory):
    """A project with prepared data, where SLURM's commands are stubs."""
    project = new_project(tmp_path_factory.mktemp("login") / "project", smoke_params("6"))
    (project.root / "data/ring8.json").touch()
    os.utime(project.root / "data/ring8.json", (2**32, 2**32))
    for name, text in LOGIN_NODE.items():
        _write_stub(project, name, text)
    return project


def _write_stub(project, name, text):
    (project.root / ".bin" / name).write_text(f"#!/bin/sh\n{text}\n")
    (project.root / ".bin" / name).chmod(0o755)


def _submit(project, environment, arguments):
    """What Snakemake prints, and the options of each sbatch."""
    (project.root / "asked").unlink(missing_ok=True)
    ran = project.run(
        *("env", "-u", "GANMATRIX_DEVICE", "-u", "CUDA_VISIBLE_DEVICES", *environment),
        *(sys.executable, "-m", "snakemake", "references/ring8.json", TRAINED),
        *("--profile", "profiles/slurm", "--retries", "0", "--cores", "4"),
        *("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "1", *arguments),
    )
    assert ran.status != 0
    asked = project.root / "asked"
    return ran, asked.read_text().splitlines() if asked.exists() else []


SEVERAL = ["GANMATRIX_RUNS_PER_DEVICE=4"]
OTHERS = ["--set-threads", "train=2", "--set-resources", "train:runtime=9"]
ONE = (1, 1, 4000)


@pytest.mark.parametrize(
    ("environment", "arguments", "reference", "train"),
    [
        ([], [], ONE, (1, 1, 2000)),
        (SEVERAL, OTHERS, ONE, (1, 2, 4000)),
        (["GANMATRIX_RUNS_PER_DEVICE=2", "GANMATRIX_THREADS=2"], [], ONE, (1, 4, 8000)),
        (["GANMATRIX_DEVICE=cpu", *SEVERAL], ["--set-resources", "train:gpu=1"], (0, 1, 4000), (1, 4, 8000)),
    ],
)
def test_what_is_asked_of_slurm(environment, arguments, reference, train, login_node):
    """GPUs, cores and memory of a job, and that SLURM starts one task."""
    ran, asked = _submit(login_node, environment, arguments)
    assert len(asked) == 2, ran.text
    expected = {"reference": reference, "train": train}
    for line in asked:
        gpus, cores, memory = expected[re.search(r"--comment rule_(\w+?)_wild", line)[1]]
        assert re.findall(r" --gpus=(\S+)", line) == ["1"] * gpus
        assert f" --cpus-per-task={cores} " in line
        assert f" --mem {memory} " in line
        assert re.findall(r" --ntasks\S*", line) == ([] if gpus else [" --ntasks=1"])
        assert "--gres" not in line


@pytest.mark.parametrize(
    ("environment", "arguments", "words"),
    [
        ([], ["--default-resources", "slurm_partition=gpus"], "slurm_partition is gpus"),
        (["GANMATRIX_RUNS_PER_DEVICE=5"], [], "add --cores 5"),
    ],
)
def test_what_slurm_would_refuse_is_refused_before(environment, arguments, words, login_node):
    ran, asked = _submit(login_node, environment, arguments)
    assert asked == []
    assert ran.status == 2
    (line,) = [line for line in ran.text.splitlines() if line.startswith("error: ")]
    assert words in line
    assert "Traceback" not in ran.text
