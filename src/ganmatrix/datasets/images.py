"""From the bytes of image files to pixels in a frame, many at once, by several threads, in order.

Whatever would not come out as it looks is refused. There is one resizer: the same filter for every
source, antialiased when shrinking.
"""

import io
import struct
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from ganmatrix.datasets.colour import in_srgb, without_malformed_profile
from ganmatrix.datasets.duplicates import content_hashes, perceptual_hashes
from ganmatrix.datasets.source import BadSample, Frame, Sample, Split, first_line

RESIZER = "Pillow bicubic, antialiased"

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

CHUNK = 64
CHUNK_BYTES = 8 * 1024**2
"""Samples that one thread takes at a time, and bytes of them after which it takes no more."""

_BAD_EXIF = (SyntaxError, ValueError, TypeError, KeyError, OSError, EOFError, struct.error)
"""What Pillow raises of a malformed EXIF block, which tells nothing of the orientation of sound pixels."""

_one_large = threading.Lock()
Image.init()  # else Pillow knows only some of them until something is saved


def resize(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Resize an image (H, W) or (H, W, 3), uint8."""
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def decode(data: bytes, plain: bool = True) -> NDArray[np.uint8]:
    """The pixels (H, W) or (H, W, 3) of an image file. BadSample says what is wrong with it.

    Without `plain` they are what Pillow's `convert("RGB")` makes of the first frame, whatever it looks like:
    transparency is dropped, and the orientation of EXIF ignored.

    Pillow warns of odd metadata; whoever calls this from several threads silences that once, for
    Python's filters are the process's.
    """
    if not data:
        raise BadSample("it is empty")
    if len(data) > LARGEST_FILE:
        raise BadSample(f"it has {len(data):,} bytes; at most {LARGEST_FILE:,} are read")
    try:
        with Image.open(io.BytesIO(without_malformed_profile(data)), formats=FORMATS) as image:
            width, height = image.size
            if width * height > LARGEST_PIXELS:
                raise BadSample(f"it has {width}x{height} pixels; at most {LARGEST_PIXELS:,} in all are read")
            with _one_large if width * height > LARGE_PIXELS else nullcontext():
                return _plain_pixels(image) if plain else np.asarray(image.convert("RGB"))
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


def _plain_pixels(image: Image.Image) -> NDArray[np.uint8]:
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
    image.load()
    with suppress(*_BAD_EXIF):
        ImageOps.exif_transpose(image, in_place=True)
    return np.asarray(in_srgb(image if image.mode == plain else image.convert(plain)))


def _bits(image: Image.Image) -> int:
    """Bits a channel in the file. Pillow itself reads 16-bit colour as 8 and does not say so."""
    if not isinstance(image, ImageFile.ImageFile) or not image.tile:
        return 8
    decoder, _, _, arguments = image.tile[0]
    details = arguments if isinstance(arguments, tuple) else (arguments,)
    if decoder.startswith("ppm"):  # its last argument is the value of white
        return 16 if isinstance(details[-1], int) and details[-1] > 255 else 8
    return 16 if ";16" in str(details[0]) and image.format != "BMP" else 8


class Bad(NamedTuple):
    """A sample that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Framed:
    """What became of some samples: the good ones by split, and the bad ones."""

    count: int
    """Samples looked at, bad ones included."""
    images: dict[Split, NDArray[np.uint8]]
    """(n, channels, side, side)."""
    labels: dict[Split, NDArray[np.int64]]
    hashes: dict[Split, NDArray[np.uint64]]
    """(n, 3): the number of each among these samples, the hash of its content, the perceptual hash."""
    bad: list[Bad]


def frame_all(samples: Iterable[Sample], frame: Frame, threads: int) -> Generator[Framed, None, None]:
    """Frame samples chunk by chunk, in their order. Decoding leaves the other threads running."""
    with ThreadPoolExecutor(threads, thread_name_prefix="frame") as pool:
        waiting: deque[Future[Framed]] = deque()
        try:
            for chunk in _chunks(samples):
                waiting.append(pool.submit(frame_chunk, chunk, frame))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _chunks(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    chunk: list[Sample] = []
    size = 0
    for sample in samples:
        chunk.append(sample)
        if isinstance(sample.image, bytes):
            size += len(sample.image)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def frame_chunk(samples: Iterable[Sample], frame: Frame) -> Framed:
    """Frame a few samples."""
    found: dict[Split, list[tuple[int, NDArray[np.uint8], int]]] = {"train": [], "held_out": []}
    bad, count = [], 0
    for number, sample in enumerate(samples):
        count += 1
        try:
            found[sample.split].append((number, fit(_pixels(sample.image), frame), sample.label))
        except BadSample as problem:
            bad.append(Bad(sample.name, str(problem)))
    nothing = np.empty((0, frame.channels, frame.side, frame.side), np.uint8)
    images = {
        split: np.stack([pixels for _, pixels, _ in good]) if good else nothing
        for split, good in found.items()
    }
    labels = {
        split: np.array([label for _, _, label in good], dtype=np.int64) for split, good in found.items()
    }
    hashes = {
        split: np.stack(
            [
                np.array([number for number, _, _ in good], dtype=np.uint64),
                content_hashes(images[split]),
                perceptual_hashes(images[split]),
            ],
            axis=1,
        )
        for split, good in found.items()
    }
    return Framed(count, images, labels, hashes, bad)


def _pixels(image: bytes | NDArray[np.uint8] | Path | BadSample) -> NDArray[np.uint8]:
    if isinstance(image, BadSample):
        raise image
    if isinstance(image, np.ndarray):
        return image
    return decode(content(image) if isinstance(image, Path) else image)


def content(path: Path) -> bytes:
    """The bytes of an image file, up to one more than can be decoded. BadSample if it cannot be read."""
    try:
        if not path.is_file():  # a pipe would be waited for
            raise BadSample("it is no file, or a link that leads nowhere")
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadSample(f"it cannot be read ({error.strerror})") from None
