"""Sets of images to be scored: the same pixels from every kind of place, and what is refused."""

import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from ganmatrix.datasets.image_set import ArraySet, Files, ImageSet, ParquetSet, open_images
from helpers.archives import encoded, picture
from helpers.refusal import refused

COUNT = 130
"""More than two pieces."""
COLOUR = np.stack([picture(i, 6, 5) for i in range(COUNT)])
GREY = COLOUR[..., 0]


def read(source: ImageSet, chosen: list[int] | None = None) -> list[NDArray[np.uint8]]:
    numbers = np.arange(len(source)) if chosen is None else np.array(chosen)
    pieces = [*source.pieces(numbers, 2)]
    assert not any(piece.bad for piece in pieces)
    return [image for piece in pieces for image in piece.images]


def folder(path: Path) -> Path:
    (path / "deep").mkdir(parents=True)
    for i, pixels in enumerate(COLOUR):
        name = f"{i:03d}.{'PNG' if i % 2 else 'png'}"
        (path / ("deep" if 40 <= i < 50 else ".") / name).write_bytes(encoded(pixels))
    for i in range(40, 50):
        (path / "deep" / f"{i:03d}.{'PNG' if i % 2 else 'png'}").rename(path / f"{i:03d}.bmp.png")
    return path


def parquet(path: Path) -> Path:
    path.mkdir()
    for part, rows in (("a", COLOUR[:70]), ("b", COLOUR[70:])):
        column = [{"bytes": encoded(pixels), "path": None} for pixels in rows]
        pq.write_table(pa.table({"label": [0] * len(rows), "img": column}), path / f"{part}.parquet")
    return path


def plain_parquet(path: Path) -> Path:
    pq.write_table(
        pa.table({"png": [encoded(pixels) for pixels in COLOUR]}), path := path.with_suffix(".parquet")
    )
    return path


def saved(array: NDArray[np.generic], ending: str = ".npy") -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path = path.with_suffix(ending)
        if ending == ".npy":
            np.save(path, array)
        else:
            np.savez_compressed(path, images=array, labels=np.zeros(COUNT), mu=np.zeros((4, 4)))
        return path

    return make


PLACES = {
    "folder": folder,
    "parquet folder": parquet,
    "parquet file": plain_parquet,
    "npy, channels last": saved(COLOUR),
    "npy, channels first": saved(COLOUR.transpose(0, 3, 1, 2)),
    "npz beside other arrays": saved(COLOUR, ".npz"),
}


@pytest.mark.parametrize("make", PLACES.values(), ids=PLACES)
def test_every_place_gives_the_same_pixels_in_order(make: Callable[[Path], Path], tmp_path: Path) -> None:
    source = open_images(str(make(tmp_path / "set")), Files())
    assert len(source) == COUNT
    np.testing.assert_array_equal(np.stack(read(source)), COLOUR.transpose(0, 3, 1, 2))
    some = [0, 63, 64, 100, COUNT - 1]
    np.testing.assert_array_equal(np.stack(read(source, some)), COLOUR[some].transpose(0, 3, 1, 2))
    first = source.first()
    assert first is not None
    np.testing.assert_array_equal(first, COLOUR[0].transpose(2, 0, 1))
    digests = [each for piece in source.pieces(np.arange(COUNT), 1) for each in piece.digests]
    array = [each for piece in ArraySet("", "", COLOUR).pieces(np.arange(COUNT), 3) for each in piece.digests]
    assert digests == array


@pytest.mark.parametrize("span", [(-1.0, 1.0), (0.0, 1.0), (0.0, 255.0)])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_numbers_of_a_stated_range_are_rounded(span: tuple[float, float], kind: type, tmp_path: Path) -> None:
    low, high = span
    values = (COLOUR / 255 * (high - low) + low).astype(kind)
    found = read(open_images(str(saved(values)(tmp_path / "floats")), Files(), span))
    most = 1 if kind is np.float16 else 0
    assert np.abs(np.stack(found).astype(int) - COLOUR.transpose(0, 3, 1, 2)).max() <= most


