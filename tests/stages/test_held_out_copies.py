"""Held-out images with the pixels of a training image are left out, whatever their files are like."""

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from ganmatrix.datasets import apart, images
from ganmatrix.store.dataset import ARRAYS
from helpers import archives
from helpers.archives import cifar_record, copy_of, encoded, picture
from helpers.preparing import Run, card, describe, published
from helpers.refusal import names

REASON = "held-out copy of a training image"
FOLDERS = {"kind": "image_folder", "resolution": 32, "train": "t", "held_out": "h"}
TWIN = picture(3)


def _written(folder: Path, contents: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def _arrays(folder: Path) -> list[bytes]:
    return [(folder / f"data/mine/{name}.npy").read_bytes() for name in ARRAYS]


def _refused(run: Run, folder: Path) -> str:
    """The line of a preparation that is refused when all is read. What was made before stays as it was."""
    before = published(folder)
    ended = run("prepare", "mine")
    assert ended.status == 2
    assert published(folder) == before
    assert [line.startswith("error: ") for line in ended.err.splitlines()].count(True) == 1
    return str(ended.err.splitlines()[-1])


def _numbered(*numbers: int) -> dict[str, bytes]:
    return {f"{number}.png": encoded(picture(number)) for number in numbers}


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    return encoded(np.rot90(TWIN), exif=exif)


def _opaque() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(TWIN).convert("RGBA").save(stream, "PNG")
    return stream.getvalue()


COPIES: dict[str, bytes] = {
    "same.png": encoded(TWIN),
    "again.png": encoded(TWIN, compress_level=0),
    "c.bmp": encoded(TWIN, "BMP"),
    "c.tiff": encoded(TWIN, "TIFF", compression="tiff_lzw"),
    "c.webp": encoded(TWIN, "WEBP", lossless=True),
    "c.ppm": encoded(TWIN, "PPM"),
    "turned.png": _turned(),
    "opaque.png": _opaque(),
    "wider.png": encoded(np.pad(TWIN, ((0, 0), (5, 5), (0, 0)))),
    "no_image_at_all.jpg": encoded(TWIN),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_is_left_out_and_nothing_else(name: str, project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDERS)
    _written(folder / "t", _numbered(*range(6)))
    _written(folder / "h", _numbered(6, 7, 8))
    without = card(run, folder)
    expected = _arrays(folder)
    assert without["passed_over"] == {"count": 0, "reasons": {}, "first": []}
    assert without["copies"] == {"held_out": 0, "left_out": 0, "examples": []}
    _written(folder / "h", {name: COPIES[name]})
    describe(project, **FOLDERS, version=2)
    found = card(run, folder)
    assert found["passed_over"] == {
        "count": 1,
        "reasons": {REASON: 1},
        "first": [[f"h/{name}", "held out, but a copy of t/3.png"]],
    }
    assert found["counts"] == {"train": 6, "held_out": 3}
    assert _arrays(folder) == expected


def test_prepare_says_in_one_line_what_is_left_out(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDERS, skip_bad=True)
    _written(folder / "t", _numbered(*range(6)) | {".hidden.png": b"x", "bad.png": b"x"})
    _written(folder / "h", _numbered(5, 6, 7))
    ended = run("prepare", "mine")
    assert ended.status == 0
    line = f"mine: left out 3 (hidden: 1, {REASON}: 1, bad: 1); card.json lists them"
    assert [each for each in ended.err.splitlines() if "left out" in each] == [line]


def test_rows_of_tables_are_compared(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, kind="image_parquet", resolution=32, train="t.parquet", held_out="h.parquet")
    for name, numbers in (("t", range(100)), ("h", range(95, 110))):
        rows = [{"bytes": encoded(picture(number), "PNG" if name == "t" else "BMP")} for number in numbers]
        pq.write_table(pa.table({"img": rows, "label": [0] * len(rows)}), folder / f"{name}.parquet")
    found = card(run, folder)
    assert found["counts"] == {"train": 100, "held_out": 10}
    assert found["passed_over"]["first"] == [
        [f"h.parquet, row {row}", f"held out, but a copy of t.parquet, row {95 + row}"] for row in range(5)
    ]
    held_out = np.load(folder / "data/mine/held_out.npy")
    assert (held_out == [picture(number).transpose(2, 0, 1) for number in range(100, 110)]).all()


@pytest.mark.parametrize("kind", ["image_folder", "image_parquet", "lsun_bedroom"])
def test_a_random_draw_holds_out_nothing_that_is_trained_on(
    kind: str, project: Callable[..., Path], run: Run
) -> None:
    place = {"folder": "images"} if kind == "lsun_bedroom" else {"train": "images"}
    folder = describe(project, kind=kind, resolution=32, held_out_share=0.4, **place)
    contents = [encoded(picture(number % 40)) for number in range(60)]
    if kind == "image_folder":
        _written(folder / "images", {f"{number}.png": each for number, each in enumerate(contents)})
    elif kind == "lsun_bedroom":
        archives.lsun(folder / "images", contents)
    else:
        (folder / "images").mkdir()
        table = pa.table({"img": [{"bytes": each} for each in contents], "label": [0] * 60})
        pq.write_table(table, folder / "images/a.parquet")
    found = card(run, folder)
    splits = [
        {image.tobytes() for image in np.load(folder / f"data/mine/{name}.npy")}
        for name in ("train", "held_out")
    ]
    assert not splits[0] & splits[1]
    assert len(splits[0] | splits[1]) == 40
    assert found["counts"]["train"] == 36
    assert 0 < found["passed_over"]["reasons"][REASON] == 24 - found["counts"]["held_out"]


def test_a_published_split_stays_and_its_copies_are_counted(
    project: Callable[..., Path], run: Run, tmp_path: Path
) -> None:
    records = [cifar_record(picture(number), 0) for number in (9, 3, 6)]
    path = archives.cifar10(tmp_path / "c.tar.gz", test_batch__bin=b"".join(records))
    folder = describe(project, kind="cifar10", archive=copy_of(path))
    found = card(run, folder)
    assert found["counts"] == {"train": 10, "held_out": 3}
    assert found["copies"] == {"held_out": 3, "left_out": 0, "examples": [[0, 9], [1, 3], [2, 6]]}
    assert found["passed_over"]["count"] == 0


def test_only_copies_are_refused(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDERS)
    _written(folder / "t", _numbered(*range(6)))
    _written(folder / "h", _numbered(2, 4))
    line = names(_refused(run, folder), key="mine", mend="remove the copies, or hold out other images")
    assert "all 2 held-out images are copies of training images, such as h/2.png of t/2.png;" in line


def test_too_few_that_are_no_copies_are_refused(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDERS)
    _written(folder / "t", _numbered(*range(20)))
    _written(folder / "h", _numbered(*range(10, 30)))
    path = folder / "params.yaml"
    text = path.read_text().replace("datasets: [ring8, digits]", "datasets: [mine]")
    path.write_text(text.replace("  digits: *short", "  digits: *short\n  mine: *short"))
    line = names(_refused(run, folder), key="probes.samples", mend="expected <= 10")
    assert "mine has 10 held-out samples, for 10 were copies of training images;" in line


def test_equal_hashes_of_different_pixels_are_no_copies(
    project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "content_hashes", lambda found: np.zeros(len(found), np.uint64))
    folder = describe(project, **FOLDERS)
    _written(folder / "t", _numbered(*range(6)))
    _written(folder / "h", _numbered(0, 6, 7))  # all agree with the first of the training images
    assert card(run, folder)["passed_over"]["first"] == [["h/0.png", "held out, but a copy of t/0.png"]]


def test_a_signal_while_splits_are_compared_loses_nothing(
    project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = describe(project, **FOLDERS)
    _written(folder / "t", _numbered(*range(6)))
    _written(folder / "h", _numbered(5, 6, 7))
    compared = apart.near_duplicates

    def interrupted(train: Any, held_out: Any, watch: Callable[[], None]) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return compared(train, held_out, watch)

    with monkeypatch.context() as patch:
        patch.setattr(apart, "near_duplicates", interrupted)
        assert run("prepare", "mine").status == 75
    again = run("prepare", "mine")
    assert "mine: going on after 9 images\n" in again.err
    resumed = {path.name: path.read_bytes() for path in (folder / "data/mine").iterdir()}
    describe(project, **FOLDERS)
    card(run, folder)
    assert {path.name: path.read_bytes() for path in (folder / "data/mine").iterdir()} == resumed
