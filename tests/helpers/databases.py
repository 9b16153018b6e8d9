"""A database of images that is prepared piece by piece, and how far that has come."""

import json
from pathlib import Path

NOTE = "progress.json"
COUNT, DISTINCT, BAD = 800, 700, (50, 750)
"""Images in the database, how many of them differ, and the places of bad ones."""


def prepared(folder: Path, where: str = "data") -> dict[str, bytes]:
    """The dataset with its manifest, and whatever else lies there."""
    return {path.name: path.read_bytes() for path in (folder / where).rglob("*") if path.is_file()}


def note_of(folder: Path) -> Path:
    return folder / "scratch/data/mine" / NOTE


def read_so_far(folder: Path) -> int:
    try:
        return int(json.loads(note_of(folder).read_text())["read"])
    except (OSError, ValueError):
        return 0


def in_one_go(folder: Path) -> dict[str, bytes]:
    """What a preparation gives that is not stopped."""
    return prepared(folder, "expected")
