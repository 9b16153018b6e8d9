"""Parquet files that cannot be a dataset, and rows of them that can be left out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.archives import encoded, picture
from helpers.preparing import Run, card, describe, refused

IMAGE = encoded(picture(1))


def _rows(labels: list[Any], **columns: Any) -> dict[str, Any]:
    images = [{"bytes": encoded(picture(n)), "path": None} for n in range(len(labels))]
    return {"img": images, "label": labels} | columns


def _table(path: Path, columns: dict[str, Any], names: list[str] | None = None) -> None:
    metadata = None
    if names is not None:
        listed = ", ".join(f'"{name}"' for name in names)
        metadata = {"huggingface": f'{{"info": {{"features": {{"label": {{"names": [{listed}]}}}}}}}}'}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)


def _cut(path: Path) -> None:
    _table(path, _rows([0, 1, 0]))
    path.write_bytes(path.read_bytes()[:-40])


def _torn(path: Path) -> None:
    """Its end is whole; its data are not."""
    _table(path, _rows([0, 1, 0]))
    data = bytearray(path.read_bytes())
    data[4:200] = bytes(196)
    path.write_bytes(data)


def _torn_labels(path: Path) -> None:
    """The images are whole, the labels are not."""
    _table(path, _rows(list(range(3)) * 400))
    labels = pq.read_metadata(path).row_group(0).column(2)
    assert labels.path_in_schema == "label"
    start = labels.dictionary_page_offset or labels.data_page_offset
    data = bytearray(path.read_bytes())
    data[start : start + labels.total_compressed_size] = bytes(labels.total_compressed_size)
    path.write_bytes(data)


def _doubled(path: Path) -> None:
    images, labels = _rows([0, 1]).values()
    pq.write_table(pa.table([images, labels, labels], names=["img", "label", "label"]), path)


TABLES: list[tuple[Callable[[Path], Any], dict[str, Any], str]] = [
    (
        lambda path: None,
        {},
        "a.parquet matches no Parquet file; expected a file, a folder of them or a pattern",
    ),
    (lambda path: None, {"train": "*.arrow"}, "*.arrow matches no Parquet file; expected a file, a folder"),
    (lambda path: None, {"train": "data"}, "data matches no Parquet file; expected a file, a folder"),
    (lambda path: path.write_bytes(b""), {}, "a.parquet is no whole Parquet file ("),
    (lambda path: path.write_text("PAR1 no PAR1"), {}, "a.parquet is no whole Parquet file ("),
    (_cut, {}, "a.parquet is no whole Parquet file ("),
    (_torn_labels, {}, "a.parquet is damaged in column label ("),
    (_doubled, {}, "a.parquet has the column label more than once; rename all but one"),
    (lambda path: None, {"train": "x" * 300}, " cannot be read: File name too long; give a shorter path"),
    (_torn, {}, "a.parquet is damaged after row 0 ("),
    (
        lambda path: _table(path, {"image": [1], "label": [0]}),
        {},
        "a.parquet has the columns image, label, but no img; name it under image_column",
    ),
    (
        lambda path: _table(path, {"img": [{"bytes": IMAGE}], "y": [0]}),
        {},
        "a.parquet has the columns img, y, but no label; name it under label_column",
    ),
    (
        lambda path: _table(path, {"img": [IMAGE], "label": [0]}),
        {},
        "a.parquet: column img is binary; expected a struct with the binary field `bytes`",
    ),
    (
        lambda path: _table(path, {"img": ["a.png"], "label": [0]}),
        {},
        "column img is string; expected a struct",
    ),
    (
        lambda path: _table(path, {"img": [{"bytes": "x"}], "label": [0]}),
        {},
        "column img is struct<bytes: string>; expected a struct with the binary",
    ),
    (
        lambda path: _table(path, {"img": [{"path": "x"}], "label": [0]}),
        {},
        "column img is struct<path: string>; expected a struct with the binary",
    ),
    (lambda path: _table(path, _rows(["cat", "dog"])), {}, "column label is string; expected whole numbers"),
    (lambda path: _table(path, _rows([0.0, 1.0])), {}, "column label is double; expected whole numbers"),
    (lambda path: _table(path, _rows([[0], [1]])), {}, "column label is list<"),
    (
        lambda path: pq.write_table(
            pa.table(
                {"img": pa.array([], pa.struct({"bytes": pa.binary()})), "label": pa.array([], pa.int64())}
            ),
            path,
        ),
        {},
        "a.parquet has no rows; remove it or give one that has",
    ),
    (
        lambda path: _table(path, _rows([0])),
        {},
        "a.parquet holds 1 images; a training and a held-out set need",
    ),
    (
        lambda path: _table(path, _rows([0, 10**6])),
        {},
        "a.parquet: a label is 1000000; a class number is below",
    ),
    (
        lambda path: _table(path, _rows([0, 1])),
        {"held_out": "*.parquet"},
        "a.parquet is in both splits; give each",
    ),
    (
        lambda path: _table(path, _rows([0, 1]), ["cat", "cat"]),
        {},
        "a.parquet: the classes 'cat' and 'cat' have one name but for the way it is written; give",
    ),
    (
        lambda path: (
            _table(path, _rows([0, 1]), ["cat", "dog"]),
            _table(path.with_name("b.parquet"), _rows([0, 1]), ["dog", "cat"]),
        ),
        {"train": "*.parquet"},
        "b.parquet names other classes than a.parquet; give `class_names` if their numbers agree",
    ),
]


@pytest.mark.parametrize(("make", "params", "problem"), TABLES)
def test_bad_tables(
    make: Callable[[Path], Any],
    params: dict[str, Any],
    problem: str,
    project: Callable[..., Path],
    run: Run,
) -> None:
    folder = describe(project, **({"kind": "image_parquet", "resolution": 32, "train": "a.parquet"} | params))
    make(folder / "a.parquet")
    assert problem in refused(run, folder)


GOOD: list[Any] = [{"bytes": encoded(picture(number))} for number in range(3)]
ROWS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {"img": [*GOOD, {"bytes": None}], "label": [0, 1, 0, 1]},
        {},
        "a.parquet, row 3: it has no image bytes; repair",
    ),
    ({"img": [*GOOD, None], "label": [0, 1, 0, 1]}, {}, "row 3: it has no image bytes"),
    (
        {"img": [*GOOD, {"bytes": b""}], "label": [0, 1, 0, 1]},
        {},
        "row 3: it has no image bytes",
    ),
    (_rows([0, 1, None, 1]), {}, "a.parquet, row 2: its label is None; expected 0 to 1; repair or remove it"),
    (_rows([0, -1, 1, 1]), {}, "a.parquet, row 1: its label is -1; expected 0 to 1; repair or remove it"),
    (_rows([0, 1, 2, 1]), {"class_names": ["a", "b"]}, "row 2: its label is 2; expected 0 to 1; repair"),
]


@pytest.mark.parametrize(("columns", "params", "problem"), ROWS)
def test_bad_rows_can_be_left_out(
    columns: dict[str, Any], params: dict[str, Any], problem: str, project: Callable[..., Path], run: Run
) -> None:
    params = {"kind": "image_parquet", "train": "a.parquet", "held_out_share": 0.5} | params
    folder = describe(project, resolution=32, **params)
    _table(folder / "a.parquet", columns)
    assert problem in refused(run, folder)
    skipped = card(run, folder, "--skip-bad")["skipped"]
    assert skipped["count"] == 1
    assert problem.split("; repair")[0] in ": ".join(skipped["first"][0])
