"""How long the engines take to find what is to be done, by the number of cells.

    python bench/planning.py [--cells 10 100 1000 5000] [--rounds N] [--output FILE]

For each size a project of its own is made of this one's files, with a generated grid. Its artifacts are stubs
of a few bytes, committed to DVC and adopted by Snakemake as real ones are. Times are those of whole commands,
wall and processor (user and system, children included); medians over rounds with the least and the largest.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from ruamel.yaml import YAML

from ganmatrix.cell import expand
from ganmatrix.params import load
from ganmatrix.stages import digest
from ganmatrix.stages.layout import Layout

HOME = Path(__file__).parents[1]
METHODS, DATASETS = ["gan", "gan_hinge", "as_gan", "dat", "fargan"], ["digits", "ring8"]
VERBS = ("digest", "prepare", "reference", "train", "evaluate", "probe", "transfer", "assemble", "report")
REPORTS = ("index", "claims", "results_matrix", "robustness", "stability")

COMMIT = """
from dvc.repo import Repo
from ganmatrix.stages.record import commit
with Repo() as repo:
    commit(repo, {stage.addressing for stage in repo.index.stages})
"""

PYTHON = [sys.executable, "-m"]
UNDONE = {"snakemake -n, nothing made": [*PYTHON, "snakemake", "-n", "--quiet", "all"]}
DONE = {
    "snakemake -n": [*PYTHON, "snakemake", "-n"],
    "snakemake --cores 2": [*PYTHON, "snakemake", "--cores", "2"],
    "dvc status": [*PYTHON, "dvc", "status"],
    "dvc repro --dry": [*PYTHON, "dvc", "repro", "--dry"],
    "ganmatrix record": [*PYTHON, "ganmatrix_command", "record"],
    "ganmatrix adopt": [*PYTHON, "ganmatrix_command", "adopt"],
}
EXPECTED = {
    "snakemake -n": "Nothing to be done",
    "snakemake --cores 2": "Nothing to be done",
    "dvc status": "up to date",
}
COMMAND = "from ganmatrix.cli import main\nmain()\n"


def make_project(root: Path, cells: int | None) -> None:
    """The files of this project and a grid of so many cells, or the default one."""
    listed = subprocess.run(["git", "ls-files"], cwd=HOME, check=True, capture_output=True, text=True)
    for name in listed.stdout.splitlines():
        if not name.startswith(("tests/", "dvc.lock")) and (HOME / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(HOME / name, root / name)
    (root / "src" / "ganmatrix_command.py").write_text(COMMAND)
    if cells:
        yaml = YAML()
        document = yaml.load(root / "params.yaml")
        seeds = list(range(cells // (len(DATASETS) * len(METHODS))))
        document["grid"] = {
            "datasets": DATASETS,
            "architectures": ["conventional"],
            "methods": METHODS,
            "seeds": seeds,
        }
        yaml.dump(document, root / "params.yaml")
    subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)


def artifacts(root: Path) -> Iterator[Path]:
    """Every file that a run of the whole matrix makes, in an order in which one can make them."""
    layout = Layout(root)
    params, _ = load(root / "params.yaml")
    for dataset in params.grid.datasets:
        yield from (*layout.data(dataset).arrays.values(), layout.data(dataset).card)
        yield from (layout.reference(dataset).statistics, layout.reference(dataset).card)
    for cell in expand(params):
        files = layout.cell(cell.id)
        yield from (files.weights, files.history, files.run, files.samples)
        yield layout.checksum(cell.dataset, cell.id)
        yield from (files.metrics, files.neighbours, files.probes, files.attacks)
    yield from (layout.transfers(dataset) for dataset in params.grid.datasets)
    results = layout.results
    yield from (results.matrix, results.matrix_csv, results.history, results.curves, results.transfers)
    yield from (results.claims, results.published, results.latex, results.summary, results.metrics)
    yield from (results.scores_over_steps, results.losses_over_steps)
    yield from (layout.report(name) for name in REPORTS)


def make_artifacts(root: Path) -> None:
    for path in artifacts(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.relative_to(root).as_posix())
    for what in digest.known(load(root / "params.yaml")[0]):
        run(root, [*PYTHON, "ganmatrix_command", "digest", what])


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


def measure(cells: int | None, rounds: int) -> dict[str, Any]:
    """Times of all commands on one grid."""
    with tempfile.TemporaryDirectory(prefix="planning-") as folder:
        root = Path(folder)
        make_project(root, cells)
        times = {name: [run(root, command) for _ in range(rounds)] for name, command in UNDONE.items()}
        make_artifacts(root)
        times["first commit to DVC"] = [run(root, [sys.executable, "-c", COMMIT])]
        times["first ganmatrix adopt"] = [run(root, DONE["ganmatrix adopt"], " new to Snakemake")]
        for _ in range(rounds):
            for name, command in DONE.items():
                times.setdefault(name, []).append(run(root, command, EXPECTED.get(name, "")))
    return {name: summary(found) for name, found in times.items()}


def start_up(rounds: int) -> dict[str, Any]:
    """Times of each verb's own start: Python, the command line, the stage and all that it imports."""
    found = {}
    for verb in (*VERBS, "record", "adopt"):
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
    parser.add_argument("--cells", type=int, nargs="*", default=[10, 100, 1000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=HOME / "bench" / "planning.json")
    chosen = parser.parse_args()
    console = Console(stderr=True)
    results: dict[str, Any] = {"start-up": start_up(chosen.rounds)}
    for verb, times in results["start-up"].items():
        console.print(f"start-up of {verb}: {times}")
    for cells in (None, *chosen.cells):
        name = f"{cells} cells" if cells else "the default matrix"
        results[name] = measure(cells, chosen.rounds)
        for command, times in results[name].items():
            console.print(f"{name}: {command}: {times}")
        chosen.output.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
