"""Protocols of `ganmatrix score`: ours, and those of other tools, read from their sources.

A preset fixes the network, its weights, the resizer, which files are read and how, and the conventions of
each score. What is the same in all of them, such as FID's unbiased covariance, is not repeated.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ganmatrix.datasets.image_set import Files
from ganmatrix.entry import Entry, null_entries
from ganmatrix.evaluation import inception, inception_v3
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import frechet_distance_of_moments
from ganmatrix.evaluation.image_scores import IMAGE_METRICS, Tally, measured, reference_of, scores_of
from ganmatrix.evaluation.inception_score import inception_score
from ganmatrix.evaluation.inception_v3 import resize_as_tensorflow
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.neighbours import neighbour_radii, prdc
from ganmatrix.params.evaluation import ImageEvaluation

Load = Callable[[Path | None, str | None], Extractor]
"""The extractor of a file of weights, by default the published one, and of the SHA-256 that it must have."""

ALL_FILES = Files()

AT_ONCE = 1_000
"""Features that are counted at a time."""


class Outputs(NamedTuple):
    """What an extractor makes of a set of images, in their order."""

    features: NDArray[np.float32]
    """(n, d)."""
    probabilities: NDArray[np.float32]
    """(n, k)."""


@dataclass(frozen=True)
class KidRule:
    """How a tool draws KID's subsets: with numpy's legacy generator, side after side."""

    subsets: int
    size: int | None
    """None for the samples of the smaller set over the subsets."""
    seed: int
    real_first: bool
    needs_full: bool = False
    """Whether sets smaller than a subset are refused; else a subset is the smaller set."""


@dataclass(frozen=True)
class SplitRule:
    """How a tool cuts the Inception Score's splits."""

    splits: int
    shuffle_seed: int | None
    """Of the permutation of images before they are cut; None leaves their order."""


@dataclass(frozen=True)
class Preset:
    """A named protocol."""

    name: str
    reproduces: str
    metrics: tuple[str, ...]
    differs: tuple[str, ...]
    """From the default, a sentence each."""
    departs: tuple[str, ...] = ()
    """From the tool, a sentence each."""
    load: Load | None = None
    """None for an extractor that the user chooses."""
    files: Files = ALL_FILES
    kid: KidRule | None = None
    splits: SplitRule | None = None
    neighbours: int | None = None

    def scores(
        self,
        extractor: Extractor,
        fake: Outputs,
        real: Outputs,
        params: ImageEvaluation,
        wanted: Collection[str],
    ) -> dict[str, Entry]:
        """The wanted scores, in the order of `metrics`. One that does not exist is null and says why."""
        shared = extractor.protocol | {"as": self.name}
        if self.load is None:
            found = _ours(extractor, fake, real, params, wanted, shared)
        else:
            found = self._theirs(fake, real, wanted, shared)
        return {metric: found[metric] for metric in self.metrics if metric in wanted}

    def _theirs(
        self, fake: Outputs, real: Outputs, wanted: Collection[str], shared: dict[str, Any]
    ) -> dict[str, Entry]:
        counted = shared | {"real_samples": len(real.features), "fake_samples": len(fake.features)}
        found: dict[str, Entry] = {}
        if "fid" in wanted:
            found["fid"] = measured(lambda: (_fid(fake.features, real.features), None), counted)
        if self.kid and "kid" in wanted:
            found["kid"] = self._kid(self.kid, fake.features, real.features, counted)
        if self.splits and "inception_score" in wanted:
            rule, probabilities = self.splits, fake.probabilities
            protocol = shared | {"fake_samples": len(probabilities), "splits": rule.splits}
            found["inception_score"] = measured(lambda: _inception_score(probabilities, rule), protocol)
        if (k := self.neighbours) and {"precision", "recall"} & set(wanted):
            found |= _precision_recall(fake.features, real.features, k, counted | {"neighbours": k})
        return found

    def _kid(
        self,
        rule: KidRule,
        fake: NDArray[np.float32],
        real: NDArray[np.float32],
        counted: dict[str, Any],
    ) -> Entry:
        fewest = min(len(fake), len(real))
        size = fewest // rule.subsets if rule.size is None else rule.size
        if rule.needs_full and size > fewest:
            why = f"{self.name} needs {size:,} images on either side, and here are {fewest:,}"
            return {"value": None, "protocol": {}, "reason": why}
        sides = (real, fake) if rule.real_first else (fake, real)
        rng = np.random.RandomState(rule.seed)
        protocol = counted | {"subsets": rule.subsets, "subset_size": min(size, fewest), "seed": rule.seed}
        return measured(lambda: kernel_distance(*sides, rule.subsets, size, rng), protocol)


