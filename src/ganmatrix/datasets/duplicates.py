"""Held-out images that are training images, pixel by pixel or nearly so.

Near-duplicates are proposed by a perceptual hash and confirmed by correlation, on the pixels that are
trained on. The hash is pHash (Zauner 2010, Implementation and Benchmarking of Perceptual Image Hash
Functions): which of the 8x8 lowest DCT-II coefficients of the luma exceed their median. Here it has 63 bits,
without the constant coefficient, which is the brightness.

Held-out images are also hashed after a small shift in each diagonal direction, for the hash alone finds
one of two images that are shifted by a pixel in both directions. Both limits were chosen on CIFAR-10
(docs/datasets.md).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BITS = 12
"""Of 63, by which the hashes of near-duplicates differ."""

LEAST_CORRELATION = 0.9
"""Of the luma of near-duplicates, at the best of some small shifts."""

THUMBNAIL = 32
"""Side of what is correlated, pixels; smaller images as they are."""

NEAREST = 16
"""Training images that are tried for a held-out one, by their hashes."""

MOST_COMPARISONS = 2_000_000_000
"""Of images: some twenty seconds. Beyond that only held-out images at even distances are compared."""

BLANK = 2.0
"""Images whose luma deviates by less from its mean (standard deviation, of 255) show nothing to compare."""

EXAMPLES = 20
"""Pairs on the card."""

BLOCK = 2**16
"""Comparisons at a time, which stay in a core's cache."""

PIXELS = 512 * 32 * 32
"""Of images that are hashed or correlated at a time."""

LUMA = np.array([299, 587, 114])
"""Thousandths of red, green and blue (ITU-R BT.601), as Pillow has them."""

_NO_HASH = np.uint64(2**64 - 1)
"""Of a blank image; the first bit of every hash is 0."""

Rows = Callable[[NDArray[np.intp]], NDArray[np.uint8]]
"""The images (n, C, H, W) at some places of a split."""


@dataclass(frozen=True)
class Hashed:
    """A split: its perceptual hashes (n,) and its images."""

    hashes: NDArray[np.uint64]
    rows: Rows


@dataclass(frozen=True)
class NearDuplicates:
    """What a comparison of the splits has found."""

    compared: int
    """Held-out images."""
    blank: int
    """Held-out images that were not compared because they show nothing."""
    pairs: list[tuple[int, int]]
    """Places of held-out images, each with the training image that it resembles most."""

    @property
    def facts(self) -> dict[str, Any]:
        """For the card."""
        return {
            "hash": "pHash",
            "most_bits": MOST_BITS,
            "least_correlation": LEAST_CORRELATION,
            "held_out": len(self.pairs),
            "of": self.compared,
            "blank": self.blank,
            "examples": self.pairs[:EXAMPLES],
        }


