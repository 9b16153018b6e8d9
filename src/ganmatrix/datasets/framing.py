"""Many samples brought into their frame at once, by several threads, in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.decoding import decode, fit
from ganmatrix.datasets.stream import BadSample, Frame, Sample, Split

CHUNK = 64
"""Samples that one thread takes at a time."""


class Bad(NamedTuple):
    """A sample that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Framed:
    """What became of some samples: the good ones by split, and the bad ones."""

    count: int
    """Samples looked at, bad ones included."""
    images: dict[Split, NDArray[np.uint8]]
    """(n, channels, side, side)."""
    labels: dict[Split, NDArray[np.int64]]
    bad: list[Bad]


def frame_all(samples: Iterable[Sample], frame: Frame, threads: int) -> Iterator[Framed]:
    """Frame samples chunk by chunk, in their order. Decoding leaves the other threads running."""
    with ThreadPoolExecutor(threads, thread_name_prefix="frame") as pool:
        waiting: deque[Future[Framed]] = deque()
        try:
            remaining = iter(samples)
            while chunk := list(islice(remaining, CHUNK)):
                waiting.append(pool.submit(frame_chunk, chunk, frame))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def frame_chunk(samples: Iterable[Sample], frame: Frame) -> Framed:
    """Frame a few samples."""
    images: dict[Split, list[NDArray[np.uint8]]] = {"train": [], "held_out": []}
    labels: dict[Split, list[int]] = {"train": [], "held_out": []}
    bad, count = [], 0
    for sample in samples:
        count += 1
        try:
            images[sample.split].append(fit(_pixels(sample.image), frame))
            labels[sample.split].append(sample.label)
        except BadSample as problem:
            bad.append(Bad(sample.name, str(problem)))
    shape = (0, frame.channels, frame.side, frame.side)
    return Framed(
        count,
        {split: np.stack(found) if found else np.empty(shape, np.uint8) for split, found in images.items()},
        {split: np.array(found, dtype=np.int64) for split, found in labels.items()},
        bad,
    )


def _pixels(image: bytes | NDArray[np.uint8] | Path | BadSample) -> NDArray[np.uint8]:
    if isinstance(image, BadSample):
        raise image
    if isinstance(image, np.ndarray):
        return image
    if isinstance(image, Path):
        try:
            image = image.read_bytes()
        except OSError as error:
            raise BadSample(f"it cannot be read ({error.strerror})") from None
    return decode(image)
