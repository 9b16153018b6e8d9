"""From the bytes of an image file to pixels, refusing whatever would not come out as it looks."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ganmatrix.datasets.resizing import resize
from ganmatrix.datasets.stream import BadSample, Frame

LARGEST_PIXELS = 100_000_000
"""Height times width. A file that claims more is taken for damaged or hostile."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "MPO")
"""What is read; formats that call other programs are not."""

PLAIN_MODES = {"1": "L", "L": "L", "RGB": "RGB"}
TRANSPARENT_MODES = {"LA": "L", "La": "L", "PA": "RGB", "RGBA": "RGB", "RGBa": "RGB"}


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels (H, W) or (H, W, 3) of an image file. BadSample says what is wrong with it."""
    if not data:
        raise BadSample("it is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of metadata; what matters raises below
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _pixels(image)
    except UnidentifiedImageError:
        raise BadSample(f"it is no image of a known format ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise BadSample(f"it claims more than {LARGEST_PIXELS:,} pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, MemoryError) as error:
        raise BadSample(f"it is truncated or corrupt ({_first_line(error)})") from None


def fit(pixels: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """An image (H, W) or (H, W, 3) in its frame: (channels, side, side).

    A centred square is cut out and resized, antialiased. Grey is repeated for three channels,
    colour becomes luma for one.
    """
    if frame.channels == 1 and pixels.ndim == 3:
        pixels = np.asarray(Image.fromarray(pixels).convert("L"))
    height, width = pixels.shape[:2]
    crop = min(height, width) if frame.crop is None else frame.crop
    if crop > min(height, width):
        raise BadSample(f"it has {width}x{height} pixels; the crop needs {crop}x{crop}")
    top, left = (height - crop) // 2, (width - crop) // 2
    square = pixels[top : top + crop, left : left + crop]
    if crop != frame.side:
        square = resize(np.ascontiguousarray(square), frame.side, frame.side)
    if square.ndim == 2:
        return np.broadcast_to(square, (frame.channels, frame.side, frame.side))
    return square.transpose(2, 0, 1)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    width, height = image.size
    if width * height > LARGEST_PIXELS:
        raise BadSample(f"it has {width}x{height} pixels; at most {LARGEST_PIXELS:,} in all are read")
    if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
        raise BadSample(f"it is animated ({getattr(image, 'n_frames', 1)} frames); save one frame of it")
    if "16" in str(image.tile[0][3] if image.tile else ""):
        raise BadSample("it has 16 bits a channel; save it with 8")
    mode = image.mode
    if mode == "P":
        mode = "RGBA" if "transparency" in image.info else "RGB"
        image = image.convert(mode)
    if mode in TRANSPARENT_MODES:
        if image.getchannel("A").getextrema()[0] != 255:
            raise BadSample("it is transparent in places; put it on a background")
    elif mode not in PLAIN_MODES:
        raise BadSample(f"its pixels are {mode}, not 8-bit grey or RGB; convert it")
    plain = (PLAIN_MODES | TRANSPARENT_MODES)[mode]
    upright = ImageOps.exif_transpose(image)
    return np.asarray(upright if upright.mode == plain else upright.convert(plain))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
