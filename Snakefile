# params.yaml in, results and reports out: `snakemake --cores all`.
# Another params file replaces params.yaml completely: `snakemake --cores all --configfile pipeline/scales/smoke.yaml`
# works in scales/smoke/ and leaves the default's files alone.
# Snakemake only schedules. Each verb knows whether its work is done, so outputs are marked update(...).
import os
import subprocess
import time
from pathlib import Path

from snakemake.utils import min_version

from ganmatrix.errors import UserError
from ganmatrix.plan import REPORT_NAME, Plan
from ganmatrix.results.levels import too_few
from ganmatrix.runtime import devices, granted
from ganmatrix.stages import digest, estimate

min_version("9.10")


def refuse(problem):
    """End the run with one line."""
    print(f"error: {problem}", file=sys.stderr)
    sys.exit(2)


if workflow.config_settings.config:
    refuse(
        "--config is not for ganmatrix: write the value into params.yaml, or give another file with --configfile"
    )
if workflow.is_main_process and sum(each.startswith("--configfile") for each in sys.argv) > 1:
    refuse("--configfile is given twice; expected once, since a params file stands for itself")
if len(workflow.configfiles) > 1:
    refuse("--configfile names several files; expected one, since a params file stands for itself")

PARAMS = Path(os.path.relpath(workflow.configfiles[0]) if workflow.configfiles else "params.yaml")
try:
    PLAN = Plan.load(PARAMS)
    if workflow.is_main_process:
        digest.run(PLAN)
        if few := too_few(PLAN.params):
            print(f"note: {few}", file=sys.stderr)
except UserError as error:
    refuse(error)

BEGAN = time.time()
ROOT = "" if PLAN.layout.root == Path() else f"{PLAN.layout.root.as_posix()}/"
PARAMS_OPTION = PLAN.layout.option("--params")
DATASETS = PLAN.targets("prepare")
CELLS = PLAN.targets("train")


def options(wildcards):
    """Options of every verb. A function returns them, because a path may have braces."""
    return PARAMS_OPTION


def of_cell(stage):
    """The path of a stage's file for the dataset of a cell. An unknown cell ends the run with one line."""

    def path(wildcards):
        try:
            cell = PLAN.cell(wildcards.cell)
        except UserError as error:
            refuse(error)
        return f"{ROOT}{stage}/{cell.dataset}.json"

    return path


def submits():
    """Whether this process sends its jobs to SLURM."""
    return workflow.executor_plugin is not None and workflow.executor_plugin.name == "slurm"


def partition(rulename):
    """The SLURM partition of a rule's jobs; empty for the default one."""
    resources = workflow.get_rule(rulename).resources
    named = resources["slurm_partition"].raw if "slurm_partition" in resources else ""
    return str(named).strip("'\"")


def gpu(wildcards, rulename):
    """A GPU for a job that computes with torch, if there are some where it will run."""
    return int(devices.in_partition(partition(rulename)) if submits() else devices.count() > 0)


def threads_of_cell(wildcards):
    """Cores for the runs of a cell. A job of SLURM has one for each run that shares a GPU.

    On this machine there is more than one if there are more cores than cells.
    """
    if submits() or (not workflow.is_main_process and "SLURM_JOB_ID" in os.environ):
        return min(len(PLAN.seeds), granted.runs_per_device()) * granted.threads()
    return max(1, min(len(PLAN.seeds), (workflow.cores or 1) // len(CELLS)))


def check_slurm():
    """End the run with one line if the partition or the cores of jobs are wrong. Print a note on unused GPUs."""
    notes = set()
    try:
        for rule in workflow.rules:
            if "gpu" in rule.resources and rule.resources["gpu"].is_evaluable():
                notes.add(devices.note(partition(rule.name)))
        if (needed := threads_of_cell(None)) > workflow.cores:
            refuse(
                f"GANMATRIX_RUNS_PER_DEVICE and GANMATRIX_THREADS give a job {needed} cores, but Snakemake's limit "
                f"is {workflow.cores}; add --cores {needed}"
            )
    except UserError as error:
        refuse(error)
    for note in sorted(notes - {""}):
        print(note, file=sys.stderr)


def failures():
    """The error at the end of each log that a job of this run has written."""
    for log in sorted(Path(f"{ROOT}logs").rglob("*.log")):
        if log.stat().st_mtime >= BEGAN:
            lines = log.read_text(errors="replace").splitlines()
            yield from (f"{log}: {line}" for line in lines[-1:] if line.startswith("error: "))


wildcard_constraints:
    dataset="[a-z0-9_]+",
    cell="[a-z0-9_]+-[a-z0-9_]+-[a-z0-9_]+(-[a-z0-9_]+)?",
    report=REPORT_NAME,


# SLURM sends its signal to every process of a job. When the shell ends, SLURM kills the other processes, and
# `ganmatrix train` may still be saving. With a trap the shell waits for the verb and fails with its status.
shell.prefix("set -euo pipefail; trap : TERM; ")


localrules:
    all,


rule all:
    input:
        expand(f"{ROOT}reports/{{report}}.json", report=PLAN.reports),


include: "pipeline/rules/data.smk"
include: "pipeline/rules/cells.smk"
include: "pipeline/rules/results.smk"


onstart:
    if workflow.touch:
        refuse(
            "--touch would vouch for files that nobody made; "
            f"`{PLAN.layout.all_command}` makes only what is not current"
        )
    if submits():
        check_slurm()
    # A login node says nothing about the nodes that train.
    if workflow.is_main_process and workflow.local_exec and estimate.is_long(PLAN):
        environment = os.environ | {"OMP_NUM_THREADS": str(workflow.cores)}
        command = ["ganmatrix", "estimate", "--brief", "--params", str(PARAMS)]
        if status := subprocess.run(command, env=environment).returncode:
            sys.exit(status)


onerror:
    print(
        *failures(),
        f"Finished work is kept. `{PLAN.layout.all_command}` goes on.",
        sep="\n",
        file=sys.stderr,
    )


onsuccess:
    shell("ganmatrix record{PARAMS_OPTION}")
