"""Images in Parquet files, as image datasets are commonly shared: `img: {bytes, path}`, `label`.

Rows are read in order, a few thousand at a time; several files count as one, in the order of their
names. Class names come from params.yaml, else from the files' own metadata, else they are numbers.
"""

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ganmatrix.datasets.images import RESIZER
from ganmatrix.datasets.source import (
    BadSample,
    BadSource,
    FilesFound,
    Frame,
    OwnSplit,
    Sample,
    Split,
    check_apart,
    check_class_names,
    check_one_split,
    distinct,
    file_state,
    files_below,
    first_line,
    is_file,
    is_folder,
    listed,
    refused,
    summary_of,
)
from ganmatrix.errors import unreadable
from ganmatrix.params.datasets import ImageParquetParams

ROWS = 64
BUFFER = 1024**2
"""Read at a time: rows, and bytes of a file. A row group may be the whole file."""


DAMAGE = (pa.ArrowException, OSError, ValueError, OverflowError)
"""What is raised where a file is damaged or cannot be read."""


class ImageParquet(OwnSplit[ImageParquetParams]):
    """Parquet files whose rows are split at random, or files for each split."""

    def __init__(self, params: ImageParquetParams, root: Path) -> None:
        self.params = params
        self.frame = Frame(params.resolution, params.channels, params.crop)
        patterns: dict[Split, str] = {"train": params.train}
        if params.held_out is not None:
            patterns["held_out"] = params.held_out
        found = {split: _matching(root, pattern) for split, pattern in patterns.items()}
        check_apart({split: each.files for split, each in found.items()})
        self._paths: list[tuple[Split, Path]] = [
            (split, path) for split, each in found.items() for path in each.files
        ]
        self._passed_over = [each for files in found.values() for each in files.passed_over]
        self._counts = [self._checked(path) for _, path in self._paths]
        self.class_names = self._class_names()
        self.origin = params.source
        self.licence = params.licence

    @property
    def facts(self) -> dict[str, Any]:
        split = "by file" if self.params.held_out else f"at random, seed {self.params.seed}"
        files = [path.name for _, path in self._paths]
        passed_over = summary_of(self._passed_over)
        return {"resizer": RESIZER, "split": split, "files": files, "passed_over": passed_over}

    @property
    def identity(self) -> str:
        states = [
            (split, path.name, (found := file_state(path, "put it back")).st_size, found.st_mtime_ns)
            for split, path in self._paths
        ]
        return hashlib.sha256(repr(states).encode()).hexdigest()

    def __len__(self) -> int:
        return sum(self._counts)

    def samples(self, start: int) -> Generator[Sample, None, None]:
        before = 0
        for (split, path), count in zip(self._paths, self._counts, strict=True):
            if before + count > start:
                yield from self._rows(split, path, before, max(start - before, 0))
            before += count

    def _rows(self, split: Split, path: Path, before: int, start: int) -> Iterator[Sample]:
        """The rows of one file from row `start` on; `before` rows lie in the files before."""
        columns = [self.params.image_column, self.params.label_column]
        row = 0
        try:
            with pq.ParquetFile(path, buffer_size=BUFFER) as file:
                for group in range(file.num_row_groups):
                    if row + (size := file.metadata.row_group(group).num_rows) <= start:
                        row += size
                        continue
                    for batch in file.iter_batches(
                        ROWS, row_groups=[group], columns=columns, use_threads=False
                    ):
                        # Columns come in the file's order, whatever was asked for.
                        images, labels = (
                            pc.struct_field(batch.column(columns[0]), "bytes"),
                            batch.column(columns[1]),
                        )
                        for image, label in zip(images, labels, strict=True):
                            if row >= start:
                                member = self.member(split, before + row)
                                yield self._sample(f"{path}, row {row}", member, image.as_py(), label.as_py())
                            row += 1
        except DAMAGE as error:
            raise damage(path, error, f"is damaged after row {row}") from None

    def _sample(self, name: str, split: Split, image: bytes | None, label: int | None) -> Sample:
        if label is None or not 0 <= label < len(self.class_names):
            choices = f"0 to {len(self.class_names) - 1}"
            return Sample(name, split, 0, BadSample(f"its label is {label}; expected {choices}"))
        return Sample(name, split, label, image or BadSample("it has no image bytes"))

    @property
    def place(self) -> Path:
        return self._paths[0][1]

    def _checked(self, path: Path) -> int:
        """Rows of a file that has the columns. BadSource if it is none, or has others."""
        schema, rows = schema_of(path)
        image, label = self.params.image_column, self.params.label_column
        for key, column in (("image_column", image), ("label_column", label)):
            if column not in schema.names:
                raise BadSource(
                    f"{path} has the columns {', '.join(schema.names)}, but no {column}; name it under {key}"
                )
            if schema.names.count(column) > 1:
                raise BadSource(f"{path} has the column {column} more than once; rename all but one")
        kind = schema.field(image).type
        if not pa.types.is_struct(kind) or not holds_bytes(kind):
            raise BadSource(
                f"{path}: column {image} is {kind}; expected a struct with the binary field `bytes`"
            )
        if not pa.types.is_integer(schema.field(label).type):
            raise BadSource(f"{path}: column {label} is {schema.field(label).type}; expected whole numbers")
        if rows == 0:
            raise BadSource(f"{path} has no rows; remove it or give one that has")
        return rows

    def _class_names(self) -> tuple[str, ...]:
        if self.params.class_names:
            return tuple(self.params.class_names)
        stated = {
            path: _huggingface_names(schema_of(path)[0], self.params.label_column) for _, path in self._paths
        }
        first, names = next(iter(stated.items()))
        for path, others in stated.items():
            if others != names:
                raise BadSource(
                    f"{path} names other classes than {first}; give `class_names` if their numbers agree"
                )
        if names:
            check_class_names(names, first, "give `class_names` in their place")
            return names
        largest = 0
        for _, path in self._paths:
            column = self.params.label_column
            try:
                labels = pq.read_table(path, columns=[column]).column(0)
            except DAMAGE as error:
                raise damage(path, error, f"is damaged in column {column}") from None
            largest = max(largest, pc.max(labels).as_py() or 0)
        if largest >= 100_000:
            raise BadSource(f"{path}: a label is {largest}; a class number is below 100,000, so mend it")
        return tuple(map(str, range(largest + 1)))


