"""Image files that cannot be used: one line names the file, the fault and the mend; or they are left out."""

import os
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from helpers.archives import encoded, jpeg, picture
from helpers.preparing import Run, card, describe, good_images, refused
from helpers.refusal import names

FOLDER = {"kind": "image_folder", "resolution": 32, "train": "images", "held_out_share": 0.25}


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def _png(width: int, height: int, bits: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG byte by byte; `rows` begin with a filter's number."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + _chunk(b"IEND", b"")


def _deep(colour: int, channels: int) -> bytes:
    return _png(32, 32, 16, colour, (b"\0" + bytes(64 * channels)) * 32)


def _animated(kind: str) -> bytes:
    frames = [Image.fromarray(picture(60 * n)) for n in range(3)]
    return _saved(frames[0], kind, save_all=True, append_images=frames[1:])


def _palette() -> bytes:
    image = Image.fromarray(picture(1)).quantize(8)
    return _saved(image, "PNG", transparency=int(np.asarray(image)[0, 0]))


def _rgba(alpha: int) -> Image.Image:
    image = Image.fromarray(picture(1)).convert("RGBA")
    image.putpixel((3, 5), (1, 2, 3, alpha))
    return image


PLAIN = encoded(picture(1))
TIFF_16 = _saved(Image.fromarray(np.zeros((32, 32), np.uint16)), "TIFF")
NO_IMAGE = "it is no image of a known format"
CORRUPT = "it is truncated or corrupt ("
DEEP = "it has 16 bits a channel; save it with 8"
FRAMES = "it is animated or has pages (3 frames); save one of them"
TRANSPARENT = "it is transparent in places; put it on a background"
CLAIMS = "it claims more than 64,000,000 pixels"

BAD: dict[str, tuple[bytes, str]] = {
    "empty.png": (b"", "it is empty"),
    "text.jpg": (b"this is not an image\n" * 50, NO_IMAGE),
    "drawing.svg": (b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', NO_IMAGE),
    "document.pdf": (b"%PDF-1.7\n%EOF\n", NO_IMAGE),
    "postscript.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", NO_IMAGE),
    "pickle.png": (b"\x80\x04cos\nsystem\n(S'touch /tmp/x'\ntR.", NO_IMAGE),
    "noise.jpg": (bytes(range(256)) * 8, NO_IMAGE),
    "header_only.jpg": (jpeg(1)[:4], NO_IMAGE),
    "cut_short.jpg": (jpeg(1)[:-200], CORRUPT),
    "cut_short.png": (PLAIN[: len(PLAIN) // 2], CORRUPT),
    "cut_short.webp": (encoded(picture(1), "WEBP")[:-20], CORRUPT),
    "cut_short.gif": (encoded(picture(1), "GIF")[:-200], CORRUPT),
    "cut_short.bmp": (encoded(picture(1), "BMP")[:-9], CORRUPT),
    "cut_short.tiff": (encoded(picture(1), "TIFF")[:300], CORRUPT),
    "flipped.png": (PLAIN[:60] + bytes([PLAIN[60] ^ 0x55]) + PLAIN[61:], CORRUPT),
    "no_data.png": (PLAIN[:33] + _chunk(b"IEND", b""), CORRUPT),
    "no_pixels.png": (_png(0, 0, 8, 2, b""), NO_IMAGE),
    "grey_16.png": (_deep(0, 1), DEEP),
    "colour_16.png": (_deep(2, 3), DEEP),
    "grey_alpha_16.png": (_deep(4, 2), DEEP),
    "colour_alpha_16.png": (_deep(6, 4), DEEP),
    "grey_16.tiff": (TIFF_16, DEEP),
    "grey_16.pgm": (b"P5 32 32 65535\n" + bytes(2048), DEEP),
    "colour_16.ppm": (b"P6 32 32 65535\n" + bytes(6144), DEEP),
    "colour_12.ppm": (b"P6 32 32 4095\n" + bytes(6144), DEEP),
    "float.tiff": (
        _saved(Image.fromarray(np.zeros((32, 32), np.float32)), "TIFF"),
        "its pixels are F, not 8-bit",
    ),
    "integer.tiff": (
        _saved(Image.fromarray(np.zeros((32, 32), np.int32)), "TIFF"),
        "its pixels are I, not 8-bit",
    ),
    "cmyk.jpg": (
        _saved(Image.fromarray(picture(1)).convert("CMYK"), "JPEG"),
        "its pixels are CMYK, not 8-bit",
    ),
    "lab.tiff": (_saved(Image.new("LAB", (32, 32)), "TIFF"), "its pixels are LAB, not 8-bit"),
    "animated.gif": (_animated("GIF"), FRAMES),
    "animated.webp": (_animated("WEBP"), FRAMES),
    "animated.png": (_animated("PNG"), FRAMES),
    "pages.tiff": (_animated("TIFF"), FRAMES),
    "palette.png": (_palette(), TRANSPARENT),
    "see_through.png": (_saved(_rgba(254), "PNG"), TRANSPARENT),
    "see_through.webp": (_saved(_rgba(0), "WEBP", lossless=True), TRANSPARENT),
    "grey_see_through.png": (_saved(_rgba(0).convert("LA"), "PNG"), TRANSPARENT),
    "key_colour.png": (
        _png(32, 32, 8, 2, (b"\0" + bytes(96)) * 32, _chunk(b"tRNS", bytes(6))),
        TRANSPARENT,
    ),
    "key_grey.png": (_png(32, 32, 8, 0, (b"\0" + bytes(32)) * 32, _chunk(b"tRNS", bytes(2))), TRANSPARENT),
    "bomb.png": (_png(100_000, 100_000, 8, 2, b""), CLAIMS),
    "smaller_bomb.png": (
        _png(10_000, 9_000, 8, 2, b""),
        "it has 10000x9000 pixels; at most 64,000,000 in all",
    ),
    "text_bomb.png": (
        _png(32, 32, 8, 2, (b"\0" + bytes(96)) * 32, _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8)))),
        CORRUPT,
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_image(name: str, project: Callable[..., Path], run: Run) -> None:
    content, reason = BAD[name]
    folder = describe(project, **FOLDER)
    bad = good_images(folder) / "cats" / name
    bad.write_bytes(content)
    line = refused(run, folder)
    assert line.startswith(f"images/cats/{name}: {reason}")
    assert line.endswith(
        "; repair or remove it, or leave out all such images with `skip_bad: true` under datasets.mine "
        "(once: --skip-bad)"
    )
    by_option = card(run, folder, "--skip-bad")
    assert sum(by_option["counts"].values()) == 4
    assert by_option["skipped"]["count"] == 1
    [[where, why]] = by_option["skipped"]["first"]
    assert where == f"images/cats/{name}"
    assert why.startswith(reason)
    describe(project, **FOLDER, skip_bad=True)
    assert card(run, folder) == by_option


def _large(folder: Path) -> None:
    with (folder / "large.png").open("wb") as file:
        file.truncate(10**10)  # takes no room on the disk


def _nowhere(folder: Path) -> None:
    (folder / "nowhere.png").symlink_to("gone.png")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.png")


def _device(folder: Path) -> None:
    (folder / "device.png").symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (_large, "large.png: it has 67,108,865 bytes; at most 67,108,864 are read"),
        (_nowhere, "nowhere.png: it is no file, or a link that leads nowhere"),
        (_pipe, "pipe.png: it is no file, or a link that leads nowhere"),
        (_device, "device.png: it is no file, or a link that leads nowhere"),
    ],
)
def test_what_is_no_usual_file(
    make: Callable[[Path], None], reason: str, project: Callable[..., Path], run: Run
) -> None:
    folder = describe(project, **FOLDER)
    make(good_images(folder) / "cats")
    assert refused(run, folder).startswith(f"images/cats/{reason}")
    assert card(run, folder, "--skip-bad")["skipped"]["count"] == 1


