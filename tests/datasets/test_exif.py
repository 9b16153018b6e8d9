"""Orientation by EXIF: followed where it can be read, in every format; else the pixels stay as they are."""

import numpy as np
import pytest
from PIL import Image

from ganmatrix.datasets.images import decode
from ganmatrix.datasets.source import BadSample
from helpers.archives import encoded, picture

pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # as whoever prepares data has it

LOSSLESS = {"PNG": {}, "WEBP": {"lossless": True}}
MALFORMED = [
    b"Exif\0\0" + b"nonsense",
    b"Exif\0\0II*\0\x08\0\0\0\xff\xff",
    b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\xff\xff\xff\xff",
]


@pytest.mark.parametrize("exif", MALFORMED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_malformed_block_spoils_no_image(kind: str, exif: bytes) -> None:
    pixels = picture(3)
    found = decode(encoded(pixels, kind, exif=exif, **LOSSLESS.get(kind, {"quality": 100, "subsampling": 0})))
    assert found.shape == pixels.shape
    assert np.abs(found.astype(int) - pixels).max() <= (0 if kind in LOSSLESS else 16)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_a_sound_block_turns_the_image(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    pixels = picture(3, height=20, width=30)
    found = decode(encoded(pixels, kind, exif=exif.tobytes(), **LOSSLESS[kind]))
    assert np.array_equal(found, np.rot90(pixels, k=-1))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_cut_file_is_still_corrupt(kind: str) -> None:
    whole = encoded(picture(3), kind, exif=MALFORMED[0], **LOSSLESS[kind])
    with pytest.raises(BadSample):
        decode(whole[: len(whole) // 2])
