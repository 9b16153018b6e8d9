"""A cache of DVC's that is missing, was edited, or does not fit: found, named, and made good again."""

import hashlib
import shutil
from pathlib import Path

import pytest
from engines import STAGES, Project

pytestmark = pytest.mark.cluster

CELL = "ring8-conventional-gan-0"


def cached(project: Project, content: bytes) -> Path:
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return project.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


def test_a_missing_cache_is_filled_again(made: Project) -> None:
    before = made.digests()
    shutil.rmtree(made.root / ".dvc" / "cache")
    assert len(made.outdated_in_dvc()) == STAGES
    assert "not in cache" in made.dvc("status")
    assert made.record() == f"recorded {STAGES} stages in DVC"
    assert made.dvc_is_clean()
    made.delete_outputs()
    made.dvc("checkout", "--quiet")
    assert made.digests() == before


def test_a_file_that_was_edited_in_the_cache_is_not_vouched_for(made: Project) -> None:
    path = made.root / "cells" / CELL / "metrics.json"
    good = path.read_bytes()
    spoilt = cached(made, good)
    spoilt.chmod(0o644)
    spoilt.write_bytes(good + b" ")
    path.unlink()
    made.run("dvc", "checkout")
    left = 1 + 1 + 5
    assert made.adopt() == (
        f"DVC vouches for {STAGES - left} stages, 0 of them new to Snakemake; not for {left}, "
        f"because of evaluate@{CELL} (`dvc status` says why)"
    )
    made.dvc("repro", f"evaluate@{CELL}")
    assert path.read_bytes() == good
    assert cached(made, good).read_bytes() == good
    assert made.dvc_is_clean()


def test_weights_that_were_edited_are_not_vouched_for(made: Project) -> None:
    path = made.root / "cells" / CELL / "weights.safetensors"
    good, lock = path.read_bytes(), (made.root / "dvc.lock").read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    assert made.record().endswith(f"; weights are not those that were trained: train@{CELL}")
    assert (made.root / "dvc.lock").read_bytes() == lock
    for verb in ("evaluate", "probe"):
        ran = made.run("ganmatrix", verb, CELL)
        assert ran.status == 2
        assert f"weights.safetensors is not what checksums/ring8/{CELL}.sha256 vouches for" in ran.text
    made.dvc("repro", f"train@{CELL}")
    assert path.read_bytes() == good
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


def test_a_damaged_lock_file_is_named(made: Project) -> None:
    lock = made.root / "dvc.lock"
    good = lock.read_bytes()
    lock.write_bytes(b"stages: [")
    for verb in ("record", "adopt"):
        ran = made.run("ganmatrix", verb)
        assert (ran.status, ran.text.count("\n")) == (2, 1), ran.text
        assert "dvc.lock" in ran.text
    lock.write_bytes(good)
    assert made.adopt().startswith(f"DVC vouches for {STAGES} stages, ")
