"""Folders, Parquet files and databases that cannot be a dataset."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import archives
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archives import encoded, jpeg, picture
from preparing import Run, card, describe, refused

IMAGE = encoded(picture(1))


def _write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(IMAGE)


def _loop(root: Path) -> None:
    _write(root, "t/a/1.png", "t/a/2.png")
    (root / "t/a/loop").symlink_to("..")


def _twice(root: Path) -> None:
    _write(root, "t/a/1.png", "t/a/2.png")
    (root / "t/b").symlink_to("a")


def _empty(root: Path) -> None:
    (root / "t/a").mkdir(parents=True)
    (root / "t/b").mkdir()


FOLDERS: list[tuple[Callable[[Path], Any], str | None, str]] = [
    (lambda root: None, None, "t does not exist; expected a folder of images, one folder a class"),
    (lambda root: _write(root, "t"), None, "t is no folder; expected a folder of images, one folder a class"),
    (_empty, None, "t holds no files; expected images, one folder a class"),
    (lambda root: _write(root, "t/.a/1.png", "t/.b.png"), None, "t holds no files; expected images,"),
    (
        lambda root: _write(root, "t/a/1.png"),
        None,
        "t holds 1 images; a training and a held-out set need at least 2",
    ),
    (_loop, None, "t/a/loop is a link to a folder that was read already; remove the link"),
    (_twice, None, " is a link to a folder that was read already; remove the link"),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "t/stray.txt"),
        None,
        "t/stray.txt lies beside class folders; move it into one of them",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png", "h/b/1.png", "h/stray.png"),
        "h",
        "h/stray.png lies beside class folders; move it into one of them",
    ),
    (
        lambda root: _write(root, "t/cat/1.png", "t/Cat/1.png"),
        None,
        "t: the classes 'Cat' and 'cat' have one name but for the way it is written; rename or merge",
    ),
    (
        lambda root: _write(root, "t/caf\u00e9/1.png", "t/cafe\u0301/1.png"),
        None,
        "have one name but for the way it is written; rename or merge one of the folders",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png", "h/B/1.png"),
        "h",
        "t: the classes 'B' and 'b' have one name but for the way it is written;",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "t/b/1.png", "h/a/1.png"),
        "h",
        "h has no images of the class 'b', which the other split has; give both splits the same classes",
    ),
    (
        lambda root: _write(root, "t/a/1.png", "h/a/1.png", "h/b/1.png"),
        "h",
        "t has no images of the class 'b', which the other split has; give both splits the same classes",
    ),
    (lambda root: _write(root, "t/a/1.png"), "h", "h does not exist; expected a folder of images,"),
    (
        lambda root: _write(root, "t/a/1.png"),
        "t",
        "t and t: one folder holds the other, so images would be in both",
    ),
    (
        lambda root: _write(root, "t/a/1.png"),
        "t/a",
        "t and t/a: one folder holds the other, so images would be",
    ),
]


@pytest.mark.parametrize(("make", "held_out", "problem"), FOLDERS)
def test_bad_folders(
    make: Callable[[Path], Any], held_out: str | None, problem: str, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t", held_out=held_out)
    make(folder)
    assert problem in refused(run, folder)


def test_a_folder_that_may_not_be_listed(
    project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, "t/a/1.png", "t/secret/1.png")
    scanned = os.scandir

    def refusing(path: Any) -> Any:
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied", str(path))
        return scanned(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert refused(run, folder) == "t/secret cannot be read: Permission denied; mend its permissions"


def test_names_that_are_no_text(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, "t/a/1.png", "t/a/2.png", "t/a/3.png")
    (folder / os.fsdecode(b"t/a/\xff.png")).write_bytes(b"no image")
    assert "t/a/\udcff.png: it is no image" in refused(run, folder)
    assert card(run, folder, "--skip-bad")["skipped"]["count"] == 1


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


TABLES: list[tuple[Callable[[Path], Any], dict[str, Any], str]] = [
    (
        lambda path: None,
        {},
        "a.parquet matches no Parquet file; expected a file, a folder of them or a pattern",
    ),
    (lambda path: None, {"train": "*.arrow"}, "*.arrow matches no Parquet file; expected a file, a folder"),
    (lambda path: None, {"train": "data"}, "data matches no Parquet file; expected a file, a folder"),
    (lambda path: path.write_bytes(b""), {}, "a.parquet is no whole Parquet file: "),
    (lambda path: path.write_text("PAR1 no PAR1"), {}, "a.parquet is no whole Parquet file: "),
    (_cut, {}, "a.parquet is no whole Parquet file: "),
    (_torn, {}, "a.parquet cannot be read beyond row 0: "),
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


NO_BYTES = [{"bytes": IMAGE}] * 3 + [{"bytes": None}]
ROWS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"img": NO_BYTES, "label": [0, 1, 0, 1]}, {}, "a.parquet, row 3: it has no image bytes; repair"),
    ({"img": [{"bytes": IMAGE}] * 3 + [None], "label": [0, 1, 0, 1]}, {}, "row 3: it has no image bytes"),
    (
        {"img": [{"bytes": IMAGE}] * 3 + [{"bytes": b""}], "label": [0, 1, 0, 1]},
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


def _lsun(folder: Path, count: int = 200) -> Path:
    archives.lsun(folder / "lmdb", [jpeg(n) for n in range(count)])
    return folder / "lmdb/data.mdb"


def _first_pages(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * 4096])


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _last_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _tiny(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def _no_entries(path: Path) -> None:
    shutil.rmtree(path.parent)
    archives.lsun(path.parent, [])


def _one_entry(path: Path) -> None:
    shutil.rmtree(path.parent)
    archives.lsun(path.parent, [jpeg(1)])


MISSING = (
    "lmdb/data.mdb is missing, and so is its archive; `dvc --cd data/raw update bedroom_train_lmdb.zip.dvc`"
)


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (Path.unlink, MISSING),
        (lambda path: shutil.rmtree(path.parent), MISSING),
        (_first_pages, "lmdb/data.mdb is cut short, 12,288 of "),
        (_half, "lmdb/data.mdb is cut short, "),
        (_last_byte, "lmdb/data.mdb is cut short, "),
        (_tiny, "lmdb/data.mdb is no sound LMDB ("),
        (_nothing, "lmdb/data.mdb is no sound LMDB ("),
        (_garbage, "lmdb/data.mdb is no sound LMDB ("),
        (_no_entries, "lmdb/data.mdb holds 0 images; a training and a held-out set need at least 2"),
        (_one_entry, "lmdb/data.mdb holds 1 images; a training and a held-out set need at least 2"),
    ],
)
def test_bad_databases(
    damage: Callable[[Path], Any], problem: str, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, kind="lsun_bedroom", resolution=32, folder="lmdb")
    damage(_lsun(folder))
    line = refused(run, folder)
    assert line.startswith(problem)
    assert " remove it, so that it is unpacked again" in line or "is cut" not in line


def test_empty_values_of_a_database(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="lsun_bedroom", resolution=32, folder="lmdb", held_out_share=0.5)
    archives.lsun(folder / "lmdb", [jpeg(1), b"", jpeg(2), b"no image", jpeg(3), jpeg(4)])
    key = archives.lsun_keys(6)[1].decode()
    assert f"lmdb/data.mdb, key {key}: it is empty; repair" in refused(run, folder)
    skipped = card(run, folder, "--skip-bad")["skipped"]
    assert skipped["count"] == 2
    assert skipped["first"][0] == [f"lmdb/data.mdb, key {key}", "it is empty"]


def test_fewer_images_than_a_batch(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_folder", resolution=32, train="t")
    _write(folder, *(f"t/a/{n}.png" for n in range(10)))
    path = folder / "params.yaml"
    text = path.read_text().replace("datasets: [ring8, digits]", "datasets: [mine]")
    path.write_text(text.replace("  digits: *short", "  digits: *short\n  mine: *short"))
    card(run, folder)
    ended = run("train", "mine-conventional-gan-0")
    assert ended.status == 2
    problem = "recipes.mine.batch_size is 16, but mine has 9 training samples; expected <= 9"
    assert ended.err == f"error: {problem}\n"
