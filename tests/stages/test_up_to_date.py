"""Verbs that have nothing to do say so, write nothing, and import nothing that takes long."""

import json
import subprocess
import sys
from pathlib import Path

CELL = "ring8-conventional-gan"
VERBS = [
    ("prepare", "ring8"),
    ("reference", "ring8"),
    ("train", CELL),
    ("train", CELL, "--seeds", "1"),
    ("evaluate", CELL),
    ("probe", CELL),
    ("transfer", "ring8"),
    ("assemble",),
    ("report", "index"),
]
HEAVY = {"torch", "torchvision", "pandas", "matplotlib", "sklearn", "papermill", "nbformat", "dvc"}
PROGRAM = """
import json, sys
from ganmatrix.cli import main
for sys.argv in json.loads(sys.argv[1]):
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, stop.code
print(json.dumps(list(sys.modules)))
"""
"""Carries out commands in one process, then says what was imported."""


def _carried_out(commands):
    """What commands print, a line each, and the modules that were imported."""
    argvs = json.dumps([["ganmatrix", *command] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, argvs], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    *said, modules = done.stdout.splitlines()
    return said, set(json.loads(modules))


def _traces(folder: Path):
    """All that lies there, and when it was last written."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (folder, *folder.rglob("*"))}


def test_verbs_with_nothing_to_do(whole):
    before = _traces(whole)
    said, modules = _carried_out(VERBS)
    asked = [" ".join(verb[:2]) for verb in VERBS]
    assert said == [f"{command}: up to date" for command in asked]
    assert modules & HEAVY == set()
    assert _traces(whole) == before


def test_what_is_only_looked_up(whole):
    before = _traces(whole)
    said, modules = _carried_out([("status",), ("status", "--files"), ("cells",)])
    assert CELL in said
    assert modules & HEAVY == set()
    assert _traces(whole) == before
