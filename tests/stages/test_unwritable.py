"""What cannot be written ends in one line; what was good before stays good.

A limit on the size of files stands for a full disk: the kernel cuts the write short with an error.
"""

import contextlib
import hashlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CELL = "digits-conventional-gan-0"
COMMAND = [sys.executable, "-c", "from ganmatrix.cli import main; main()", "train", CELL]


def _train(folder: Path, largest_file: int, *options: str) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    return subprocess.run(
        [*COMMAND, *options],
        cwd=folder,
        env=environment,
        preexec_fn=limit,
        capture_output=True,
        check=False,
        text=True,
    )


def test_a_checkpoint_that_does_not_fit_leaves_the_last_good_one(finished: Path) -> None:
    weights = finished / "cells" / CELL / "weights.safetensors"
    expected = hashlib.sha256(weights.read_bytes()).hexdigest()
    scratch = finished / "scratch" / CELL
    scratch.mkdir(parents=True)
    damaged = scratch / "step-000000001-0000000000000000.ckpt"
    damaged.write_bytes(b"kept")
    ended = _train(finished, 4096, "--checkpoint-seconds", "0")
    last = ended.stderr.strip().splitlines()[-1]
    assert ended.returncode == 2
    assert last.startswith(f"error: scratch/{CELL}/step-")
    assert last.endswith("cannot be written: File too large; mend it and run again")
    assert "Traceback" not in ended.stderr
    assert list(scratch.iterdir()) == [damaged]
    damaged.unlink()
    assert _train(finished, 10**9).returncode == 0
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == expected


def test_results_that_do_not_fit_leave_the_former_ones(finished: Path, run: Callable[..., Any]) -> None:
    assert run("train", CELL).status == 0
    folder = finished / "cells" / CELL
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ended = _train(finished, 4096)
    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines()[-1] == (
        f"error: cells/{CELL}/weights.safetensors cannot be written: File too large; mend it and run again"
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@contextlib.contextmanager
def _unprivileged() -> Iterator[None]:
    """Root may write anywhere; so let it be nobody for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("where", ["cells", "scratch"])
def test_a_folder_that_cannot_be_written_ends_in_one_line(
    where: str, finished: Path, run: Callable[..., Any]
) -> None:
    assert run("train", CELL).status == 0
    folder = finished / where / CELL
    if where == "scratch":
        for checkpoint in folder.iterdir():
            checkpoint.unlink()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    finished.chmod(0o755)
    folder.chmod(0o555)
    try:
        with _unprivileged():
            ended = run("train", CELL, *(["--checkpoint-seconds", "0"] if where == "scratch" else []))
    finally:
        folder.chmod(0o755)
    assert ended.status == 2
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith(f"error: {where}/{CELL}/")
    assert last.endswith("cannot be written: Permission denied; mend the folder and run again")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
