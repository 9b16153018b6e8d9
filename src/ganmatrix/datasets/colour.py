"""Colours as an embedded ICC profile means them, in sRGB, for which pixels without a profile are taken.

LittleCMS converts, with the relative colorimetric intent. What is no profile of the image's own colour space
says nothing of them, and the pixels stay as they are; browsers do the same.
"""

import io
import threading
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

PNG = b"\x89PNG\r\n\x1a\n"

CLASSES = ("mntr", "scnr", "prtr", "spac")
"""Profiles of displays, cameras, printers and colour spaces; those of the other classes are of no image."""

SPACES = {"L": "GRAY", "RGB": "RGB"}
"""The colour space that a profile must have, by the image's mode."""

SAME = 2
"""Levels by which a profile may differ from sRGB and count as sRGB: makers round its curve differently."""

PROFILES = 64
"""Profiles that are remembered, by their bytes."""

FLAGS = {"L": ImageCms.Flags.NOOPTIMIZE, "RGB": ImageCms.Flags.NOCACHE}
"""By the image's mode. LittleCMS's shortcuts are coarse in dark greys; threads may not share its cache."""

Conversion = list[int] | ImageCms.ImageCmsTransform

_one_at_a_time = threading.Lock()
_STEPS = [*range(0, 255, 15), 255]
_COLOURS = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS), axis=-1).reshape(1, -1, 3).astype(np.uint8)
"""A grid of colours, greys among them, on which a profile is compared with sRGB."""


def in_srgb(image: Image.Image) -> Image.Image:
    """An image of mode L or RGB in sRGB. Without a profile, or with sRGB's, it is the same image."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or (conversion := _conversion(profile, image.mode)) is None:
        return image
    return image.point(conversion) if isinstance(conversion, list) else conversion.apply(image)


def without_malformed_profile(data: bytes) -> bytes:
    """A PNG file without its profile's chunk if that has no name, or an unknown compression.

    Pillow refuses the whole file for it. Other files as they are.
    """
    place = len(PNG)
    while data.startswith(PNG) and (kind := data[place + 4 : place + 8]) not in (b"IDAT", b""):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if kind == b"iCCP":
            _, ended, profile = data[place + 8 : end - 4].partition(b"\0")
            return data if ended and profile.startswith(b"\0") else data[:place] + data[end:]
        place = end
    return data


@lru_cache(PROFILES)
def _conversion(profile: bytes, mode: str) -> Conversion | None:
    """The new level of each level of grey, or a transform of colours. None if pixels stay as they are."""
    try:
        with _one_at_a_time:
            transform = _transform(profile, mode)
    except (OSError, ValueError, TypeError):  # a malformed profile
        return None
    if transform is None:
        return None
    before = np.arange(256, dtype=np.uint8)[None] if mode == "L" else _COLOURS
    after = np.asarray(transform.apply(Image.fromarray(before)))
    if mode == "L":
        after = after[..., 1]  # of three channels that are equal but for rounding
    if np.abs(after.astype(int) - before).max() <= SAME:
        return None
    return after[0].tolist() if mode == "L" else transform


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the colours of a profile to sRGB; None if it is no profile of such an image."""
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if opened.profile.device_class not in CLASSES or opened.profile.xcolor_space.strip() != SPACES[mode]:
        return None
    return ImageCms.ImageCmsTransform(
        opened,
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=FLAGS[mode],
    )
