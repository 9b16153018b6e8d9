"""`ganmatrix preview`: results and reports of as much of the grid as there is, in a folder of their own.

Neither engine knows these files, so that a preview changes nothing of what they will do.
"""

from collections.abc import Sequence
from pathlib import Path

from ganmatrix.errors import UserError
from ganmatrix.params import load
from ganmatrix.stages import assemble, report
from ganmatrix.stages.data import open_data
from ganmatrix.stages.gathering import so_far
from ganmatrix.stages.layout import Layout


def run(params_path: Path, layout: Layout, templates: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write `preview/results/` and the named reports, or all, beside it in `preview/reports/`.

    UserError if nothing is trained yet, or for an artifact that is corrupt.
    """
    params, _ = load(params_path)
    chosen = report.choose(names, templates)
    data = {
        dataset: open_data(files).digest
        for dataset in params.grid.datasets
        if (files := layout.data(dataset)).card.is_file()
    }
    gathered = so_far(params, layout, data)
    if not gathered.records:
        raise UserError("no cell of the grid is trained yet; run `snakemake --cores` first")
    written = assemble.write(params, gathered, layout.preview.results)
    for name in chosen:
        written += report.run(name, layout.preview, templates, layout.cells)
    return written
