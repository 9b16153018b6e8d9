"""Preparing what does not fit into memory: piece by piece, and after a kill from the last whole piece on.

Arrays grow under scratch/data/<dataset>/ beside a note of how far they are whole: what is written can be
cut back to that. When all images are read, held-out copies of training images are left out. Finished, the
arrays move to data/<dataset>/; what is there from before stays until then.
"""

import hashlib
import json
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import PIL
from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from ganmatrix.datasets.apart import Apart, keep_apart
from ganmatrix.datasets.growing import DamagedArray, GrowingArray
from ganmatrix.datasets.images import Bad, Framed, frame_all
from ganmatrix.datasets.source import Frame, Source, Split
from ganmatrix.errors import UserError
from ganmatrix.params.datasets import Dataset
from ganmatrix.runtime.granted import cores
from ganmatrix.runtime.progress import Progressing
from ganmatrix.runtime.signals import Stopped
from ganmatrix.store.dataset import ARRAYS
from ganmatrix.store.files import check_room, write_json

SPLITS: tuple[Split, ...] = get_args(Split)

LISTED = 1000
"""Bad samples that are named on the card; all are counted."""


@dataclass(frozen=True)
class Progress:
    """How far a dataset is: replaced as a whole, so that at any moment it is one that was."""

    fingerprint: str
    read: NonNegativeInt = 0
    """Samples of the source that were dealt with."""
    rows: dict[Split, NonNegativeInt] = field(default_factory=lambda: dict.fromkeys(SPLITS, 0))
    crc32: dict[str, NonNegativeInt] = field(default_factory=dict)
    """Of the rows in each array, by its file's name."""
    sums: list[NonNegativeInt] = field(default_factory=list)
    """Sum of a channel's values over the training images; exact."""
    squares: list[NonNegativeInt] = field(default_factory=list)
    bad_count: NonNegativeInt = 0
    bad: list[Bad] = field(default_factory=list)
    """The first bad samples."""

    def plus(self, framed: Framed, arrays: Sequence[GrowingArray]) -> "Progress":
        """After these samples were appended to the arrays."""
        values = framed.images["train"].astype(np.uint64)
        sums, squares = values.sum(axis=(0, 2, 3)), (values * values).sum(axis=(0, 2, 3))
        return Progress(
            fingerprint=self.fingerprint,
            read=self.read + framed.count,
            rows={split: rows + len(framed.images[split]) for split, rows in self.rows.items()},
            crc32={array.path.name: array.crc32 for array in arrays},
            sums=[a + int(b) for a, b in zip(self.sums or [0] * len(sums), sums, strict=True)],
            squares=[a + int(b) for a, b in zip(self.squares or [0] * len(sums), squares, strict=True)],
            bad_count=self.bad_count + len(framed.bad),
            bad=self.bad + framed.bad[: LISTED - len(self.bad)],
        )

    def moments(self, frame: Frame) -> tuple[list[float], list[float]]:
        """Mean and deviation of each channel over the training images, of values in 0..255."""
        count = self.rows["train"] * frame.side**2
        means = [total / count for total in self.sums]
        variances = [
            (square * count - total * total) / count**2
            for total, square in zip(self.sums, self.squares, strict=True)
        ]
        return means, [float(np.sqrt(variance)) for variance in variances]


