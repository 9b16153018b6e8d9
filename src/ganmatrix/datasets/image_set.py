"""A set of images to be scored: a folder, Parquet files, or an array in .npy or .npz.

Images keep their sizes, and are grey or in colour as they come. They are read piece by piece, in the order of
their names, and decoded by several threads.
"""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ganmatrix.datasets.image_parquet import BUFFER, DAMAGE, ROWS, damage, holds_bytes, is_parquet, schema_of
from ganmatrix.datasets.images import CHUNK, Bad, content, decode
from ganmatrix.datasets.source import (
    BadSample,
    BadSource,
    FilesFound,
    PassedOver,
    files_below,
    first_line,
    is_file,
    is_folder,
    refused,
    summary_of,
)
from ganmatrix.errors import unreadable

_ENDINGS = "bmp gif jpe jpeg jpg pbm pgm png pnm ppm tif tiff webp"
SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""What files of images are called, in any case; others in a folder are passed over."""

ARCHIVES = frozenset({".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst"})
ARRAYS = frozenset({".npy", ".npz"})
KINDS = "a folder of images, Parquet files, or an array in .npy or .npz"

DIGEST_BYTES = 8
Image = NDArray[np.uint8]
"""(C, H, W), C 1 or 3."""


@dataclass(frozen=True)
class Files:
    """Which files of a folder are read, and how."""

    suffixes: Collection[str] = SUFFIXES
    deep: bool = True
    """Also those in folders below."""
    plain: bool = True
    """Whether an image that would not come out as it looks is refused, and EXIF's orientation followed."""


