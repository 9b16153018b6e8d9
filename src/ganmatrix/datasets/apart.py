"""The splits of a dataset whose images are all read: no held-out image may be a training image.

A held-out image whose stored pixels are those of a training image is left out, whatever its file is called
and however it was encoded. The training set stays as it is. A split that is published with the data stays as
it is, too, so that scores on it can be compared with others'; its copies are counted.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.duplicates import Hashed, Rows, first_equal, near_duplicates
from ganmatrix.datasets.growing import GrowingArray
from ganmatrix.datasets.source import FIRST_NAMED, PassedOver, Source, Split, summary_of, with_more
from ganmatrix.errors import UserError

COPY = "held-out copy of a training image"

ROWS = 512
"""Images that are read at a time."""


@dataclass(frozen=True)
class Apart:
    """What became of the held-out split."""

    arrays: dict[str, Path]
    """Its new arrays by name; none if it is as it was."""
    left_out: int
    facts: dict[str, Any]
    """For the card."""


class _Images(NamedTuple):
    """A split in its files."""

    numbers: NDArray[np.uint64]
    """Of its samples in the source."""
    content: NDArray[np.uint64]
    shown: NDArray[np.uint64]
    rows: Rows


def keep_apart(name: str, source: Source, folder: Path, published: bool, watch: Callable[[], None]) -> Apart:
    """Leave out held-out copies, and count near-duplicates.

    The folder has images, labels and hashes of both splits. `published` tells whether the split is the
    publishers'. `watch` is called now and then, and may raise. UserError if no held-out image is left.
    """
    train, held_out = _images(folder, "train"), _images(folder, "held_out")
    twins = _twins(train, held_out, watch)
    copies = np.flatnonzero(twins >= 0)
    pairs = [(int(place), int(twins[place])) for place in copies[:FIRST_NAMED]]
    passed_over = source.facts.get("passed_over", summary_of(()))
    arrays: dict[str, Path] = {}
    left_out = 0 if published else len(copies)
    if left_out:
        named = [
            (_name(source, held_out.numbers[place]), _name(source, train.numbers[twin]))
            for place, twin in pairs
        ]
        if left_out == len(twins):
            raise UserError(
                f"{name}: all {left_out} held-out images are copies of training images, such as "
                f"{named[0][0]} of {named[0][1]}; remove the copies, or hold out other images"
            )
        listed = [PassedOver(ours, COPY, f"held out, but a copy of {theirs}") for ours, theirs in named]
        passed_over = with_more(passed_over, listed, left_out)
        arrays = _without(folder, copies)
        held_out = held_out._replace(
            shown=np.delete(held_out.shown, copies), rows=_reader(arrays["held_out.npy"])
        )
    near = near_duplicates(Hashed(train.shown, train.rows), Hashed(held_out.shown, held_out.rows), watch)
    facts = {
        "passed_over": passed_over,
        "copies": {"held_out": len(copies), "left_out": left_out, "examples": [] if left_out else pairs},
        "near_duplicates": near.facts,
    }
    return Apart(arrays, left_out, facts)


def _images(folder: Path, split: Split) -> _Images:
    numbers, content, shown = np.load(folder / f"{split}_hashes.npy").T
    return _Images(numbers, content, shown, _reader(folder / f"{split}.npy"))


def _reader(path: Path) -> Rows:
    """Reads images of an array, which is mapped no longer than that takes."""
    return lambda places: np.asarray(np.load(path, mmap_mode="r")[places])


def _twins(train: _Images, held_out: _Images, watch: Callable[[], None]) -> NDArray[np.intp]:
    """For each held-out image the place of the first training image with the same pixels; -1 if none has."""
    twins = first_equal(train.content, held_out.content)
    alike = np.flatnonzero(twins >= 0)
    for start in range(0, len(alike), ROWS):
        watch()
        places = alike[start : start + ROWS]
        same = held_out.rows(places) == train.rows(twins[places])
        twins[places[~same.all(axis=(1, 2, 3))]] = -1
    return twins


def _name(source: Source, number: np.uint64) -> str:
    """What the source calls one of its samples."""
    with closing(source.samples(int(number))) as samples:
        return next(samples).name


def _without(folder: Path, left_out: NDArray[np.intp]) -> dict[str, Path]:
    """The held-out arrays without some rows, as files in a folder below."""
    written = {name: folder / "kept" / name for name in ("held_out.npy", "held_out_labels.npy")}
    for name, path in written.items():
        shape, dtype = (whole := np.load(folder / name, mmap_mode="r")).shape, whole.dtype
        kept, rows = np.delete(np.arange(shape[0]), left_out), _reader(folder / name)
        with GrowingArray(path, shape[1:], dtype) as array:
            for start in range(0, len(kept), ROWS):
                array.append(rows(kept[start : start + ROWS]))
            array.finish()
            array.sync()
    return written
