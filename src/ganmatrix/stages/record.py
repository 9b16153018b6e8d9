"""`ganmatrix record`: commit everything that is current to DVC's cache and dvc.lock.

This is the quick form of a `dvc repro` in which every verb would say that it is up to date. Only current
stages, in which every file matches its manifest, are committed, because `dvc commit` does not check what it
finds.
"""

import subprocess
import sys
import time
from pathlib import Path

from ganmatrix.cell import Cell
from ganmatrix.errors import UserError
from ganmatrix.making import outdated
from ganmatrix.plan import Plan, Task
from ganmatrix.stages import digest
from ganmatrix.store.layout import CELLWISE, OF_VARIANTS

RECORDED = Path("params.yaml")
"""The params file that dvc.yaml uses."""

STAGES = Path("dvc.yaml")

BUSY = ("being blocked by", "Unable to acquire lock")
"""Texts in DVC's message while another DVC command runs."""

POLL_SECONDS = 1.0


def run(path: Path, plan: Plan) -> str:
    """Commit all current stages. Returns a line with their number. UserError if DVC refuses."""
    if path.resolve() != RECORDED.resolve():
        return f"not recorded in DVC: dvc.yaml describes {RECORDED}, these results come from {path}"
    if {"{", "}"} & {*str(Path.cwd())}:
        return f"not recorded in DVC: it does not work in a folder whose path has braces, {Path.cwd()}"
    digest.run(plan)
    tasks = plan.tasks()
    current = [task for task in tasks if is_whole(plan, task)]
    # DVC takes four times as long if stages are named one by one.
    named = [] if len(current) == len(tasks) else ["digest", *map(stage_name, current)]
    dvc("commit", "--force", *named)
    line = f"recorded {len(current)} stages in DVC"
    if pending := len(tasks) - len(current):
        status = plan.layout.command("status")
        line += f"; {pending} are unfinished or out of date and were left out (`{status}` says why)"
    return line


def is_whole(plan: Plan, task: Task) -> bool:
    """Whether the task is current for all its seeds, and its files match its manifests."""
    if not all(plan.state(task, part).is_current for part in plan.parts(task)):
        return False
    try:
        return not outdated(plan, task, plan.parts(task))
    except UserError:
        return False


def stage_name(task: Task) -> str:
    """DVC's name of the task, such as `train@digits-conventional-gan`."""
    kind = OF_VARIANTS if task.stage in CELLWISE and Cell.of(task.target).variant else ""
    return f"{task.stage}{kind}@{task.target}" if task.target else task.stage


def dvc(*arguments: str) -> None:
    """Run DVC as soon as no other DVC command runs here. UserError with DVC's own words if it fails."""
    told = False
    while True:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments], capture_output=True, check=False, text=True
        )
        if done.returncode == 0:
            return
        said = done.stderr or done.stdout
        said = (said.partition("ERROR: ")[2] or said).partition("Having any troubles?")[0]
        problem = " ".join(said.split()) or f"exit status {done.returncode}"
        if not any(words in problem for words in BUSY):
            raise UserError(f"DVC cannot record: {problem}{_mend(problem)}")
        if not told:
            sys.stderr.write(f"waiting for another command of DVC: {problem}\n")
            told = True
        time.sleep(POLL_SECONDS)


def _mend(problem: str) -> str:
    """Advice about files that DVC writes in place, and that a kill can therefore damage."""
    if "dvc.lock" in problem and ("invalid" in problem or "validation failed" in problem):
        return (
            "; a kill while it is written can do that: remove it (or `git checkout dvc.lock`) and repeat this"
        )
    if "rwlock" in problem:
        return "; a kill while it is written can do that: remove it if no DVC command runs here"
    return ""