@dataclass
class Piece:
    """Some images of a set, in order."""

    images: list[Image] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    """Of their pixels: what two images share if they are one."""
    bad: list[Bad] = field(default_factory=list)

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Take in an image (H, W), (H, W, 3) or (C, H, W)."""
        image = pixels[None] if pixels.ndim == 2 else pixels
        if image.shape[0] not in (1, 3):
            image = image.transpose(2, 0, 1)
        image = np.require(image, requirements=["C", "W"])
        self.images.append(image)
        digest = hashlib.blake2b(repr(image.shape).encode(), digest_size=DIGEST_BYTES)
        digest.update(image.data)
        self.digests.append(digest.digest())


Task = Callable[[], Piece]


class ImageSet(ABC):
    """Images in their order. `place` is what the user called them."""

    kind: str

    def __init__(self, place: str) -> None:
        self.place = place
        self.passed_over: Sequence[PassedOver] = ()
        self.more: Mapping[str, Any] = {}
        """What else belongs on a card."""

    @abstractmethod
    def __len__(self) -> int:
        """Images in all."""

    @abstractmethod
    def tasks(self, chosen: NDArray[np.int64]) -> Iterator[Task]:
        """The work of reading the images of these numbers, ascending, piece by piece."""

    @property
    def facts(self) -> dict[str, Any]:
        """What belongs on a card."""
        facts: dict[str, Any] = {"place": self.place, "kind": self.kind, **self.more}
        if self.passed_over:
            facts["passed_over"] = summary_of(self.passed_over)
        return facts

    def first(self) -> Image | None:
        """The first image; None if it cannot be used."""
        found = next(self.tasks(np.zeros(1, np.int64)))().images
        return found[0] if found else None

    def pieces(self, chosen: NDArray[np.int64], threads: int) -> Generator[Piece, None, None]:
        """The chosen images in order; other pieces are decoded while one is used."""
        with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
            waiting: deque[Future[Piece]] = deque()
            try:
                for task in self.tasks(chosen):
                    waiting.append(pool.submit(task))
                    if len(waiting) > 2 * threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()


class FolderSet(ImageSet):
    """Image files below a folder, each once."""

    kind = "folder"

    def __init__(
        self, place: str, paths: Sequence[Path], passed_over: Sequence[PassedOver], plain: bool
    ) -> None:
        super().__init__(place)
        self.paths, self.passed_over, self.plain = paths, passed_over, plain

    def __len__(self) -> int:
        return len(self.paths)

    def tasks(self, chosen: NDArray[np.int64]) -> Iterator[Task]:
        for start in range(0, len(chosen), CHUNK):
            paths = [self.paths[i] for i in chosen[start : start + CHUNK]]
            yield partial(_decoded, [(str(path), path) for path in paths], self.plain)


class ParquetSet(ImageSet):
    """Rows of Parquet files, in order."""

    kind = "parquet"

    def __init__(
        self, place: str, paths: Sequence[Path], passed_over: Sequence[PassedOver], plain: bool
    ) -> None:
        super().__init__(place)
        self.paths, self.passed_over, self.plain = paths, passed_over, plain
        self.columns, self.counts = zip(*map(_column, paths), strict=True)

    def __len__(self) -> int:
        return sum(self.counts)

    def tasks(self, chosen: NDArray[np.int64]) -> Iterator[Task]:
        rows = self._rows(frozenset(chosen.tolist()))
        while chunk := list(islice(rows, CHUNK)):
            yield partial(_decoded, chunk, self.plain)

    def _rows(self, chosen: frozenset[int]) -> Iterator[tuple[str, bytes]]:
        number, last = -1, max(chosen)
        for path, column in zip(self.paths, self.columns, strict=True):
            row = -1
            try:
                with pq.ParquetFile(path, buffer_size=BUFFER) as file:
                    for batch in file.iter_batches(ROWS, columns=[column], use_threads=False):
                        images = batch.column(0)
                        if pa.types.is_struct(images.type):
                            images = pc.struct_field(images, "bytes")
                        for image in images:
                            row, number = row + 1, number + 1
                            if number in chosen:
                                yield f"{path}, row {row}", image.as_py() or b""
                            if number == last:
                                return
            except DAMAGE as error:
                raise damage(path, error, f"is damaged after row {row}") from None


class ArraySet(ImageSet):
    """Images of one size: uint8, or floating-point numbers whose range was stated."""

    def __init__(
        self, place: str, kind: str, images: NDArray[Any], span: tuple[float, float] | None = None
    ) -> None:
        """`images` are (N, H, W), (N, C, H, W) or (N, H, W, C). BadSource if they are something else.

        `span` is the range (low, high) of numbers, None for uint8.
        """
        super().__init__(place)
        self.kind, self.images, self.span = kind, images, span
        _require_images(place, images, span)

    def __len__(self) -> int:
        return len(self.images)

    @property
    def facts(self) -> dict[str, Any]:
        return super().facts | ({"range": list(self.span)} if self.span else {})

    def tasks(self, chosen: NDArray[np.int64]) -> Iterator[Task]:
        for start in range(0, len(chosen), CHUNK):
            yield partial(self._piece, chosen[start : start + CHUNK])

    def _piece(self, chosen: NDArray[np.int64]) -> Piece:
        piece = Piece()
        images = self.images[chosen]
        for number, image in zip(chosen, images, strict=True):
            piece.add(image if self.span is None else self._rounded(int(number), image, self.span))
        return piece

    def _rounded(self, number: int, image: NDArray[Any], span: tuple[float, float]) -> NDArray[np.uint8]:
        low, high = span
        least, most = image.min(), image.max()
        slack = 1e-3 * (high - low)
        if not (least >= low - slack and most <= high + slack):
            found = "a value that is no number" if np.isnan(least) else f"values of {least:.4g} to {most:.4g}"
            raise BadSource(
                f"{self.place}: image {number} has {found}, outside --range={low:g},{high:g}; state the "
                "range of the values, or mend them"
            )
        scaled = (image.astype(np.float64) - low) * (255 / (high - low))
        return scaled.round().clip(0, 255).astype(np.uint8)


def open_images(place: str, files: Files, span: tuple[float, float] | None = None) -> ImageSet:
    """The set that a path names. BadSource, in one line, if it names none.

    `span` is the range (low, high) of the values of an array of floating-point numbers.
    """
    path = Path(place)
    suffix = path.suffix.lower()
    if is_folder(path):
        return _folder(place, files_below(path), files)
    if not is_file(path):
        raise BadSource(f"{place} does not exist; expected {KINDS}")
    if suffix in ARRAYS:
        array = _array(path)
        return ArraySet(place, suffix[1:], array, None if array.dtype == np.uint8 else span)
    if is_parquet(path):
        return ParquetSet(place, [path], (), files.plain)
    if suffix in ARCHIVES:
        raise BadSource(f"{place} is an archive; unpack it and name the folder")
    if suffix in SUFFIXES:
        raise BadSource(f"{place} is a single image; name the folder of images")
    raise BadSource(f"{place} is no set of images; expected {KINDS}")


def _folder(place: str, found: FilesFound, files: Files) -> ImageSet:
    root = Path(place)
    images: list[Path] = []
    others: list[Path] = []
    for path in sorted(found.files, key=str):
        wanted = path.suffix.lower() in files.suffixes and (files.deep or path.parent == root)
        (images if wanted else others).append(path)
    if not images and (tables := [path for path in others if is_parquet(path)]):
        images, others = [], [path for path in others if not is_parquet(path)]
        return ParquetSet(place, tables, found._replace(others=others).passed_over, files.plain)
    if not images:
        kinds = Counter(path.suffix.lower() or "without an ending" for path in others)
        has = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(3)) or "nothing"
        below = "" if files.deep else " in itself"
        suffixes = " ".join(sorted(files.suffixes))
        raise BadSource(f"{place} holds no images{below}, but {has}; expected files called {suffixes}")
    lower = [path for path in others if not files.deep and path.parent != root]
    found = found._replace(others=[path for path in others if path not in lower])
    deeper = [PassedOver(str(path), "in a folder below", "in a folder below") for path in lower]
    return FolderSet(place, images, [*found.passed_over, *deeper], files.plain)


def _decoded(named: Sequence[tuple[str, Path | bytes]], plain: bool) -> Piece:
    piece = Piece()
    for name, source in named:
        try:
            piece.add(decode(content(source) if isinstance(source, Path) else source, plain))
        except BadSample as problem:
            piece.bad.append(Bad(name, str(problem)))
    return piece


def _column(path: Path) -> tuple[str, int]:
    """The column of images of a Parquet file, and its rows."""
    schema, rows = schema_of(path)
    fitting = [
        each.name
        for each in schema
        if pa.types.is_binary(each.type)
        or pa.types.is_large_binary(each.type)
        or (pa.types.is_struct(each.type) and holds_bytes(each.type))
    ]
    if len(fitting) != 1:
        has = f"has {len(fitting)} columns of bytes" if fitting else "has no column of bytes"
        raise BadSource(
            f"{path} {has} (its columns: {', '.join(schema.names)}); expected one with the images' files, "
            "binary or a struct with the field `bytes`"
        )
    return fitting[0], rows


def _array(path: Path) -> NDArray[Any]:
    """The array of a file, mapped into memory; of an archive the only one that could be images."""
    try:
        with path.open("rb") as file:
            if file.read(2) == b"PK":
                file.seek(0)
                return _only_images(path, np.load(file, allow_pickle=False))
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped
    except (BadSource, MemoryError):
        raise
    except Exception as error:  # damaged files raise what they like
        if isinstance(error, OSError) and refused(error):
            raise BadSource(unreadable(path, error)) from None
        raise BadSource(
            f"{path} is no whole array of plain numbers ({first_line(error)}); save uint8 images "
            "(N, H, W, 3) with np.save"
        ) from None


def _only_images(path: Path, archive: Any) -> NDArray[Any]:
    shapes = {name: shape for name in archive.files if (shape := _shape(archive, name))}
    likely = [name for name, shape in shapes.items() if len(shape) in (3, 4)]
    if len(likely) != 1:
        has = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "no arrays"
        raise BadSource(
            f"{path} has {has}; expected exactly one that could be images, so save them alone with np.save"
        )
    array: NDArray[Any] = archive[likely[0]]
    return array


def _shape(archive: Any, name: str) -> tuple[int, ...] | None:
    """The shape of an array in an archive, of which only the head is read."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    with suppress(KeyError, ValueError), archive.zip.open(f"{name}.npy") as file:
        return tuple(readers[np.lib.format.read_magic(file)](file)[0])
    return None


def _require_images(place: str, images: NDArray[Any], span: tuple[float, float] | None) -> None:
    shape, kind = images.shape, images.dtype
    expected = "expected (N, H, W, 3), (N, 3, H, W), or (N, H, W) of grey images"
    if len(shape) not in (3, 4) or (len(shape) == 4 and not {shape[1], shape[3]} & {1, 3}):
        raise BadSource(f"{place} has the shape {shape}; {expected}")
    if len(shape) == 3 and {shape[0], shape[2]} & {1, 3}:
        raise BadSource(f"{place} has the shape {shape}, which may be one image; {expected}")
    if len(shape) == 4 and {shape[1], shape[3]} <= {1, 3}:
        raise BadSource(f"{place} has the shape {shape}: its channels may stand first or last; {expected}")
    if 0 in shape:
        raise BadSource(f"{place} has the shape {shape}, which is no image; {expected}")
    if kind != np.uint8 and not np.issubdtype(kind, np.floating):
        raise BadSource(f"{place} holds {kind}; save the images as uint8, 0 to 255")
    if kind != np.uint8 and span is None:
        raise BadSource(f"{place} holds {kind}; state the range of its values: --range=-1,1 or --range=0,1")
