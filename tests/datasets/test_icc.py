"""Embedded ICC profiles: colours come out in sRGB, against the closed form; sRGB's own change no bit."""

import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from ganmatrix.datasets import colour
from ganmatrix.datasets.images import decode, frame_chunk
from ganmatrix.datasets.source import BadSample, Frame, Sample
from helpers.archives import encoded
from helpers.profiles import ADOBE_RGB, DISPLAY_P3, SRGB, colour_profile, grey_profile, in_srgb, to_xyz

KINDS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "WEBP": {"lossless": True},
    "TIFF": {},
    "JPEG": {"quality": 100, "subsampling": 0},
}
LOSSLESS = [kind for kind in KINDS if kind != "JPEG"]
SWAPPED = colour_profile(to_xyz(SRGB)[:, [1, 0, 2]], 2.2)
"""Its red is sRGB's green."""
BUILT_IN = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
NOISE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
NOISE[:10] //= 16
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)


def plain(value: tuple[int, ...]) -> np.ndarray:
    return np.full((16, 16, 3), value, np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_red_comes_out_as_the_green_that_the_profile_says_it_is(kind: str) -> None:
    red = plain((255, 0, 0))
    found = decode(encoded(red, kind, icc_profile=SWAPPED, **KINDS[kind]))
    assert np.abs(found.astype(int) - (0, 255, 0)).max() <= (1 if kind == "JPEG" else 0)
    without = decode(encoded(red, kind, **KINDS[kind]))
    assert np.abs(without.astype(int) - red).max() <= (1 if kind == "JPEG" else 0)


@pytest.mark.parametrize(("primaries", "gamma"), [(ADOBE_RGB, 2.19921875), (DISPLAY_P3, 1.8), (SRGB, 1.0)])
@pytest.mark.parametrize("kind", LOSSLESS)
def test_colours_against_the_closed_form(kind: str, primaries: Any, gamma: float) -> None:
    found = decode(encoded(NOISE, kind, icc_profile=colour_profile(to_xyz(primaries), gamma), **KINDS[kind]))
    linear = (NOISE / 255) ** (round(gamma * 256) / 256)
    expected = in_srgb(linear @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(primaries)).T)
    assert np.abs(found - expected).max() < 0.75  # 0.5 of them by rounding
    assert np.abs(found.astype(int) - NOISE).max() > 20


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "JPEG"])
def test_greys_against_the_closed_form(kind: str, gamma: float) -> None:
    written = encoded(GREYS, kind, icc_profile=grey_profile(gamma), quality=100)
    shown = decode(encoded(GREYS, kind, quality=100))
    found = decode(written)
    assert found.shape == GREYS.shape
    assert np.abs(found - in_srgb((shown / 255) ** (round(gamma * 256) / 256))).max() < 0.51
    assert np.abs(found.astype(int) - shown).max() > 5


def test_palettes_and_opaque_images_follow_their_profile() -> None:
    red = Image.fromarray(plain((255, 0, 0)))
    for image in (red.quantize(4), red.convert("RGBA")):
        stream = BytesIO()
        image.save(stream, "PNG", icc_profile=SWAPPED)
        assert (decode(stream.getvalue()) == plain((0, 255, 0))).all()
    stream = BytesIO()
    Image.fromarray(GREYS).convert("LA").save(stream, "PNG", icc_profile=grey_profile(1.0))
    assert np.abs(decode(stream.getvalue()) - in_srgb(GREYS / 255)).max() < 0.51


def test_grey_is_made_of_the_colours_that_are_meant() -> None:
    data = encoded(plain((255, 0, 0)), icc_profile=SWAPPED)
    framed = frame_chunk([Sample("x", "train", 0, data)], Frame(16, 1))
    luma = np.asarray(Image.fromarray(plain((0, 255, 0))).convert("L"))
    assert (framed.images["train"][0, 0] == luma).all()


@pytest.mark.parametrize("kind", LOSSLESS)
@pytest.mark.parametrize("profile", [BUILT_IN, None])
def test_srgb_changes_no_bit(kind: str, profile: bytes | None) -> None:
    assert (decode(encoded(NOISE, kind, icc_profile=profile, **KINDS[kind])) == NOISE).all()


@pytest.mark.parametrize(
    "profile",
    [
        b"x",
        b"nonsense" * 40,
        bytes(300),
        SWAPPED[:-40],
        SWAPPED[:200],
        colour_profile(to_xyz(ADOBE_RGB), 1.0, kind=b"link"),
        colour_profile(to_xyz(ADOBE_RGB), 1.0, kind=b"nmcl"),
        grey_profile(1.0),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_profile_of_the_image_changes_no_bit(kind: str, profile: bytes) -> None:
    with_profile = decode(encoded(NOISE, kind, icc_profile=profile, **KINDS[kind]))
    assert (with_profile == decode(encoded(NOISE, kind, **KINDS[kind]))).all()


def _with_chunk(png: bytes, content: bytes) -> bytes:
    """A PNG file with a chunk for a profile behind its header."""
    checked = b"iCCP" + content
    chunk = struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
    return png[:33] + chunk + png[33:]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no end of the name",
        b"name\0",
        b"name\0\7" + zlib.compress(SWAPPED),
        b"name\0\0" + zlib.compress(SWAPPED)[:50],
        b"name\0\0no zlib",
    ],
)
def test_a_malformed_chunk_spoils_no_png(content: bytes) -> None:
    assert (decode(_with_chunk(encoded(NOISE), content)) == NOISE).all()


def test_a_sound_chunk_counts() -> None:
    red = encoded(plain((255, 0, 0)))
    found = decode(_with_chunk(red, b"name\0\0" + zlib.compress(SWAPPED)))
    assert (found == plain((0, 255, 0))).all()


@pytest.mark.parametrize("cut", range(8, 60))
def test_a_png_that_ends_in_its_chunks_is_corrupt(cut: int) -> None:
    with pytest.raises(BadSample):
        decode(_with_chunk(encoded(NOISE), b"name")[:cut])


def test_a_profile_of_colour_says_nothing_of_grey() -> None:
    assert (decode(encoded(GREYS, icc_profile=SWAPPED)) == GREYS).all()


def test_no_damage_of_a_profile_spoils_an_image() -> None:
    draw, whole = random.Random(0), colour_profile(to_xyz(ADOBE_RGB), 2.2)
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 4, 30])):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        cut = bytes(damaged[: draw.choice([len(whole), draw.randrange(1, len(whole))])])
        assert decode(encoded(NOISE, icc_profile=cut)).shape == NOISE.shape


def test_a_profile_lets_pass_nothing_that_is_refused() -> None:
    stream = BytesIO()
    Image.fromarray(NOISE).convert("CMYK").save(stream, "JPEG", icc_profile=SWAPPED)
    with pytest.raises(BadSample, match="CMYK"):
        decode(stream.getvalue())


def test_threads_share_profiles() -> None:
    gammas = [1.0 + number / 10 for number in range(12)]
    written = [encoded(NOISE, icc_profile=colour_profile(to_xyz(ADOBE_RGB), gamma)) for gamma in gammas]
    alone = [decode(data) for data in written]
    colour._conversion.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(decode, written * 20))
    assert all((found == alone[number % 12]).all() for number, found in enumerate(together))
