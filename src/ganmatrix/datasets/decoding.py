"""From the bytes of an image file to pixels, refusing whatever would not come out as it looks."""

import io
import threading
from contextlib import nullcontext

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from ganmatrix.datasets.resizing import resize
from ganmatrix.datasets.stream import BadSample, Frame, first_line

LARGEST_FILE = 64 * 1024**2
"""Bytes of an image file."""

LARGEST_PIXELS = 64_000_000
"""Height times width. A file that claims more is taken for damaged or hostile."""

LARGE_PIXELS = 4_000_000
"""Larger images are decoded one at a time, so that memory does not grow with the threads."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
"""What is read, MPO as the JPEG that it begins with; formats that call other programs are not."""

PLAIN_MODES = {"1": "L", "L": "L", "RGB": "RGB"}
TRANSPARENT_MODES = {"LA": "L", "PA": "RGB", "RGBA": "RGB"}
WITH_ALPHA = {"1": "LA", "L": "LA", "P": "RGBA", "RGB": "RGBA"}

_one_large = threading.Lock()
Image.init()  # else Pillow knows only some of them until something is saved


def decode(data: bytes) -> NDArray[np.uint8]:
    """The pixels (H, W) or (H, W, 3) of an image file. BadSample says what is wrong with it.

    Pillow warns of odd metadata; whoever calls this from several threads silences that once, for
    Python's filters are the process's.
    """
    if not data:
        raise BadSample("it is empty")
    if len(data) > LARGEST_FILE:
        raise BadSample(f"it has {len(data):,} bytes; at most {LARGEST_FILE:,} are read")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            if width * height > LARGEST_PIXELS:
                raise BadSample(f"it has {width}x{height} pixels; at most {LARGEST_PIXELS:,} in all are read")
            with _one_large if width * height > LARGE_PIXELS else nullcontext():
                return _pixels(image)
    except BadSample:
        raise
    except UnidentifiedImageError:
        raise BadSample(f"it is no image of a known format ({', '.join(FORMATS)})") from None
    except Image.DecompressionBombError:
        raise BadSample(f"it claims more than {LARGEST_PIXELS:,} pixels") from None
    except Exception as error:  # decoders of hostile bytes raise what they like
        raise BadSample(f"it is truncated or corrupt ({first_line(error)})") from None


def fit(pixels: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """An image (H, W) or (H, W, 3) in its frame: (channels, side, side).

    A centred square is cut out and resized, antialiased. Grey is repeated for three channels,
    colour becomes luma for one.
    """
    height, width = pixels.shape[:2]
    crop = min(height, width) if frame.crop is None else frame.crop
    if crop > min(height, width):
        raise BadSample(f"it has {width}x{height} pixels; the crop needs {crop}x{crop}")
    top, left = (height - crop) // 2, (width - crop) // 2
    square = pixels[top : top + crop, left : left + crop]
    if frame.channels == 1 and square.ndim == 3:
        square = np.asarray(Image.fromarray(np.ascontiguousarray(square)).convert("L"))
    if crop != frame.side:
        square = resize(np.ascontiguousarray(square), frame.side, frame.side)
    if square.ndim == 2:
        return np.broadcast_to(square, (frame.channels, frame.side, frame.side))
    return square.transpose(2, 0, 1)


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    if (frames := getattr(image, "n_frames", 1)) > 1 and image.format != "MPO":
        raise BadSample(f"it is animated or has pages ({frames} frames); save one of them")
    if _bits(image) > 8:
        raise BadSample("it has 16 bits a channel; save it with 8")
    if "transparency" in image.info and image.mode in WITH_ALPHA:
        image = image.convert(WITH_ALPHA[image.mode])
    elif image.mode == "P":
        image = image.convert("RGB")
    if image.mode in TRANSPARENT_MODES:
        lowest, _ = image.getchannel("A").getextrema()
        if lowest != 255:
            raise BadSample("it is transparent in places; put it on a background")
    elif image.mode not in PLAIN_MODES:
        raise BadSample(f"its pixels are {image.mode}, not 8-bit grey or RGB; convert it")
    plain = (PLAIN_MODES | TRANSPARENT_MODES)[image.mode]
    ImageOps.exif_transpose(image, in_place=True)
    return np.asarray(image if image.mode == plain else image.convert(plain))


def _bits(image: Image.Image) -> int:
    """Bits a channel in the file. Pillow itself reads 16-bit colour as 8 and does not say so."""
    if not isinstance(image, ImageFile.ImageFile) or not image.tile:
        return 8
    decoder, _, _, arguments = image.tile[0]
    details = arguments if isinstance(arguments, tuple) else (arguments,)
    if decoder.startswith("ppm"):  # its last argument is the value of white
        return 16 if isinstance(details[-1], int) and details[-1] > 255 else 8
    return 16 if ";16" in str(details[0]) and image.format != "BMP" else 8
