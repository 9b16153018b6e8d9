"""plan.CODE holds all the code that a stage can reach, and no more."""

import ast
import json
from pathlib import Path

import pytest
from engines import HOME

from ganmatrix import plan

PACKAGE = HOME / "src" / "ganmatrix"

PLUMBING = {
    "__init__.py": "the version",
    "cli.py": "arguments",
    "errors.py": "one exception",
    "plan.py": "what this test is about",
    "params/__init__.py": "names only",
    "params/claim_consistency.py": "refuses claims that contradict themselves",
    "params/consistency.py": "refuses params that contradict themselves",
    "params/document.py": "reads all sections; the values that a stage uses are compared themselves",
    "params/messages.py": "wording of errors",
    "params/params.py": "names all sections",
    "stages/__init__.py": "names only",
    "stages/compute.py": "device and threads",
    "stages/devices.py": "which device",
    "stages/files.py": "reading and writing",
    "stages/layout.py": "paths, which are outputs and inputs anyway",
    "stages/progress.py": "printing",
    "stages/provenance.py": "versions and revision, which change without the code",
    "stages/threads.py": "how many",
    "stages/signals.py": "stop and go on; the bytes are the same",
    "stages/scratch.py": "stop and go on; the bytes are the same",
}
"""What every stage shares and no artifact depends on."""

DYNAMIC = {"report": HOME / "reports" / "templates"}
"""Stages whose imports stand in notebooks."""


def imports(source: str) -> set[Path]:
    """Files of the package that a module's text imports, at any depth of indentation."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [(alias.name, None) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [(node.module or "", alias.name) for alias in node.names]
        else:
            continue
        for module, member in names:
            if module.split(".")[0] == "ganmatrix":
                found.add(resolve(module.split(".")[1:], member))
    return found


def resolve(parts: list[str], member: str | None) -> Path:
    base = PACKAGE.joinpath(*parts)
    tries = [base / f"{member}.py", base / str(member) / "__init__.py", base / "__init__.py"]
    tries.insert(2, base.with_suffix(".py"))
    return next(path for path in tries if path.is_file())


def reachable(stage: str) -> set[str]:
    """The static import closure of the stage's module, stopping at plumbing."""
    waiting = {PACKAGE / "stages" / f"{stage}.py"}
    if stage in DYNAMIC:
        for notebook in DYNAMIC[stage].glob("*.ipynb"):
            for cell in json.loads(notebook.read_text())["cells"]:
                if cell["cell_type"] == "code":
                    waiting |= imports("".join(cell["source"]))
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        name = path.relative_to(PACKAGE).as_posix()
        if name not in seen and name not in PLUMBING:
            seen.add(name)
            waiting |= imports(path.read_text())
    return seen


def planned(stage: str) -> set[str]:
    return {path.relative_to(plan.PACKAGE).as_posix() for path in plan.sources(stage)}


@pytest.mark.parametrize("stage", plan.CODE)
def test_every_file_that_a_stage_reaches_is_planned(stage: str) -> None:
    assert reachable(stage) - planned(stage) == set()


@pytest.mark.parametrize("stage", plan.CODE)
def test_every_planned_entry_is_reached(stage: str) -> None:
    """A folder is taken whole, so that a new file counts; a section of params may be read as a value."""
    reached = reachable(stage)
    for entry in plan.CODE[stage]:
        used = entry in reached or any(name.startswith(f"{entry}/") for name in reached)
        section = entry.removeprefix("params/").removesuffix(".py")
        assert used or any(key.split(".")[0] == section for key in plan.KEYS[stage]), entry


@pytest.mark.parametrize("stage", plan.CODE)
def test_no_plumbing_is_planned_and_nothing_twice(stage: str) -> None:
    entries = plan.CODE[stage]
    assert len(entries) == len(set(entries))
    assert planned(stage).isdisjoint(PLUMBING)
    assert all((PACKAGE / entry).exists() for entry in entries)


def test_plumbing_exists() -> None:
    assert [name for name in PLUMBING if not (PACKAGE / name).is_file()] == []


def test_digest_changes_with_a_file_s_bytes_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PACKAGE", tmp_path)
    monkeypatch.setattr(plan, "CODE", {"train": ("training",)})
    (tmp_path / "training").mkdir()
    file = tmp_path / "training" / "a.py"
    digests = []
    for text in ("1\n", "2\n"):
        file.write_text(text)
        digests.append(plan.code_digest.__wrapped__("train"))
    file.rename(file.with_name("b.py"))
    digests.append(plan.code_digest.__wrapped__("train"))
    (tmp_path / "training" / "page.css").write_text("p { margin: 0 }")
    digests.append(plan.code_digest.__wrapped__("train"))
    assert len(set(digests)) == 4
    (tmp_path / "training" / "__pycache__").mkdir()
    (tmp_path / "training" / "__pycache__" / "b.cpython-311.pyc").write_bytes(b"0")
    assert plan.code_digest.__wrapped__("train") == digests[-1]
