"""How long the engines take to find what is to be done, by the number of runs.

    python bench/planning.py [--runs 100 1000 10000] [--rounds N] [--output FILE]

For each size a project of its own is made of this one's files, with a grid of cells of ten seeds. Its
artifacts are stubs of a few bytes with the manifests of real ones, recorded in DVC. Times are those of whole
commands, wall and processor (user and system, children included); medians over rounds with the least and the
largest.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML

from ganmatrix.plan import Plan
from ganmatrix.store.layout import (
    ATTACKS,
    CARD,
    HISTORY,
    METRICS,
    NEIGHBOURS,
    PAIRS,
    PROBES,
    RUN,
    SAMPLES,
    STATISTICS,
    WEIGHTS,
)

HOME = Path(__file__).parents[1]
sys.path.insert(0, str(HOME / "tests"))
from helpers.publishing import publish  # noqa: E402

DATASETS, SEEDS = ["digits", "ring8"], 10
VERBS = ("digest", "prepare", "reference", "train", "evaluate", "probe", "transfer", "assemble", "report")
FILES = {
    "prepare": (CARD,),
    "reference": (CARD, STATISTICS),
    "train": (WEIGHTS, HISTORY, SAMPLES, RUN),
    "evaluate": (METRICS, NEIGHBOURS),
    "probe": (PROBES, ATTACKS),
    "transfer": (PAIRS,),
    "assemble": (
        *("matrix.parquet", "matrix.csv", "history.parquet", "curves.parquet", "transfers.parquet"),
        *("claims.parquet", "published.parquet", "table.tex", "claims.tex", "summary.json"),
        *("metrics.json", "scores_over_steps.csv", "losses_over_steps.csv"),
    ),
    "report": ("{target}.html",),
}

PYTHON = [sys.executable, "-m"]
UNDONE = {"snakemake -n, nothing made": [*PYTHON, "snakemake", "-n", "--quiet", "all"]}
DONE = {
    "snakemake -n": [*PYTHON, "snakemake", "-n"],
    "snakemake --cores 2": [*PYTHON, "snakemake", "--cores", "2"],
    "dvc status": [*PYTHON, "dvc", "status"],
    "dvc repro --dry": [*PYTHON, "dvc", "repro", "--dry"],
    "ganmatrix record": [*PYTHON, "ganmatrix_command", "record"],
    "ganmatrix status": [*PYTHON, "ganmatrix_command", "status"],
}
EXPECTED = {
    "snakemake -n": "Nothing to be done",
    "snakemake --cores 2": "Nothing to be done",
    "dvc status": "up to date",
}
COMMAND = "from ganmatrix.cli import main\nmain()\n"


def make_project(root: Path, runs: int | None) -> None:
    """The files of this project and a grid of so many runs, or the default one."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HOME, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if not name.startswith(("tests/", "dvc.lock")) and (HOME / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, root / name)
    (root / "src" / "ganmatrix_command.py").write_text(COMMAND)
    if runs:
        yaml = YAML()
        document = yaml.load(root / "params.yaml")
        methods = [f"gan_{number}" for number in range(max(1, runs // (SEEDS * len(DATASETS))))]
        document["methods"].update({name: {"kind": "gan"} for name in methods})
        document["grid"] = {
            "datasets": DATASETS,
            "architectures": ["conventional"],
            "methods": methods,
            "seeds": SEEDS,
        }
        yaml.dump(document, root / "params.yaml")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)


def make_artifacts(root: Path) -> None:
    """Every file that a run of the whole matrix makes, as if every verb had been run."""
    run(root, [*PYTHON, "ganmatrix_command", "digest"])
    with contextlib.chdir(root):
        plan = Plan.load(Path("params.yaml"))
        for task in plan.tasks():
            names = [name.format(target=task.target) for name in FILES[task.stage]]
            stubs = {
                part: {name: _stub(f"{task} {part} {name}") for name in names} for part in plan.parts(task)
            }
            publish(plan, task.stage, task.target, stubs)


def _stub(name: str) -> bytes:
    return b"{}\n" if name.endswith(".json") else name.encode()


def environment(root: Path) -> dict[str, str]:
    """This shell's, with the code, caches and notes of the project at `root`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DVC_")}
    return kept | {
        "PYTHONPATH": str(root / "src"),
        "DVC_SITE_CACHE_DIR": str(root / ".dvc" / "tmp" / "site"),
        "XDG_CACHE_HOME": str(root / ".dvc" / "tmp" / "home"),
    }


def run(root: Path, command: list[str], expected: str = "") -> dict[str, float]:
    """Seconds that a command takes; it must end well and say what is expected."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        command,
        cwd=root,
        env=environment(root),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0 or expected not in done.stdout:
        raise SystemExit(f"{command}: {done.returncode}\n{done.stdout[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": wall, "cpu": cpu}


def measure(runs: int | None, rounds: int) -> dict[str, Any]:
    """Times of all commands on one grid."""
    with tempfile.TemporaryDirectory(prefix="planning-") as folder:
        root = Path(folder)
        make_project(root, runs)
        times = {name: [run(root, command) for _ in range(rounds)] for name, command in UNDONE.items()}
        make_artifacts(root)
        times["first ganmatrix record"] = [run(root, DONE["ganmatrix record"])]
        for _ in range(rounds):
            for name, command in DONE.items():
                times.setdefault(name, []).append(run(root, command, EXPECTED.get(name, "")))
    return {name: summary(found) for name, found in times.items()}


def start_up(rounds: int) -> dict[str, Any]:
    """Times of each verb's own start: Python, the command line, the stage and all that it imports."""
    found = {}
    for verb in (*VERBS, "record", "status"):
        command = [sys.executable, "-c", f"import ganmatrix.cli, ganmatrix.stages.{verb}"]
        found[verb] = summary([run(HOME, command) for _ in range(rounds)])
    return found


def summary(found: list[dict[str, float]]) -> dict[str, list[float]]:
    """Median, least and largest."""
    return {
        key: [round(f([each[key] for each in found]), 2) for f in (statistics.median, min, max)]
        for key in ("wall", "cpu")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, nargs="*", default=[100, 1000, 10000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=HOME / "bench" / "planning.json")
    chosen = parser.parse_args()
    console = Console(stderr=True)
    results: dict[str, Any] = {"start-up": start_up(chosen.rounds)}
    for verb, times in results["start-up"].items():
        console.print(f"start-up of {verb}: {times}")
    for runs in (None, *chosen.runs):
        name = f"{runs} runs" if runs else "the default matrix"
        results[name] = measure(runs, chosen.rounds)
        for command, times in results[name].items():
            console.print(f"{name}: {command}: {times}")
        chosen.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
