"""What cannot be written ends in one line; what was good before stays good.

A limit on the size of files stands for a full disk: the kernel cuts the write short with an error.
"""

import contextlib
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ganmatrix.errors import UserError
from ganmatrix.plan import Plan, Task
from ganmatrix.store.publishing import Publication
from helpers.processes import checkpoints, everything, made, start
from helpers.refusal import names

CELL = "ring8-conventional-gan"


def _limited(folder: Path, largest_file: int, *argv: str) -> tuple[int, str]:
    """The exit status of a command on a full disk, and what it says."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    process = start(folder, *argv, first=limit)
    _, err = process.communicate()
    return process.returncode, err


def _published(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in everything(folder).items() if not name.startswith("scratch/")}


PROBES = ("pgd_steps: 2", "pgd_steps: 3")
EDITS = {
    "prepare": ("radius: 0.8", "radius: 0.7"),
    "train": ("kind: gan, loss: non_saturating", "kind: gan, loss: hinge"),
    "evaluate": ("checkpoints: [init, ema]", "checkpoints: [last, ema]"),
    "probe": PROBES,
    "transfer": PROBES,
}
VERBS = [
    ("prepare", "ring8", "data/ring8"),
    ("reference", "ring8", "references/ring8"),
    ("train", CELL, f"cells/{CELL}/train/0"),
    ("evaluate", CELL, f"cells/{CELL}/evaluate/0"),
    ("probe", CELL, f"cells/{CELL}/probe/0"),
    ("transfer", "ring8", "transfers/ring8/0"),
    ("assemble", "", "results"),
    ("report", "index", "reports"),
]


def _make_stale(folder: Path, verb: str, target: str) -> None:
    """Change the params that the files are made from; where there are none of its own, the code."""
    path = folder / "params.yaml"
    if verb in EDITS:
        text = path.read_text()
        assert EDITS[verb][0] in text
        path.write_text(text.replace(*EDITS[verb]))
    else:
        manifest = Plan.load(path).layout.manifest(verb, target)
        manifest.write_text(manifest.read_text().replace('"code": "', '"code": "0', 1))


@pytest.mark.parametrize(("verb", "target", "where"), VERBS)
def test_on_a_full_disk_the_former_files_and_their_manifest_stay(
    verb: str, target: str, where: str, whole: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever file does not fit: none, the manifest, the larger half, or the largest alone."""
    argv = tuple(filter(None, (verb, target)))
    seed = 0 if where.endswith("/0") else None
    layout = Plan.load(whole / "params.yaml").layout
    folder, manifest = layout.folder(verb, target, seed), layout.manifest(verb, target, seed)
    files = [manifest, *(folder.glob("*.html") if verb == "report" else folder.iterdir())]
    sizes = sorted(path.stat().st_size for path in files)
    limits = {0, manifest.stat().st_size // 2, sizes[len(sizes) // 2] - 100, sizes[-1] - 100}
    _make_stale(whole, verb, target)
    if verb == "train":  # Trained, so that no checkpoint is to be written, and not published.

        def refusing(*arguments: Any) -> None:
            raise UserError("not now")

        with monkeypatch.context() as patch:
            patch.setattr(Publication, "publish", refusing)
            assert run("train", CELL, "--seeds", "0").status == 2
        assert checkpoints(whole, CELL)
    before = _published(whole)
    for size in sorted(limits):
        status, err = _limited(whole, size, *argv)
        assert status == 2, (size, err)
        assert "Traceback" not in err
        errors = [line for line in err.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, err
        names(errors[0], key=where, mend="mend it and run again")
        assert _published(whole) == before, size
        assert not list((whole / where).parent.glob(".*"))
    assert run(*argv).status == 0
    plan = Plan.load(whole / "params.yaml")
    assert all(plan.state(Task(verb, target), part).is_current for part in plan.parts(Task(verb, target)))
    assert run(*argv).out == f"{' '.join(argv)}: up to date\n"


def test_a_checkpoint_that_does_not_fit_leaves_the_last_good_one(
    finished: Path, run: Callable[..., Any]
) -> None:
    expected = made(finished, "cells", CELL, "train")
    shutil.rmtree(finished / "cells" / CELL)
    scratch = finished / "scratch/train" / CELL / "0"
    scratch.mkdir(parents=True, exist_ok=True)
    damaged = scratch / "step-000000001-0000000000000000.ckpt"
    damaged.write_bytes(b"kept")
    status, err = _limited(finished, 4096, "train", CELL, "--checkpoint-seconds", "0")
    assert status == 2
    last = err.splitlines()[-1]
    assert last.startswith(f"error: scratch/train/{CELL}/0/step-000000001-")
    assert last.endswith("cannot be written: File too large; mend it and run again")
    assert "Traceback" not in err
    assert list(scratch.iterdir()) == [damaged]
    damaged.unlink()
    assert run("train", CELL).status == 0
    assert made(finished, "cells", CELL, "train") == expected


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


@pytest.mark.parametrize("where", ["cells", "scratch/train", "scratch/locks"])
def test_a_folder_that_cannot_be_written_ends_in_one_line(
    where: str, finished: Path, run: Callable[..., Any]
) -> None:
    text = (finished / "params.yaml").read_text()
    (finished / "params.yaml").write_text(text.replace(*EDITS["train"]))
    shutil.rmtree(finished / "scratch")
    for name in ("scratch/locks", f"scratch/train/{CELL}/0"):
        (finished / name).mkdir(parents=True)
        (finished / name).chmod(0o777)
    folder = {
        "cells": finished / "cells" / CELL,
        "scratch/train": finished / "scratch/train" / CELL / "0",
        "scratch/locks": finished / "scratch/locks",
    }[where]
    (finished / "cells" / CELL).chmod(0o777)
    before = _published(finished)
    finished.chmod(0o755)
    folder.chmod(0o555)
    try:
        with _unprivileged():
            ended = run("train", CELL, "--checkpoint-seconds", "0")
    finally:
        folder.chmod(0o755)
    assert ended.status == 2
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith(f"error: {where}/")
    assert "Permission denied; mend " in last
    assert "Traceback" not in ended.err
    assert _published(finished) == before