@dataclass
class Preparation:
    """The work on one dataset, in a folder of its own."""

    name: str
    source: Source
    folder: Path
    skip_bad: bool
    note_seconds: float
    """Between notes of how far the work is."""
    received: Sequence[signal.Signals]
    """Signals that ask to stop."""
    code: str
    """A digest of the code that does the work."""

    def run(self, params: Dataset) -> tuple[dict[str, Any], dict[str, Path]]:
        """Write the arrays in the folder. What the card says of them, and where they are, by file names.

        UserError for a sample that cannot be used, unless `skip_bad`, for a source that cannot be
        read, and where a split ends up empty. What was done so far is kept, and tied to params,
        code and files.
        """
        fingerprint = _fingerprint(params, self.source, self.code)
        try:
            try:
                progress = self._grow(self._restore(fingerprint))
            except DamagedArray as damage:
                _say(f"warning: {damage}; starting afresh")
                progress = self._grow(Progress(fingerprint))
            self._check_counts(progress)
            apart = keep_apart(
                self.name, self.source, self.folder, params.split_is_published, self._check_signals
            )
        except OSError as error:
            raise UserError(
                f"{self.folder} cannot be written: {error.strerror}; mend it and run again"
            ) from None
        names = [f"{name}.npy" for name in ARRAYS]
        return self._facts(progress, apart), {name: self.folder / name for name in names} | apart.arrays

    def _check_counts(self, progress: Progress) -> None:
        """UserError for a split without images."""
        for split, rows in progress.rows.items():
            if rows == 0:
                raise UserError(
                    f"{self.name}: no image is left for the {split} split, {progress.bad_count} of "
                    f"{progress.read} were bad; repair them, or give more"
                )

    def _check_signals(self) -> None:
        """Stopped if a signal asks for it."""
        if self.received:
            raise Stopped(self.received[0].name)

    def clear(self) -> None:
        """Forget the work, when it is published."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _note(self) -> Path:
        return self.folder / "progress.json"

    def _grow(self, progress: Progress) -> Progress:
        """Read the source to its end, from where that progress is."""
        frame, noted = self.source.frame, time.monotonic()
        left = len(self.source) - progress.read
        check_room(left * frame.channels * frame.side**2, self.folder, "make room")
        with ExitStack() as stack:
            arrays = {
                name: stack.enter_context(
                    GrowingArray(
                        self.folder / name, shape, dtype, progress.rows[split], progress.crc32.get(name, 0)
                    )
                )
                for split in SPLITS
                for name, shape, dtype in (
                    (f"{split}.npy", (frame.channels, frame.side, frame.side), np.uint8),
                    (f"{split}_labels.npy", (), np.int64),
                    (f"{split}_hashes.npy", (3,), np.uint64),
                )
            }
            stack.enter_context(warnings.catch_warnings())
            warnings.simplefilter("ignore")  # of images' metadata; what matters is an error
            shown = stack.enter_context(Progressing(self.name, len(self.source), progress.read, "images"))
            samples = stack.enter_context(closing(self.source.samples(progress.read)))
            framed_all = stack.enter_context(closing(frame_all(samples, frame, cores())))
            try:
                for framed in framed_all:
                    self._check(framed)
                    for split in SPLITS:
                        arrays[f"{split}.npy"].append(framed.images[split])
                        arrays[f"{split}_labels.npy"].append(framed.labels[split])
                        first = np.array([progress.read, 0, 0], dtype=np.uint64)
                        arrays[f"{split}_hashes.npy"].append(framed.hashes[split] + first)
                    progress = progress.plus(framed, list(arrays.values()))
                    shown.show(progress.read, {"bad": progress.bad_count} if progress.bad_count else {})
                    if time.monotonic() - noted >= self.note_seconds:
                        self._write_note(progress, list(arrays.values()))
                        noted = time.monotonic()
            except (Stopped, UserError):
                self._write_note(progress, list(arrays.values()))
                raise
            for array in arrays.values():
                array.finish()
            self._write_note(progress, list(arrays.values()))
        return progress

    def _check(self, framed: Framed) -> None:
        """UserError for a bad sample that may not be left out; Stopped if a signal asks for it."""
        self._check_signals()
        if framed.bad and not self.skip_bad:
            bad = framed.bad[0]
            raise UserError(
                f"{bad.name}: {bad.reason}; repair or remove it, or leave out all such images with "
                f"`skip_bad: true` under datasets.{self.name} (once: --skip-bad)"
            )

    def _write_note(self, progress: Progress, arrays: Sequence[GrowingArray]) -> None:
        """Note how far the work is, when that much is on disk."""
        for array in arrays:
            array.sync()
        write_json(self._note, asdict(progress))

    def _restore(self, fingerprint: str) -> Progress:
        """What an earlier run of the same work left behind, or a fresh start."""
        if not self._note.is_file():
            return Progress(fingerprint)
        try:
            found = TypeAdapter(Progress).validate_json(self._note.read_bytes())
        except (ValidationError, OSError):
            return self._afresh(fingerprint, f"{self._note} is damaged")
        whole = found.read == sum(found.rows.values()) + found.bad_count
        if not whole or set(found.rows) != set(SPLITS):
            return self._afresh(fingerprint, f"{self._note} is damaged")
        if found.fingerprint != fingerprint:
            return self._afresh(fingerprint, f"params, code or files changed since {self._note}")
        if found.bad_count and not self.skip_bad:
            return self._afresh(fingerprint, f"an earlier run left out {found.bad_count} images")
        if found.read:
            _say(f"{self.name}: going on after {found.read} images")
        return found

    def _afresh(self, fingerprint: str, why: str) -> Progress:
        _say(f"{self.name}: {why}; starting afresh")
        return Progress(fingerprint)

    def _facts(self, progress: Progress, apart: Apart) -> dict[str, Any]:
        frame = self.source.frame
        mean, std = progress.moments(frame)
        return {
            "modality": "images",
            "shape": [frame.channels, frame.side, frame.side],
            "counts": progress.rows | {"held_out": progress.rows["held_out"] - apart.left_out},
            "class_names": list(self.source.class_names),
            "mean": mean,
            "std": std,
            "source": self.source.origin,
            "licence": self.source.licence,
            "crop": frame.crop,
            "pillow": PIL.__version__,
            "skipped": {"count": progress.bad_count, "first": [list(bad) for bad in progress.bad]},
            **self.source.facts,
            **apart.facts,
        }


def _fingerprint(params: Dataset, source: Source, code: str) -> str:
    values = params.model_dump(exclude={"skip_bad"})
    parts = [values, source.identity, code, PIL.__version__]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
