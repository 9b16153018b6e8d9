"""`prepare` of a dataset of one's own, as the tests of bad input call it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from archives import encoded, picture

Run = Callable[..., Any]
FORMER = b"what an earlier run has made"


def describe(project: Callable[..., Path], **params: Any) -> Path:
    """Name the dataset `mine` in params.yaml, and lay a former one in its place; gives the folder."""
    folder = project(("datasets:\n", f"datasets:\n  mine: {json.dumps(params)}\n")).parent
    made = folder / "data/mine"
    made.mkdir(parents=True, exist_ok=True)
    for name in ("card.json", "train.npy", "train_labels.npy", "held_out.npy", "held_out_labels.npy"):
        (made / name).write_bytes(FORMER)
    return folder


def refused(run: Run, folder: Path, *options: str) -> str:
    """The one line of a preparation that is refused. What was made before stays as it was."""
    ended = run("prepare", "mine", *options)
    assert ended.status == 2, ended.err
    assert ended.out == ""
    lines = ended.err.splitlines()
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("error: ")
    assert ";" in lines[0] or ":" in lines[0].removeprefix("error: "), "what to do"
    made = list((folder / "data/mine").iterdir())
    assert len(made) == 5
    assert all(path.read_bytes() == FORMER for path in made)
    return str(lines[0].removeprefix("error: "))


def card(run: Run, folder: Path, *options: str) -> dict[str, Any]:
    """The card of a preparation that succeeds, having left nothing unfinished."""
    ended = run("prepare", "mine", *options)
    assert ended.status == 0, ended.err
    assert not (folder / "scratch/data/mine").exists()
    return json.loads((folder / "data/mine/card.json").read_text())


def good_images(folder: Path, count: int = 4) -> Path:
    """A class of good images."""
    (folder / "images/cats").mkdir(parents=True)
    for number in range(count):
        (folder / f"images/cats/{number}.png").write_bytes(encoded(picture(number)))
    return folder / "images"
