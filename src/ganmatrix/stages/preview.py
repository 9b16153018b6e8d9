"""`ganmatrix preview`: results and reports of the finished part of the grid, in a separate folder.

Neither engine knows these files, so a preview does not change what the engines will do.
"""

from collections.abc import Sequence
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan, Task
from ganmatrix.stages import assemble, report
from ganmatrix.store import manifest
from ganmatrix.store.files import write_text
from ganmatrix.store.locks import waited_for
from ganmatrix.store.manifest import MadeFrom, Manifest, ManifestEntry


def run(plan: Plan, names: Sequence[str] = ()) -> list[Path]:
    """Write `preview/results/`, and the named reports, or all, into `preview/reports/`.

    UserError if nothing is trained yet, or if an artifact is damaged.
    """
    chosen = report.choose(names, plan)
    layout = plan.layout.preview
    with waited_for(plan.layout.lock("preview"), "preview"):
        gathered = assemble.gather(plan, tolerant=True)
        if not gathered.records and not gathered.imports.runs:
            raise UserError(
                "no cell is trained yet (its runs count when its job ends); "
                f"run `{layout.all_command}`, or wait if it is at work"
            )
        publication = layout.publication("assemble")
        with publication.begun() as folder:
            assemble.write(folder, plan.params, gathered)
            files = {path.name: manifest.listed(path) for path in sorted(folder.iterdir())}
            code = str(plan.digest(Task("assemble"))["code"])
            entry = ManifestEntry(MadeFrom({}, code, {}), files)
            publication.publish(Manifest("assemble", "", {None: entry}).text())
        pages = {
            layout.folder("report") / f"{name}.html": report.render(name, plan, layout) for name in chosen
        }
        for path, text in pages.items():
            write_text(path, text)
    return [*(layout.folder("assemble") / name for name in files), *pages]
