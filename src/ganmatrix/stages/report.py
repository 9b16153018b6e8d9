"""`ganmatrix report`: run a notebook on the results, and turn it into one self-contained page."""

import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError
from traitlets.config import Config

from ganmatrix.errors import UserError
from ganmatrix.making import Made
from ganmatrix.params.messages import nearest
from ganmatrix.params.study import question_of, title_of
from ganmatrix.plan import Plan
from ganmatrix.reporting.page import document
from ganmatrix.store.layout import Layout

LONGEST = 60
"""The most characters of a folder's path for sockets."""


class ThisInterpreter(AsyncKernelManager):
    """Runs the notebook with the current interpreter, whatever kernels the user has installed.

    It uses sockets in the folder of its connection file, not ports that another report could take meanwhile.
    IPython's profile is in that folder too, without the user's start-up files.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        profile = str(Path(self.connection_file).parent)
        return KernelSpec(
            argv=command, display_name="Python 3", language="python", env={"IPYTHONDIR": profile}
        )


def into(folder: Path, name: str, plan: Plan) -> Made:
    """Write one page from its template. Equal inputs give equal bytes."""
    text = render(name, plan, plan.layout)
    (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return Made()


def render(name: str, plan: Plan, results: Layout) -> str:
    """The page of a report, with results from one working folder and cells from the plan's folder."""
    choose([name], plan)
    parameters = {
        "folder": str(results.root.resolve()),
        "root": str(plan.layout.root.resolve()),
        "params": str(plan.layout.params or ""),
    }
    study = (title_of(plan.params.study, plan.params.grid), question_of(plan.params.study, plan.params.grid))
    return document(name, plan.pages, _body(_execute(plan.template(name), parameters)), *study)


def choose(names: Iterable[str], plan: Plan) -> list[str]:
    """These reports, or all reports if none is named. UserError for an unknown name."""
    if not plan.reports:
        raise UserError(f"{plan.templates} holds no notebooks; run this in the project's folder")
    chosen = list(names) or plan.reports
    for name in chosen:
        if name not in plan.reports:
            known = ", ".join(plan.reports)
            raise UserError(f"{name} is no report; choose from {known}{nearest(name, plan.reports)}")
    return chosen


def _short_folder() -> str:
    """A folder for sockets, whose paths may have about 100 characters: TMPDIR if it is short enough."""
    folder = tempfile.gettempdir()
    return folder if len(folder) <= LONGEST else "/tmp"


def _execute(template: Path, parameters: dict[str, str]) -> nbformat.NotebookNode:
    """The executed notebook. An error in it becomes one line for the user, without its traceback."""
    with tempfile.TemporaryDirectory(prefix="ganmatrix-", dir=_short_folder()) as folder:
        kernel = {"transport": "ipc", "connection_file": str(Path(folder) / "kernel.json")}
        try:
            notebook: nbformat.NotebookNode = papermill.execute_notebook(
                template,
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
            raise UserError(f"report {template.stem} failed in cell {error.cell_index}: {problem}") from None
        except RuntimeError as error:
            raise UserError(f"report {template.stem} failed: {' '.join(str(error).split())}") from None
    return notebook


def _body(notebook: nbformat.NotebookNode) -> str:
    """The notebook's text and results as HTML, without inputs, messages and random identifiers."""
    for index, cell in enumerate(notebook.cells):
        cell.id = f"cell-{index}"
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if "data" in output]
    body, _ = _exporter().from_notebook_node(notebook)
    return str(body)


@cache
def _exporter() -> HTMLExporter:
    """The exporter. It is made once, because it compiles its templates."""
    return HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
