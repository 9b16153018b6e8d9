"""`ganmatrix report`: a notebook, run on the results and turned into one self-contained page."""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from ganmatrix.errors import UserError
from ganmatrix.params.messages import nearest
from ganmatrix.reporting.page import page
from ganmatrix.stages.files import require, write_text
from ganmatrix.stages.layout import Layout

FRONT_PAGE = "index"


class ThisInterpreter(AsyncKernelManager):
    """Runs the notebook with the interpreter that runs us, whatever kernels the user has installed.

    It talks through sockets in the folder of its connection file, not through ports that another
    report could take meanwhile; IPython's profile lies there too, without the user's start-up files.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        profile = str(Path(self.connection_file).parent)
        return KernelSpec(
            argv=command, display_name="Python 3", language="python", env={"IPYTHONDIR": profile}
        )


def run(name: str, layout: Layout, templates: Path, cells: Path | None = None) -> list[Path]:
    """Write `reports/<name>.html` from `templates/<name>.ipynb`; equal inputs give equal bytes.

    `cells` is the folder of the cells, the layout's own unless another is given.
    """
    titles = _titles(templates)
    choose([name], templates)
    results = layout.results
    for path in (results.matrix, results.history, results.claims, results.summary):
        require(path, "assemble")
    parameters = {"results": results.folder, "cells": cells or layout.cells}
    notebook = _execute(name, templates, {key: str(path.resolve()) for key, path in parameters.items()})
    target = layout.report(name)
    write_text(target, page(name, titles, _body(notebook)))
    return [target]


def choose(names: Iterable[str], templates: Path) -> list[str]:
    """These reports, or all there are if none is named; UserError for a name that is none."""
    titles = _titles(templates)
    chosen = list(names) or list(titles)
    for name in chosen:
        if name not in titles:
            raise UserError(f"{name} is no report; choose from {', '.join(titles)}{nearest(name, titles)}")
    return chosen


def _titles(templates: Path) -> dict[str, str]:
    """The reports there are, by name: the front page first, the others by name."""
    paths = sorted(templates.glob("*.ipynb"), key=lambda path: (path.stem != FRONT_PAGE, path.stem))
    if not paths:
        raise UserError(f"{templates} holds no notebooks; give the folder of the report templates")
    return {path.stem: _read(path).metadata.get("title", path.stem) for path in paths}


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise UserError(f"{path} is no notebook ({str(error).splitlines()[0]}); mend it") from None
    return notebook


def _execute(name: str, templates: Path, parameters: dict[str, str]) -> nbformat.NotebookNode:
    """The executed notebook. What goes wrong in it is the user's line, without its traceback."""
    with tempfile.TemporaryDirectory(prefix="ganmatrix-") as folder:
        kernel = {"transport": "ipc", "connection_file": str(Path(folder) / "kernel.json")}
        try:
            notebook: nbformat.NotebookNode = papermill.execute_notebook(
                templates / f"{name}.ipynb",
                None,
                parameters,
                progress_bar=False,
                kernel_manager_class=ThisInterpreter,
                shutdown_kernel="immediate",
                config=Config(ThisInterpreter=kernel),
            )
        except PapermillExecutionError as error:
            if error.ename == UserError.__name__:
                raise UserError(error.evalue) from None
            problem = " ".join(f"{error.ename}: {error.evalue}".split())
            raise UserError(f"report {name} failed in cell {error.cell_index}: {problem}") from None
        except RuntimeError as error:
            raise UserError(f"report {name} failed: {' '.join(str(error).split())}") from None
    return notebook


def _body(notebook: nbformat.NotebookNode) -> str:
    """The notebook's text and results as HTML: no inputs, no chatter, no identifiers made at random."""
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if "data" in output]
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_notebook_node(notebook)
    return str(body)