def test_a_file_that_may_not_be_read(
    project: Callable[..., Path], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = describe(project, **FOLDER)
    bad = good_images(folder) / "cats/1.png"
    (folder / "images/cats/4.png").write_bytes(bad.read_bytes())
    opened = Path.open

    def refusing(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == bad.name:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refusing)
    assert refused(run, folder).startswith("images/cats/1.png: it cannot be read (Permission denied); repair")
    assert card(run, folder, "--skip-bad")["skipped"]["count"] == 1


def test_a_crop_larger_than_an_image(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDER, crop=32)
    (good_images(folder) / "cats/low.png").write_bytes(encoded(picture(1, 31, 90)))
    assert refused(run, folder).startswith("images/cats/low.png: it has 90x31 pixels; the crop needs 32x32;")
    assert card(run, folder, "--skip-bad")["skipped"]["count"] == 1


def test_all_bad_leaves_nothing_to_train_on(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDER, skip_bad=True)
    for path in (good_images(folder) / "cats").iterdir():
        path.write_bytes(b"")
    ended = run("prepare", "mine")
    assert ended.status == 2
    names(ended.err.splitlines()[-1], key="mine", mend="repair them, or give more")
    assert not (folder / "data/mine/train.npy").read_bytes().startswith(b"\x93NUMPY")


def _turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    return _saved(Image.fromarray(np.rot90(picture(1))), "PNG", exif=exif)


def _annotated() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("comment", "x" * 5000, zip=True)
    return _saved(Image.fromarray(picture(1)), "PNG", pnginfo=notes)


GOOD: dict[str, bytes] = {
    "upright.png": _turned(),
    "annotated.png": _annotated(),
    "opaque.png": _saved(_rgba(255), "PNG"),
    "plain.bmp": encoded(picture(1), "BMP"),
    "plain.tiff": encoded(picture(1), "TIFF"),
    "packed.tiff": _saved(Image.fromarray(picture(1)), "TIFF", compression="tiff_lzw"),
    "plain.ppm": encoded(picture(1), "PPM"),
    "lossless.webp": encoded(picture(1), "WEBP", lossless=True),
    "wrong_name.jpg": PLAIN,
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_image_comes_out_as_it_looks(name: str, project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDER)
    (good_images(folder, 1) / "cats" / name).write_bytes(GOOD[name])
    assert card(run, folder)["skipped"] == {"count": 0, "first": []}
    found = [*np.load(folder / "data/mine/train.npy"), *np.load(folder / "data/mine/held_out.npy")]
    expected = picture(1).transpose(2, 0, 1).copy()
    if name == "opaque.png":
        expected[:, 5, 3] = 1, 2, 3
    assert any(np.array_equal(image, expected) for image in found)


@pytest.mark.parametrize("width", [56, 112, 168, 216, 540, 1000])
def test_a_bitmap_of_any_width_is_read(width: int, project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDER)
    (good_images(folder) / "cats/wide.bmp").write_bytes(encoded(picture(1, 40, width), "BMP"))
    assert card(run, folder)["skipped"]["count"] == 0


def test_grey_becomes_colour_and_colour_grey(project: Callable[..., Path], run: Run) -> None:
    folder = describe(project, **FOLDER)
    good_images(folder, 2)
    greys = [picture(number, channels=1)[..., 0] for number in range(2)]
    for number, grey in enumerate(greys):
        (folder / f"images/cats/{number}.png").write_bytes(encoded(grey))
    assert card(run, folder)["shape"] == [3, 32, 32]
    found = [np.load(folder / f"data/mine/{split}.npy") for split in ("train", "held_out")]
    assert sorted(image.tobytes() for image in np.concatenate(found)) == sorted(
        np.stack([grey] * 3).tobytes() for grey in greys
    )
    describe(project, **FOLDER, channels=1)
    for number in range(2):
        (folder / f"images/cats/{number}.png").write_bytes(encoded(picture(number)))
    assert card(run, folder)["shape"] == [1, 32, 32]
    found = [np.load(folder / f"data/mine/{split}.npy") for split in ("train", "held_out")]
    lumas = [np.asarray(Image.fromarray(picture(number)).convert("L")) for number in range(2)]
    assert sorted(image.tobytes() for image in np.concatenate(found)) == sorted(
        luma.tobytes() for luma in lumas
    )
