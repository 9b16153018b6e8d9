"""D on common corruptions of images, Hendrycks and Dietterich 2019: by noise, blur, light, and storage.

Levels of severity 1 to 5 are those of their CIFAR-10-C, whose images of 32x32 pixels are of the size of
ours; ImageNet-C's would leave nothing of so small an image. Of each of their families those are here
that need no picture of frost and no program beside Python: three of noise, two of blur, brightness for
the weather, three of digital processing. Images are floats (n, c, s, s) in [0, 1], with c of 1 or 3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.color import hsv2rgb, rgb2hsv
from skimage.util import random_noise
from torch import Tensor

from ganmatrix.entry import Entry
from ganmatrix.probes.discrimination import curve_columns, discrimination
from ganmatrix.probes.subject import Probe, Subject
from ganmatrix.probes.transforms import scale

Images = NDArray[np.float32]


@dataclass(frozen=True)
class Corruption:
    """`apply` maps images, a level and a source of chance to images, which may leave [0, 1]."""

    levels: tuple[float, float, float, float, float]
    """By severity."""
    apply: Callable[[Images, float, np.random.Generator], NDArray[np.floating]]


def corrupt(images: Tensor, kind: str, severity: int, rng: np.random.Generator) -> Tensor:
    """Images (n, c, s, s) in [-1, 1] after the corruption of that kind, in [-1, 1] again.

    FloatingPointError for images that are not finite.
    """
    if not images.isfinite().all():
        raise FloatingPointError("images to be corrupted are not finite")
    corruption = CORRUPTIONS[kind]
    unit = ((images + 1) / 2).clamp(0, 1).cpu().numpy()
    corrupted = corruption.apply(unit, corruption.levels[severity - 1], rng)
    return torch.from_numpy(corrupted).to(images).clamp(0, 1) * 2 - 1


def gaussian_noise(images: Images, std: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Independent N(0, std^2) on every value."""
    return random_noise(images, "gaussian", var=std**2, rng=rng)


def shot_noise(images: Images, photons: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Poisson counts of light, of which white has so many photons on average."""
    return rng.poisson(images * photons) / photons


def impulse_noise(images: Images, share: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Salt and pepper: that share of values becomes 0 or 1."""
    return random_noise(images, "s&p", amount=share, rng=rng)


def gaussian_blur(images: Images, sigma: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """A Gaussian of sigma pixels; edges are continued."""
    return gaussian_filter(images, sigma=(0, 0, sigma, sigma), mode="nearest")


def zoom_blur(images: Images, most: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """The mean of the image and its magnifications by 1, 1.01, ..., `most`."""
    still = torch.from_numpy(images)
    factors = np.arange(1, most + 0.005, 0.01)
    total = still + sum(scale(still, float(factor)) for factor in factors)
    return (total / (len(factors) + 1)).numpy()


def brightness(images: Images, more: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Added to the value channel of HSV, which in grey images is the grey."""
    if images.shape[1] == 1:
        return images + more
    hsv = rgb2hsv(images, channel_axis=1)
    hsv[:, 2] = np.clip(hsv[:, 2] + more, 0, 1)
    return hsv2rgb(hsv, channel_axis=1)


def contrast(images: Images, share: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """That share of each channel's deviations from its mean is left."""
    mean = images.mean(axis=(2, 3), keepdims=True)
    return mean + share * (images - mean)


def pixelate(images: Images, share: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Shrunk to that share of the side, and enlarged again, by Pillow's box filter."""

    def change(image: Image.Image) -> Image.Image:
        small = image.resize([int(share * side) for side in image.size], Image.Resampling.BOX)
        return small.resize(image.size, Image.Resampling.BOX)

    return _one_by_one(images, change)


def jpeg(images: Images, quality: float, rng: np.random.Generator) -> NDArray[np.floating]:
    """Stored as a JPEG of that quality, 1 to 95, and read again."""

    def change(image: Image.Image) -> Image.Image:
        stored = BytesIO()
        image.save(stored, "JPEG", quality=int(quality))
        return Image.open(stored)

    return _one_by_one(images, change)


def _one_by_one(images: Images, change: Callable[[Image.Image], Image.Image]) -> NDArray[np.floating]:
    """Pillow's view of the images, in 8 bits."""
    levels = (255 * images).round().astype(np.uint8).transpose(0, 2, 3, 1)
    grey = levels.shape[-1] == 1
    changed = [np.asarray(change(Image.fromarray(image[..., 0] if grey else image))) for image in levels]
    return np.stack(changed).reshape(levels.shape).transpose(0, 3, 1, 2) / 255


CORRUPTIONS = {
    "gaussian_noise": Corruption((0.04, 0.06, 0.08, 0.09, 0.10), gaussian_noise),
    "shot_noise": Corruption((500, 250, 100, 75, 50), shot_noise),
    "impulse_noise": Corruption((0.01, 0.02, 0.03, 0.05, 0.07), impulse_noise),
    "gaussian_blur": Corruption((0.4, 0.6, 0.7, 0.8, 1), gaussian_blur),
    "zoom_blur": Corruption((1.05, 1.10, 1.15, 1.20, 1.25), zoom_blur),
    "brightness": Corruption((0.05, 0.10, 0.15, 0.20, 0.30), brightness),
    "contrast": Corruption((0.75, 0.5, 0.4, 0.3, 0.15), contrast),
    "pixelate": Corruption((0.95, 0.9, 0.85, 0.75, 0.65), pixelate),
    "jpeg": Corruption((80, 65, 58, 50, 40), jpeg),
}


COLUMNS = (*curve_columns("corruptions"), *(f"corruption_{kind}_auroc" for kind in CORRUPTIONS))


def _measure(subject: Subject) -> dict[str, Entry]:
    """Reals and fakes corrupted alike; the value is the mean over severities, and over kinds in two."""
    device = subject.stream.device
    seed = int(torch.randint(2**63 - 1, (1,), generator=subject.stream, device=device))
    severities = subject.params.corruption_severities
    found = np.array([[_discrimination(subject, kind, s, seed) for s in severities] for kind in CORRUPTIONS])
    accuracies, aurocs = found[:, :, 0], found[:, :, 1]
    curves = (accuracies.mean(axis=0), aurocs.mean(axis=0), *aurocs)
    protocol = subject.protocol | {"levels": "CIFAR-10-C"}
    return {
        column: {
            "value": float(curve.mean()),
            "curve": {"axis": "severity", "at": [*map(float, severities)], "value": curve.tolist()},
            "protocol": protocol,
        }
        for column, curve in zip(COLUMNS, curves, strict=True)
    }


def _discrimination(subject: Subject, kind: str, severity: int, seed: int) -> tuple[float, ...]:
    """Whatever the other kinds draw, this one draws the same."""
    rng = np.random.default_rng([seed, severity])
    reals, fakes = (corrupt(side, kind, severity, rng) for side in (subject.reals, subject.fakes))
    return discrimination(subject, reals, fakes)


PROBE = Probe(
    columns=COLUMNS,
    measure=_measure,
    lacking_on_points="corruptions are for images: points have no pixels",
)