def _ours(
    extractor: Extractor,
    fake: Outputs,
    real: Outputs,
    params: ImageEvaluation,
    wanted: Collection[str],
    shared: dict[str, Any],
) -> dict[str, Entry]:
    tally = Tally(extractor, len(fake.features), min(params.inception_score_splits, len(fake.features)))
    for start in range(0, len(fake.features), AT_ONCE):
        tally.add(*(array[start : start + AT_ONCE] for array in fake))
    batches = (real.features[start : start + AT_ONCE] for start in range(0, len(real.features), AT_ONCE))
    reference = reference_of(batches, len(real.features), params.neighbours)
    return scores_of(tally, reference, params, shared, np.random.default_rng(0), wanted)


def _fid(fake: NDArray[np.float32], real: NDArray[np.float32]) -> float:
    sides = Moments(), Moments()
    for moments, features in zip(sides, (fake, real), strict=True):
        moments.update(features)
    return frechet_distance_of_moments(*sides)


def _inception_score(probabilities: NDArray[np.float32], rule: SplitRule) -> tuple[float, float]:
    """Mean and standard deviation over splits, the i-th from i n // splits on."""
    count = len(probabilities)
    if count < rule.splits:
        raise ValueError(f"{count} samples cannot be cut into {rule.splits} splits")
    if rule.shuffle_seed is not None:
        probabilities = probabilities[np.random.RandomState(rule.shuffle_seed).permutation(count)]
    ends = [i * count // rule.splits for i in range(rule.splits + 1)]
    scores = [inception_score(probabilities[a:b], 1)[0] for a, b in pairwise(ends)]
    return float(np.mean(scores)), float(np.std(scores))


def _precision_recall(
    fake: NDArray[np.float32], real: NDArray[np.float32], k: int, protocol: dict[str, Any]
) -> dict[str, Entry]:
    try:
        found = prdc(real, neighbour_radii(real, k), fake, k)
    except ValueError as error:
        return null_entries(("precision", "recall"), str(error))
    return {name: {"value": getattr(found, name), "protocol": protocol} for name in ("precision", "recall")}


_CLEAN_FID_MEND = f"name the path of {inception.WEIGHTS_FILE} with --weights; another file with its --sha256"
_STATE_MEND = f"name the path of {inception_v3.WEIGHTS_FILE} with --weights; another file with its --sha256"


def _torchscript(weights: Path | None, sha256: str | None) -> Extractor:
    return inception.load(weights, sha256 or inception.WEIGHTS_SHA256, _CLEAN_FID_MEND)


def _as_tensorflow(weights: Path | None, sha256: str | None) -> Extractor:
    return inception_v3.load(
        weights,
        sha256 or inception_v3.WEIGHTS_SHA256,
        _STATE_MEND,
        resize_as_tensorflow,
        "TensorFlow 1 bilinear, corners and centres not aligned, not antialiased",
    )


def _as_pytorch_fid(weights: Path | None, sha256: str | None) -> Extractor:
    return inception_v3.load(
        weights,
        sha256 or inception_v3.WEIGHTS_SHA256,
        _STATE_MEND,
        _bilinear,
        "torch bilinear, not antialiased, 0 to 255 taken for -1 to 1",
    )


def _bilinear(images: Tensor, side: int) -> Tensor:
    """Pixels that the network's own scaling, x / 128 - 1, takes to pytorch-fid's 2 x / 255 - 1."""
    resized = F.interpolate(images.float(), (side, side), mode="bilinear", align_corners=False)
    return resized * (256 / 255)


_CONVERTED = (
    'Images are what Pillow\'s convert("RGB") makes of them: transparency, further frames and orientation in '
    "EXIF are ignored, instead of refused or followed."
)
_SUFFIXES = ".bmp .jpeg .jpg .pgm .png .ppm .tif .tiff .webp"
_ONCE = "A file counts once, whatever links lead to it, and hidden files are passed over."
_ROUNDING = "Figures agree to rounding: sums here are in float64, and no matrix root is taken."
_FEATURES = "Features are those of Inception-2015-12-05 at 299 pixels instead of EfficientNet-Lite0's"

CLEAN_FID = Preset(
    "clean-fid",
    "clean-fid 0.1.35 in mode clean",
    ("fid", "kid"),
    (
        f"{_FEATURES}, from the TorchScript file of StyleGAN2-ADA; the resizer is the same.",
        "There are FID and KID only.",
        "KID is the mean over 100 subsets of at most 1,000 images, instead of 20 of at most 500.",
        _CONVERTED,
    ),
    (
        _ROUNDING,
        "clean-fid draws KID's subsets from numpy's global generator, unseeded; here the seed is 0.",
        "Hidden files, .npy files in a folder and zip archives are not read, and a file counts once.",
    ),
    _torchscript,
    Files(frozenset(_SUFFIXES.split()), plain=False),
    KidRule(100, 1_000, 0, real_first=True),
)
PYTORCH_FID = Preset(
    "pytorch-fid",
    "pytorch-fid 0.3.0",
    ("fid",),
    (
        f"{_FEATURES}, from pytorch-fid's file.",
        "Images are resized bilinearly without antialiasing, so shrinking aliases.",
        "There is FID only.",
        "Files in folders below are passed over.",
        _CONVERTED,
    ),
    (_ROUNDING, _ONCE),
    _as_pytorch_fid,
    Files(
        frozenset(_SUFFIXES.split()),
        deep=False,
        plain=False,
    ),
)
TORCH_FIDELITY = Preset(
    "torch-fidelity",
    "torch-fidelity 0.4.0 with --isc --fid --kid --prc --feature-extractor inception-v3-compat",
    ("fid", "kid", "inception_score", "precision", "recall"),
    (
        f"{_FEATURES}, from torch-fidelity's file.",
        "Images are resized as in TensorFlow 1, bilinearly without antialiasing, so shrinking aliases.",
        "KID is over 100 subsets of 1,000 images; smaller sets have none.",
        "The Inception Score is the mean over 10 splits of the shuffled images, instead of one of all.",
        "Precision and recall use 3 neighbours instead of 5; density and coverage are missing.",
        "Only .png, .jpg and .jpeg are read, and files in folders below are passed over.",
        _CONVERTED,
    ),
    (_ROUNDING, _ONCE, "torch-fidelity's --prc by itself takes VGG-16's features."),
    _as_tensorflow,
    Files(frozenset([".jpeg", ".jpg", ".png"]), deep=False, plain=False),
    KidRule(100, 1_000, 2020, real_first=False, needs_full=True),
    SplitRule(10, 2020),
    3,
)
MIMICRY = Preset(
    "mimicry",
    "torch-mimicry 0.1.16 with seed 0",
    ("fid", "kid", "inception_score"),
    (
        f"{_FEATURES}, from torch-fidelity's translation of the TensorFlow graph that mimicry loads.",
        "Images are resized as in TensorFlow 1, bilinearly without antialiasing, so shrinking aliases.",
        "KID is over 10 subsets, each of a tenth of the images.",
        "The Inception Score is the mean over 10 splits in the order of the images, instead of one of all.",
        _CONVERTED,
    ),
    (
        _ROUNDING,
        "mimicry makes its images itself and stretches each batch to the full range before it rounds; images "
        "from files are taken as they are.",
        "mimicry scores whole batches of 50; of another number the rest is memory that was never written.",
    ),
    _as_tensorflow,
    Files(plain=False),
    KidRule(10, None, 0, real_first=True),
    SplitRule(10, None),
)
OURS = Preset(
    "ganmatrix",
    "ganmatrix",
    tuple(metric for metric in IMAGE_METRICS if metric != "data_copying"),
    ("This is the default. Data copying is missing: it needs a third set, of unseen real images.",),
)

PRESETS = {each.name: each for each in (OURS, CLEAN_FID, PYTORCH_FID, TORCH_FIDELITY, MIMICRY)}
