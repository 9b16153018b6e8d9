"""Where a params file works, and the commands that work there."""

import ast
from pathlib import Path

import pytest

import ganmatrix
from ganmatrix.errors import UserError
from ganmatrix.store.layout import Layout, of_params

PACKAGE = Path(ganmatrix.__file__).parent
VERB, CELL = "train", "ring8-conventional-gan"


@pytest.fixture(autouse=True)
def _inside(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("path", "root", "argument"),
    [
        ("params.yaml", ".", None),
        ("./params.yaml", ".", None),
        ("other.yaml", "scales/other", "other.yaml"),
        ("pipeline/scales/gpu.yaml", "scales/gpu", "pipeline/scales/gpu.yaml"),
        ("my grids/a.yaml", "scales/a", "'my grids/a.yaml'"),
        ("$x/a.yaml", "scales/a", "'$x/a.yaml'"),
    ],
)
def test_commands_name_the_params_file_they_need(path, root, argument):
    layout = of_params(Path(path))
    assert layout.root == Path(root)
    for each in (layout, layout.preview):
        assert each.command(VERB, CELL) == f"ganmatrix {VERB} {CELL}" + (
            f" --params {argument}" if argument else ""
        )
        assert each.command("status") == "ganmatrix status" + (f" --params {argument}" if argument else "")
        assert each.all_command == "snakemake --cores all" + (f" --configfile {argument}" if argument else "")
    assert layout.preview.root == layout.root / "preview"


@pytest.mark.parametrize("name", ["a b.yaml", "a;b.yaml", "\N{SNOWMAN}.yaml", "...yaml", "..yaml", ".a.yaml"])
def test_a_name_that_makes_no_folder_is_refused(name):
    with pytest.raises(UserError, match="its name may have letters, digits"):
        of_params(Path(name))


def _texts(tree):
    """The texts in a module that are no docstrings."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value


def test_no_other_module_writes_a_command_for_the_reader():
    """So that none forgets the params file. Help texts name none, and a new project has params.yaml alone."""
    written = {
        (path.relative_to(PACKAGE).as_posix(), text[text.index("`") :])
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).as_posix() != "stages/new.py"
        for text in _texts(ast.parse(path.read_text()))
        if "`ganmatrix " in text or "`snakemake " in text
    }
    assert written == {("cli.py", "`ganmatrix cells`."), ("cli.py", "`ganmatrix ")}


def test_a_preview_lies_beside_the_results():
    assert Layout(Path("scales/x")).preview.folder("assemble") == Path("scales/x/preview/results")
