"""Preparing what does not fit into memory: piece by piece, and after a kill from the last whole piece on.

Arrays grow under scratch/data/<dataset>/ beside a note of how far they are whole; finished, they
move to data/<dataset>/.
"""

import hashlib
import json
import shutil
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import PIL

from ganmatrix.datasets.framing import Bad, Framed, frame_all
from ganmatrix.datasets.stream import Frame, Source, Split
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import Dataset
from ganmatrix.plan import code_digest
from ganmatrix.stages import compute
from ganmatrix.stages.files import read_json, write_json
from ganmatrix.stages.growing import GrowingArray, ShortArray
from ganmatrix.stages.layout import DataFiles
from ganmatrix.stages.progress import Progressing

SPLITS: tuple[Split, ...] = get_args(Split)
NOTED_SECONDS = 5.0
"""Between notes of how far the work is."""
LISTED = 1000
"""Bad samples that are named on the card; all are counted."""


@dataclass
class Progress:
    """How far a dataset is."""

    fingerprint: str
    read: int = 0
    """Samples of the source that were dealt with."""
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    sums: list[int] = field(default_factory=list)
    """Sum of a channel's values over the training images; exact."""
    squares: list[int] = field(default_factory=list)
    bad_count: int = 0
    bad: list[Bad] = field(default_factory=list)
    """The first bad samples."""

    def add(self, framed: Framed) -> None:
        """Count what was framed."""
        self.read += framed.count
        for split, images in framed.images.items():
            self.rows[split] += len(images)
        values = framed.images["train"].astype(np.uint64)
        sums, squares = values.sum(axis=(0, 2, 3)), (values * values).sum(axis=(0, 2, 3))
        self.sums = [a + int(b) for a, b in zip(self.sums or [0] * len(sums), sums, strict=True)]
        self.squares = [a + int(b) for a, b in zip(self.squares or [0] * len(sums), squares, strict=True)]
        self.bad_count += len(framed.bad)
        self.bad += framed.bad[: LISTED - len(self.bad)]

    def moments(self, frame: Frame) -> tuple[list[float], list[float]]:
        """Mean and deviation of each channel over the training images, of values in 0..255."""
        count = self.rows["train"] * frame.side**2
        means = [total / count for total in self.sums]
        variances = [
            (square * count - total * total) / count**2
            for total, square in zip(self.sums, self.squares, strict=True)
        ]
        return means, [float(np.sqrt(variance)) for variance in variances]


def prepare(
    name: str, params: Dataset, source: Source, files: DataFiles, folder: Path, skip_bad: bool
) -> dict[str, Any]:
    """Write a dataset's arrays; what the card says of them.

    UserError for a sample that cannot be used, unless `skip_bad`, for a source that cannot be read,
    and where a split ends up empty. What was done so far is kept, and tied to params, code and files.
    """
    note = folder / "progress.json"
    fingerprint = _fingerprint(params, source)
    progress = _restore(name, note, fingerprint, skip_bad)
    try:
        try:
            _grow(name, source, folder, note, progress, skip_bad)
        except ShortArray as damage:
            _say(f"warning: {damage}; starting afresh")
            progress = Progress(fingerprint)
            _grow(name, source, folder, note, progress, skip_bad)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}; mend it and run again") from None
    if empty := [split for split, rows in progress.rows.items() if rows == 0]:
        raise UserError(f"{name}: no image is left for the {empty[0]} split; {progress.bad_count} were bad")
    files.card.unlink(missing_ok=True)
    files.folder.mkdir(parents=True, exist_ok=True)
    for path in files.arrays.values():
        shutil.move(folder / path.name, path)
    shutil.rmtree(folder)
    mean, std = progress.moments(source.frame)
    if progress.bad_count:
        _say(f"{name}: left out {progress.bad_count} of {progress.read} images; card.json lists them")
    return {
        "modality": "images",
        "shape": [source.frame.channels, source.frame.side, source.frame.side],
        "counts": progress.rows,
        "class_names": list(source.class_names),
        "mean": mean,
        "std": std,
        "source": source.origin,
        "licence": source.licence,
        "crop": source.frame.crop,
        "pillow": PIL.__version__,
        "skipped": {"count": progress.bad_count, "first": [list(bad) for bad in progress.bad]},
        **source.facts,
    }


def _grow(name: str, source: Source, folder: Path, note: Path, progress: Progress, skip_bad: bool) -> None:
    """Read the source to its end, and keep count in `progress`."""
    frame, noted = source.frame, time.monotonic()
    shape = (frame.channels, frame.side, frame.side)
    images = {s: GrowingArray(folder / f"{s}.npy", shape, np.uint8, progress.rows[s]) for s in SPLITS}
    labels = {s: GrowingArray(folder / f"{s}_labels.npy", (), np.int64, progress.rows[s]) for s in SPLITS}
    arrays = [*images.values(), *labels.values()]
    with Progressing(name, len(source), progress.read) as shown:
        for framed in frame_all(source.samples(progress.read), frame, compute.threads()):
            if framed.bad and not skip_bad:
                bad = framed.bad[0]
                raise UserError(
                    f"{bad.name}: {bad.reason}; repair or remove it, or leave out all such images with "
                    f"`skip_bad: true` under datasets.{name} (once: --skip-bad)"
                )
            for split in SPLITS:
                images[split].append(framed.images[split])
                labels[split].append(framed.labels[split])
            progress.add(framed)
            shown.show(progress.read, {"bad": progress.bad_count} if progress.bad_count else {})
            if time.monotonic() - noted >= NOTED_SECONDS:
                for array in arrays:
                    array.sync()
                write_json(note, asdict(progress))
                noted = time.monotonic()
    for array in arrays:
        array.close()


def _restore(name: str, note: Path, fingerprint: str, skip_bad: bool) -> Progress:
    """What an earlier run of the same work left behind, or a fresh start."""
    if not note.is_file():
        return Progress(fingerprint)
    try:
        content = read_json(note, f"prepare {name}")
        found = Progress(**content | {"bad": [Bad(*each) for each in content["bad"]]})
    except (UserError, TypeError, KeyError):
        found = Progress("")
    if found.fingerprint != fingerprint:
        _say(f"{name}: params, code or files changed since {note}; starting afresh")
        return Progress(fingerprint)
    if found.bad_count and not skip_bad:
        _say(f"{name}: an earlier run left out {found.bad_count} images; starting afresh without skip_bad")
        return Progress(fingerprint)
    _say(f"{name}: going on after {found.read} images")
    return found


def _fingerprint(params: Dataset, source: Source) -> str:
    values = params.model_dump(exclude={"skip_bad"})
    parts = [values, source.identity, code_digest("prepare"), PIL.__version__]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
