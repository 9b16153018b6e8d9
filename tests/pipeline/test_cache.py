"""A cache of DVC's that is missing, was edited, or does not fit: found, named, and made good again."""

import hashlib
import shutil
from pathlib import Path

import pytest

from helpers.engines import STAGES, Project

pytestmark = pytest.mark.cluster

CELL = "ring8-conventional-gan"


def cached(project: Project, content: bytes) -> Path:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return project.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


def test_a_missing_cache_is_filled_again(made: Project) -> None:
    before = made.digests()
    shutil.rmtree(made.root / ".dvc" / "cache")
    assert len(made.outdated_in_dvc()) == STAGES + 1
    assert "not in cache" in made.dvc("status")
    assert made.record() == f"recorded {STAGES} stages in DVC"
    assert made.dvc_is_clean()
    made.delete_outputs()
    made.dvc("checkout", "--quiet")
    assert made.digests() == before


def test_a_file_that_was_edited_in_the_cache_is_not_vouched_for(made: Project) -> None:
    path = made.layout.folder("evaluate", CELL, 0) / "metrics.json"
    good = path.read_bytes()
    spoilt = cached(made, good)
    spoilt.chmod(0o644)
    spoilt.write_bytes(good + b" ")
    path.unlink()
    made.run("dvc", "checkout")
    assert made.states("--files") == {f"evaluate {CELL}"}
    made.dvc("repro", f"evaluate@{CELL}")
    assert path.read_bytes() == good
    assert cached(made, good).read_bytes() == good
    assert made.states("--files") == set()
    assert made.dvc_is_clean()


def test_a_cache_that_does_not_fit_loses_nothing(made: Project) -> None:
    """A limit on the size of files stands for a full disk."""
    before = made.digests()
    (made.root / "dvc.lock").unlink()
    shutil.rmtree(made.root / ".dvc" / "cache")
    ran = made.run("bash", "-c", "ulimit -f 16; exec ganmatrix record")
    assert ran.status == 2
    assert ran.text.count("\n") == 1
    assert ran.text.startswith("error: DVC cannot record: ")
    assert made.digests() == before
    assert made.record() == f"recorded {STAGES} stages in DVC"
    assert made.dvc_is_clean()


def test_dvc_touches_no_file_of_the_workspace_when_it_commits(made: Project) -> None:
    """With `cache.type = copy`. Else it would replace them, and a verb that reads one could miss it."""
    paths = [made.root / name for name in made.digests()]
    times = [path.stat().st_mtime_ns for path in paths]
    (made.root / "dvc.lock").unlink()
    made.dvc("repro", "--single-item", "digest", f"train@{CELL}")
    made.record()
    assert [path.stat().st_mtime_ns for path in paths] == times