def _matching(root: Path, pattern: str) -> FilesFound:
    """The files that a path, a folder or a pattern names, each once, in the order of their names.

    Of a folder those below it that end in .parquet, in any case. Hidden files are passed over, unless the
    path or the pattern names them.
    """
    path = root / pattern
    if is_file(path):
        return FilesFound([path], {}, [])
    written = PurePosixPath(pattern)
    if is_folder(path):
        below = files_below(path)
        files = [each for each in below.files if is_parquet(each)]
        twins = {each: twin for each, twin in below.twins.items() if is_parquet(each)}
        others = [each for each in (*below.files, *below.twins) if not is_parquet(each)]
        found = FilesFound(files, twins, below.hidden, others)
        names = [part for each in files for part in each.relative_to(path).parts]
    else:
        absolute = written.is_absolute()
        base, parts = (Path("/"), list(written.parts[1:])) if absolute else (root, list(written.parts))
        hidden: set[Path] = set()
        matched = sorted({each for each in _expanded(base, parts, hidden) if is_file(each)})
        found = distinct(matched)._replace(hidden=sorted(hidden))
        names = [each.name for each in found.files]
    if not found.files:
        raise BadSource(f"{path} matches no Parquet file; expected a file, a folder of them or a pattern")
    check_one_split(names, path, "name them apart, such as `train: DIR/train*` and `held_out: DIR/test*`")
    return found


def is_parquet(path: Path) -> bool:
    """Whether a file is called one, in any case."""
    return path.suffix.lower() == ".parquet"


def _expanded(place: Path, parts: Sequence[str], hidden: set[Path]) -> Iterator[Path]:
    """The paths that a pattern names from a place on. Unlike pathlib's, it skips no folder in silence.

    What would match but for a dot at the beginning of its name is added to `hidden`.
    """
    if not parts:
        yield place
        return
    first, rest = parts[0], parts[1:]
    if not any(character in first for character in "*?["):
        yield from _expanded(place / first, rest, hidden)
        return
    if first == "**":
        yield from _expanded(place, rest, hidden)
    for each in listed(place) if is_folder(place) else ():
        deeper = first == "**"
        if (deeper and (each.is_symlink() or not is_folder(each))) or not fnmatchcase(each.name, first):
            continue
        if each.name.startswith(".") and not first.startswith("."):  # as a shell has it
            if not rest or is_folder(each):
                hidden.add(each)
        else:
            yield from _expanded(each, parts if deeper else rest, hidden)


def schema_of(path: Path) -> tuple[pa.Schema, int]:
    """The columns of a file, and its rows."""
    try:
        return pq.read_schema(path), int(pq.read_metadata(path).num_rows)
    except DAMAGE as error:
        raise damage(path, error, "is no whole Parquet file") from None


def damage(path: Path, error: Exception, what: str) -> BadSource:
    """What to say of a file where one of `DAMAGE` was raised."""
    if isinstance(error, OSError) and refused(error):
        return BadSource(unreadable(path, error))
    return BadSource(f"{path} {what} ({first_line(error)}); give a whole one")


def holds_bytes(kind: pa.DataType) -> bool:
    """Whether the values of a struct column have the binary field `bytes`."""
    index = kind.get_field_index("bytes")
    return index >= 0 and (
        pa.types.is_binary(found := kind.field(index).type) or pa.types.is_large_binary(found)
    )


def _huggingface_names(schema: pa.Schema, column: str) -> tuple[str, ...]:
    """Class names in the metadata that the `datasets` library writes; none if there are none."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        names = features[column]["names"]
    except (KeyError, TypeError, ValueError):
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()
