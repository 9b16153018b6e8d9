"""What the profiles ask for: a GPU for each job that can use one, and as many at once as there are."""

import itertools
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
def test_jobs_get_a_gpu_each_where_there_are_some(gpus, monkeypatch):
    monkeypatch.setattr(devices, "count", lambda: gpus)
    profile = _profile("default")
    assert profile["resources"] == [f"gpu={gpus}"]
    assert profile["set-resources"] == [f"{rule}:gpu={min(1, gpus)}" for rule in RULES]


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
