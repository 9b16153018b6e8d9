"""`ganmatrix digest`: what each stage depends on besides files, as small files that both engines compare.

`digests/<stage>/<target>.json` holds a digest of each value of params.yaml that matters, one of the
code, and the seeds. A file is written only if it changes, so its time tells an engine the same.
"""

from pathlib import Path

from ganmatrix import imports
from ganmatrix.errors import UserError
from ganmatrix.plan import Plan
from ganmatrix.results.levels import too_few
from ganmatrix.store.files import as_json, blamed, write_text


def run(plan: Plan) -> str:
    """Write the digests of all stages of the grid; says how many were new, and whether seeds are too few.

    UserError if the code that runs is not the code that lies here.
    """
    here = Path("src", imports.NAME)
    if here.is_dir() and here.resolve() != imports.PACKAGE.resolve():
        raise UserError(
            f"the code that runs is {imports.PACKAGE}, not {here.resolve()}: "
            "set PYTHONPATH to the latter's folder, or `pip install --editable .` here"
        )
    wanted = {
        plan.layout.digest(task.stage, task.target): as_json(plan.digest(task)) for task in plan.tasks()
    }
    new = 0
    for path, text in wanted.items():
        try:
            same = path.read_text(encoding="utf-8") == text
        except (OSError, ValueError):
            same = False
        if not same:
            write_text(path, text)
            new += 1
    for path in {path.parent for path in wanted}:
        for old in set(path.glob("*.json")) - set(wanted):
            with blamed(old):
                old.unlink()
    said = f"{len(wanted)} digests, {new} of them new"
    return f"{said}; note: {few}" if (few := too_few(plan.params)) else said
