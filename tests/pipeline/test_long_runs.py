"""Before a long run Snakemake says what it takes, and starts no job if memory or disk are too small."""

import sys

import pytest

from helpers.engines import Project, new_project, smoke_params, write_command

ESTIMATE = "src/ganmatrix/stages/estimate.py"
STUB = """#!{python}
import os, sys
with open("called", "a") as log:
    log.write(" ".join([sys.argv[1], os.environ.get("OMP_NUM_THREADS", "")]) + "\\n")
if sys.argv[1] == "estimate":
    print("estimate: about 12 h")
    sys.exit(int(os.environ["STATUS"]))
sys.exit(1)
"""


@pytest.fixture
def project(tmp_path) -> Project:
    made = new_project(tmp_path / "project", smoke_params())
    made.replace(
        "src/ganmatrix/stages/estimate.py", "LONG_STEPS, LONG_VALUES = 50_000", "LONG_STEPS, LONG_VALUES = 1"
    )
    write_command(made.root, STUB)
    return made


def _run(project: Project, status: int, *options: str) -> tuple[int, str, list[str]]:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
    ran = project.run("env", f"STATUS={status}", *command, "data/ring8.json")
    called = project.root / "called"
    return ran.status, ran.text, called.read_text().splitlines() if called.exists() else []


def test_an_estimate_stands_before_the_first_job(project) -> None:
    _, output, called = _run(project, 0)
    assert "estimate: about 12 h" in output
    assert [line.split()[0] for line in called] == ["estimate", "prepare"]
    assert called[0] == "estimate 2", "it knows the cores of the whole run"


def test_a_plan_that_is_too_large_starts_nothing(project) -> None:
    status, _, called = _run(project, 2)
    assert status == 2
    assert called == ["estimate 2"]


def test_a_dry_run_and_a_short_run_estimate_nothing(project) -> None:
    assert _run(project, 0, "-n")[2] == []
    project.replace(
        "src/ganmatrix/stages/estimate.py", "LONG_STEPS, LONG_VALUES = 1", "LONG_STEPS, LONG_VALUES = 10**9"
    )
    assert [line.split()[0] for line in _run(project, 0)[2]] == ["prepare"]