def content_hashes(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """64 bits (n,) of each image's pixels. Where two agree, the pixels may still differ, by chance."""
    digests = b"".join(hashlib.blake2b(image.tobytes(), digest_size=8).digest() for image in images)
    return np.frombuffer(digests, np.uint64)


def perceptual_hashes(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """pHash (n,) of images (n, C, side, side).

    All numbers are whole and below 2^53, so that the bits do not depend on the order in which they are added.
    """
    luma = _luma(images)
    side = luma.shape[-1]
    angles = np.outer(np.arange(8), 2 * np.arange(side) + 1) * (np.pi / (2 * side))
    cosines = np.rint(1024 * np.cos(angles))
    coefficients = (cosines @ luma @ cosines.T).reshape(len(luma), 64)
    bits = coefficients > np.median(coefficients[:, 1:], axis=1, keepdims=True)
    bits[:, 0] = False
    hashes = np.packbits(bits, axis=1).view(">u8")[:, 0].astype(np.uint64)
    return np.where(luma.std(axis=(1, 2)) < 1000 * BLANK, _NO_HASH, hashes)


def first_equal(train: NDArray[np.uint64], held_out: NDArray[np.uint64]) -> NDArray[np.intp]:
    """For each held-out value the place of the first training value that is equal; -1 if none is."""
    order = np.argsort(train, kind="stable")
    places = np.searchsorted(train, held_out, sorter=order)
    first = order[np.minimum(places, len(train) - 1)]
    return np.where(train[first] == held_out, first, -1)


def near_duplicates(train: Hashed, held_out: Hashed, watch: Callable[[], None]) -> NearDuplicates:
    """Held-out images that show what a training image shows. `watch` is called now and then."""
    ours, theirs = (np.flatnonzero(split.hashes != _NO_HASH) for split in (held_out, train))
    blank = len(held_out.hashes) - len(ours)
    most = max(MOST_COMPARISONS // max(len(theirs), 1), 1)
    if len(ours) > most:
        ours = ours[np.linspace(0, len(ours) - 1, most).astype(np.intp)]
    found = _close(_shifted_hashes(held_out.rows, ours), train.hashes[theirs], watch)
    best: dict[int, tuple[float, int]] = {}
    size = _batch(held_out.rows)
    for start in range(0, len(found), size):
        watch()
        left, right = ours[found[start : start + size, 0]], theirs[found[start : start + size, 1]]
        scores = correlations(held_out.rows(left), train.rows(right))
        for place, twin, score in zip(left.tolist(), right.tolist(), scores.tolist(), strict=True):
            if score >= max(LEAST_CORRELATION, best.get(place, (0.0, 0))[0]):
                best[place] = score, twin
    return NearDuplicates(len(ours), blank, [(place, best[place][1]) for place in sorted(best)])


def correlations(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Pearson's correlation (n,) of the lumas of images without their margins, at the best of some shifts."""
    theirs = _standard(_thumbnails(_luma(right))[:, 1:-1, 1:-1])
    step = _step(left)
    steps = sorted({-step, -1, 0, 1, step})
    shifted = _shifted(_luma(left), [(down, across) for down in steps for across in steps])
    ours = (_standard(_thumbnails(each)[:, 1:-1, 1:-1]) for each in shifted)
    return np.max([np.einsum("np,np->n", each, theirs) for each in ours], axis=0, initial=-1)


def _shifted_hashes(rows: Rows, places: NDArray[np.intp]) -> NDArray[np.uint64]:
    """Hashes (n, 5) of images as they are, and shifted in the four diagonal directions."""
    found = [np.empty((0, 5), np.uint64)]
    size = _batch(rows)
    for start in range(0, len(places), size):
        images = rows(places[start : start + size])
        step = _step(images)
        shifts = [(0, 0), (step, step), (step, -step), (-step, step), (-step, -step)]
        found.append(np.stack([perceptual_hashes(each) for each in _shifted(images, shifts)], axis=1))
    return np.concatenate(found)


def _close(
    held_out: NDArray[np.uint64], train: NDArray[np.uint64], watch: Callable[[], None]
) -> NDArray[np.intp]:
    """Pairs (n, 2) of places with close hashes: for each held-out image (n, shifts) its NEAREST."""
    rows = max(BLOCK // max(len(train), 1), 1)
    found = [np.empty((0, 2), np.intp)]
    for start in range(0, len(held_out), rows):
        watch()
        block = held_out[start : start + rows]
        distances = np.full((len(block), len(train)), 64, np.uint8)
        for shift in block.T:
            np.minimum(distances, np.bitwise_count(shift[:, None] ^ train), out=distances)
        ours, theirs = np.nonzero(distances <= MOST_BITS)
        order = np.lexsort((theirs, distances[ours, theirs], ours))
        ours, theirs = ours[order], theirs[order]
        ranks = np.arange(len(ours)) - np.searchsorted(ours, ours)
        found.append(np.stack([ours + start, theirs], axis=1)[ranks < NEAREST])
    return np.concatenate(found)


def _batch(rows: Rows) -> int:
    """How many images of a split are looked at a time, so that memory does not grow with their size."""
    return max(PIXELS // rows(np.array([0]))[0, 0].size, 1)


def _step(images: NDArray[np.uint8]) -> int:
    """Pixels of the images that are one of their thumbnails."""
    return max(images.shape[-1] // THUMBNAIL, 1)


def _shifted(images: NDArray[Any], shifts: Sequence[tuple[int, int]]) -> Iterator[NDArray[Any]]:
    """Images (..., H, W) shifted by so many pixels down and to the right; their edges are repeated."""
    most = max(abs(step) for shift in shifts for step in shift)
    height, width = images.shape[-2:]
    wider = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(most, most)] * 2, mode="edge")
    for down, across in shifts:
        top, left = most - down, most - across
        yield wider[..., top : top + height, left : left + width]


def _luma(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Luma (n, H, W), thousandths of a level: whole numbers."""
    if images.shape[1] == 1:
        return images[:, 0].astype(np.float64) * 1000
    return np.einsum("nchw,c->nhw", images.astype(np.float64), LUMA.astype(np.float64))


def _thumbnails(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Images (n, side, side) made small, as means over equal areas."""
    if (side := luma.shape[-1]) <= (small := THUMBNAIL):
        return luma
    edges, pixels = np.linspace(0, side, small + 1), np.arange(side)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    shares = np.maximum(covered, 0) * small / side
    return np.asarray(shares @ luma @ shares.T)


def _standard(images: NDArray[np.float64]) -> NDArray[np.float32]:
    """Images (n, pixels) with mean 0 and length 1; of a blank one zeros."""
    flat = images.astype(np.float32).reshape(len(images), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.square(flat).sum(axis=1, keepdims=True))
    return np.divide(flat, lengths, out=np.zeros_like(flat), where=lengths > 0)