def test_grey_arrays_have_one_channel(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        np.stack(read(open_images(str(saved(GREY)(tmp_path / "g")), Files()))), GREY[:, None]
    )


def test_what_is_no_image_is_passed_over_and_named(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(encoded(COLOUR[0]))
    (tmp_path / "b.png").hardlink_to(tmp_path / "a.png")
    (tmp_path / "c.png").symlink_to("a.png")
    (tmp_path / ".d.png").write_bytes(encoded(COLOUR[1]))
    (tmp_path / "labels.txt").write_text("0")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "e.webp").write_bytes(encoded(COLOUR[2], "WEBP", lossless=True))
    deep = open_images(str(tmp_path), Files())
    assert len(deep) == 2
    assert {Path(each.name).name: each.why for each in deep.passed_over} == {
        "b.png": f"the same file as {tmp_path / 'a.png'}",
        "c.png": f"the same file as {tmp_path / 'a.png'}",
        ".d.png": "hidden",
        "labels.txt": "of another format",
    }
    assert deep.facts["passed_over"]["count"] == 4
    assert len(open_images(str(tmp_path), Files(deep=False))) == 1


@pytest.mark.parametrize("name", [b"a\nb.png", b"\xff\xfe.png", "é.png".encode(), b" .png", b"-rf.png"])
def test_any_name_of_a_file_will_do(name: bytes, tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(encoded(COLOUR[0]))
    assert len(read(open_images(str(tmp_path), Files()))) == 1


def test_an_image_that_cannot_be_used_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(encoded(COLOUR[i])[: 40 if i == 1 else None])
    (tmp_path / "3.png").symlink_to("nowhere")
    (piece,) = open_images(str(tmp_path), Files()).pieces(np.arange(4), 1)
    assert len(piece.images) == 2
    assert [Path(bad.name).name for bad in piece.bad] == ["1.png", "3.png"]


@pytest.mark.parametrize("plain", [True, False])
def test_convert_takes_what_a_plain_image_is_refused_for(plain: bool, tmp_path: Path) -> None:
    image = Image.fromarray(COLOUR[0])
    image.putalpha(9)
    image.save(tmp_path / "a.png")
    (piece,) = open_images(str(tmp_path), Files(plain=plain)).pieces(np.arange(1), 1)
    assert (len(piece.images), len(piece.bad)) == ((0, 1) if plain else (1, 0))
    if not plain:
        np.testing.assert_array_equal(piece.images[0], COLOUR[0].transpose(2, 0, 1))


def objects(path: Path) -> None:
    np.save(path, np.array([COLOUR[0], None], dtype=object), allow_pickle=True)


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a.png", encoded(COLOUR[0]))


def array(values: object) -> Callable[[Path], None]:
    return lambda path: np.save(path, np.asarray(values))


def npz(**arrays: NDArray[np.generic]) -> Callable[[Path], None]:
    return lambda path: np.savez(path, **arrays)


def content(data: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(data) and None


def holding(**files: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        for name, data in files.items():
            (path / name.replace("_", ".")).write_bytes(data)

    return make


def written(array: NDArray[np.generic]) -> bytes:
    np.save(file := io.BytesIO(), array)
    return file.getvalue()


REFUSED: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "nothing there": ("none", lambda _: None, "expected a folder"),
    "an empty folder": ("none", Path.mkdir, "expected files called"),
    "hidden files only": ("set", holding(_a_png=encoded(COLOUR[0])), "expected files called"),
    "no image by name": ("set", holding(a_txt=b"0"), "1 .txt; expected"),
    "an archive": ("set.zip", archive, "unpack it"),
    "a tar archive": ("set.tar.gz", content(b"x"), "unpack it"),
    "one image": ("set.png", content(encoded(COLOUR[0])), "name the folder"),
    "another file": ("set.csv", content(b"0"), "expected a folder"),
    "a pipe": ("set.npy", os.mkfifo, "expected a folder"),
    "floats": ("set.npy", array(COLOUR / 255), "--range=-1,1"),
    "whole numbers": ("set.npy", array(COLOUR.astype(np.int64)), "save the images as uint8"),
    "truth values": ("set.npy", array(COLOUR > 9), "save the images as uint8"),
    "texts": ("set.npy", array(COLOUR.astype(str)), "save the images as uint8"),
    "objects": ("set.npy", objects, "plain numbers"),
    "a pickle": ("set.npy", content(pickle.dumps(COLOUR)), "plain numbers"),
    "no numbers": ("set.npy", content(b""), "plain numbers"),
    "half an array": ("set.npy", content(written(COLOUR)[:500]), "plain numbers"),
    "a number": ("set.npy", array(np.uint8(3)), "expected (N, H, W, 3)"),
    "one dimension": ("set.npy", array(GREY.ravel()), "expected (N, H, W, 3)"),
    "one image as an array": ("set.npy", array(COLOUR[0]), "may be one image"),
    "its channels first": ("set.npy", array(COLOUR[0].transpose(2, 0, 1)), "may be one image"),
    "four channels": ("set.npy", array(np.zeros((5, 8, 8, 4), np.uint8)), "expected (N, H, W, 3)"),
    "channels first or last": ("set.npy", array(np.zeros((5, 3, 8, 3), np.uint8)), "first or last"),
    "no images": ("set.npy", array(COLOUR[:0]), "is no image"),
    "two arrays": ("set.npz", npz(a=COLOUR, b=GREY), "save them alone"),
    "no array of images": ("set.npz", npz(mu=np.zeros(4)), "save them alone"),
    "an npz of objects": ("set.npz", lambda path: np.savez(path, a=np.array([None, 1])), "save them alone"),
    "a zip called npz": ("set.npz", archive, "save them alone"),
    "damaged npz": ("set.npz", content(b"PK\x03\x04 and no more"), "plain numbers"),
    "damaged Parquet": ("set.parquet", content(b"PAR1"), "give a whole one"),
    "Parquet without images": (
        "set.parquet",
        lambda path: pq.write_table(pa.table({"label": [1, 2]}), path),
        "expected one with the images' files",
    ),
    "Parquet of two columns": (
        "set.parquet",
        lambda path: pq.write_table(pa.table({"a": [b"1"], "b": [b"2"]}), path),
        "expected one with the images' files",
    ),
}


@pytest.mark.parametrize(("name", "make", "mend"), REFUSED.values(), ids=REFUSED)
def test_refuses_in_one_line(
    name: str, make: Callable[[Path], object], mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path(name))
    before = sorted(tmp_path.rglob("*"))
    assert mend in refused(lambda: open_images(name, Files()), key=name, mend=mend)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("values", "span", "mend"),
    [
        (COLOUR / 127.5 - 1, (0.0, 1.0), "state the range"),
        (COLOUR.astype(float), (-1.0, 1.0), "state the range"),
        (np.where(COLOUR[3, 1, 1, 1] == COLOUR, np.nan, 0.5), (0.0, 1.0), "no number"),
        (np.full(COLOUR.shape, np.inf), (0.0, 1.0), "mend them"),
    ],
)
def test_refuses_values_outside_the_stated_range(
    values: NDArray[np.float64], span: tuple[float, float], mend: str
) -> None:
    source = ArraySet("set.npy", "npy", values, span)
    assert mend in refused(lambda: read(source), key="set.npy", mend=mend)


def test_bytes_need_no_range_beside_numbers_that_do(tmp_path: Path) -> None:
    path = str(saved(COLOUR)(tmp_path / "bytes"))
    found = read(open_images(path, Files(), (-1.0, 1.0)))
    np.testing.assert_array_equal(np.stack(found), COLOUR.transpose(0, 3, 1, 2))


def test_refuses_a_table_that_is_damaged_further_on(tmp_path: Path) -> None:
    path = plain_parquet(tmp_path / "set")
    source = ParquetSet(str(path), [path], {}, True)
    data = bytearray(path.read_bytes())
    data[200:5000] = bytes(4800)
    path.write_bytes(data)
    refused(lambda: read(source), key=str(path), mend="give a whole one")
    assert path.read_bytes() == data
