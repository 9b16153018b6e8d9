"""Many samples brought into their frame at once, by several threads, in order."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ganmatrix.datasets.decoding import LARGEST_FILE, decode, fit
from ganmatrix.datasets.stream import BadSample, Frame, Sample, Split

CHUNK = 64
CHUNK_BYTES = 8 * 1024**2
"""Samples that one thread takes at a time, and bytes of them after which it takes no more."""


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


def frame_all(samples: Iterable[Sample], frame: Frame, threads: int) -> Generator[Framed, None, None]:
    """Frame samples chunk by chunk, in their order. Decoding leaves the other threads running."""
    with ThreadPoolExecutor(threads, thread_name_prefix="frame") as pool:
        waiting: deque[Future[Framed]] = deque()
        try:
            for chunk in _chunks(samples):
                waiting.append(pool.submit(frame_chunk, chunk, frame))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _chunks(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    chunk: list[Sample] = []
    size = 0
    for sample in samples:
        chunk.append(sample)
        if isinstance(sample.image, bytes):
            size += len(sample.image)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


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
    return decode(_content(image) if isinstance(image, Path) else image)


def _content(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would be waited for
            raise BadSample("it is no file, or a link that leads nowhere")
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadSample(f"it cannot be read ({error.strerror})") from None
