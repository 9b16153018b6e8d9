"""`ganmatrix digest`: write dependencies that are not files into small files that both engines compare.

`digests/<stage>/<target>.json` has a digest of each value of params.yaml that matters, a digest of the code,
and the seeds. A file is written only if it changes, so engines may also compare its time. The reports and
the cells of variants are listed too, because dvc.yaml cannot find them by itself.
"""

import os
from pathlib import Path
from typing import Any

from ganmatrix import imports
from ganmatrix.errors import UserError
from ganmatrix.plan import Plan
from ganmatrix.results.levels import too_few
from ganmatrix.store.files import as_json, blamed, write_text
from ganmatrix.store.layout import FOR_DVC

_READ_BY_ASSEMBLE = ("cells", "references", "transfers")
"""Folders that DVC wants to see even if nothing will be in them, because the grid is empty."""


def run(plan: Plan) -> str:
    """Write the digests of all stages of the grid.

    Returns how many were new, and whether there are too few seeds. UserError if the running code is not the
    code in this folder, or if DVC works with former variants or reports.
    """
    here = Path("src", imports.NAME)
    if here.is_dir() and here.resolve() != imports.PACKAGE.resolve():
        raise UserError(
            f"the code that runs is {imports.PACKAGE}, not {here.resolve()}: "
            "set PYTHONPATH to the latter's folder, or `pip install --editable .` here"
        )
    if plan.layout.root == Path() and _list_for_dvc(plan) and os.environ.get("DVC_STAGE"):
        raise UserError(
            f"{FOR_DVC} listed other variants or reports, and was written again; repeat the command"
        )
    if not plan.cells and Path("dvc.yaml").exists():
        for stage in _READ_BY_ASSEMBLE:
            (plan.layout.root / stage).mkdir(parents=True, exist_ok=True)
    wanted = {
        plan.layout.digest(task.stage, task.target): as_json(plan.digest(task)) for task in plan.tasks()
    }
    new = sum(_renew(path, text) for path, text in wanted.items())
    for path in {path.parent for path in wanted}:
        for old in set(path.glob("*.json")) - set(wanted):
            with blamed(old):
                old.unlink()
    said = f"{len(wanted)} digests, {new} of them new"
    return f"{said}; note: {few}" if (few := too_few(plan.params)) else said


def for_dvc(plan: Plan) -> dict[str, Any]:
    """What dvc.yaml cannot find by itself: the reports, the cells of variants, and a grid that is empty."""
    variants = {name: {"dataset": cell.dataset} for name, cell in plan.cells.items() if cell.variant}
    found: dict[str, Any] = {"reports": plan.reports, "variants": variants}
    if not plan.cells:
        found["grid"] = {axis: [] for axis in ("datasets", "architectures", "methods")}
    return found


def _list_for_dvc(plan: Plan) -> bool:
    """Where there is a dvc.yaml, write that list; whether it is new."""
    return Path("dvc.yaml").exists() and _renew(FOR_DVC, as_json(for_dvc(plan)))


def _renew(path: Path, text: str) -> bool:
    """Write a file unless it has this text. Returns whether it was written."""
    try:
        same = path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        same = False
    if not same:
        write_text(path, text)
    return not same
