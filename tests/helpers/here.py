"""Notebooks carried out in this process, since a kernel of their own takes seconds to start."""

import ast
from pathlib import Path

import nbformat


def execute(template: Path, parameters: dict[str, str]) -> nbformat.NotebookNode:
    """The executed notebook, as `report` has it of papermill."""
    notebook = nbformat.read(template, as_version=4)
    variables: dict[str, object] = {}
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type == "code":
            value = _run(cell.source, variables)
            if value is not None:
                data = {"text/plain": repr(value), "text/html": value.html}
                cell.outputs = [nbformat.v4.new_output("execute_result", data, execution_count=1)]
            if "parameters" in cell.metadata.get("tags", []):
                variables |= parameters
                cells.append(nbformat.v4.new_code_cell(metadata={"tags": ["injected-parameters"]}))
    notebook.cells = cells
    return notebook


def _run(source: str, variables: dict[str, object]) -> object:
    """Carry out a cell; the value of its last line if that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), variables)
    if last is None:
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), variables)
