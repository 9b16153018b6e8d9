"""The scores of generated images by the features of extractors, and what they must know of the real ones."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Entry, Scores, inapplicable, null_entries
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import FidInfinity, frechet_distance_of_factors
from ganmatrix.evaluation.inception_score import InceptionScore
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.mind import PROJECTIONS, monge_distance
from ganmatrix.evaluation.mind import SEED as DIRECTIONS_SEED
from ganmatrix.evaluation.modes import CLASS_NAMES, score_classes
from ganmatrix.evaluation.neighbours import nearer_share, nearest_distances, neighbour_radii, prdc
from ganmatrix.evaluation.scoring import (
    MOST_COMPARED,
    Reference,
    Scorer,
    Values,
    batches,
    dtype_name,
    quantise,
    spread,
)
from ganmatrix.evaluation.vendi import vendi_score
from ganmatrix.params.evaluation import ImageEvaluation

NEIGHBOURS = ("precision", "recall", "density", "coverage")
IMAGE_METRICS = (
    "fid",
    "fid_infinity",
    "kid",
    "mind",
    "inception_score",
    "vendi",
    *NEIGHBOURS,
    "data_copying",
)

IMAGE_ARRAYS = ("count", "mean", "covariance_root", "features", "indices", "radii", "held_out_distances")

BLOCKS = 10
"""Equal parts of the generated images, from which FID is extrapolated."""

MOST_IMAGES = 50_000
"""Real images whose mean and covariance count, as in published tables; of more, so many at even distances."""

READ = 2_048
"""Images that are read at a time, from what may be a memory map."""


Kernel = Callable[[], tuple[float, float | None]]
"""Gives a score and its spread; ValueError if it does not exist."""


class Tally:
    """What the scores need of `count` generated images, gathered batch by batch.

    Means, covariances and the Inception Score are of all images, in memory that does not grow with them.
    The features of the first `MOST_COMPARED` are kept, to be compared with real ones pair by pair.
    """

    def __init__(self, extractor: Extractor, count: int, splits: int) -> None:
        self.extractor, self.count = extractor, count
        self.fid = FidInfinity(count, BLOCKS)
        self.inception_score = InceptionScore(splits, count)
        self.features = np.empty((min(count, MOST_COMPARED), extractor.feature_dimension), np.float32)
        self._seen = 0

    def update(self, samples: Tensor) -> None:
        """Add generated images (n, C, H, W) in [-1, 1], rounded to 8 bits as if saved.

        ValueError if a feature is not finite, or class probabilities are none.
        """
        self.add(*(array.cpu().numpy() for array in self.extractor(quantise(samples))))

    def add(self, features: NDArray[np.float32], probabilities: NDArray[np.float32]) -> None:
        """Add what the extractor made of images: features (n, d) and probabilities (n, k)."""
        self.fid.update(features)
        if self.extractor.class_count:
            self.inception_score.update(probabilities)
        kept = self.features[self._seen : self._seen + len(features)]
        kept[:] = features[: len(kept)]
        self._seen += len(features)


def score_images(
    generator: nn.Module,
    latents: Tensor,
    references: Sequence[tuple[Extractor, Reference]],
    params: ImageEvaluation,
    seed: int,
) -> Scores:
    """All scores of the images that G makes of latents (n, d), for each extractor.

    `seed` draws KID's subsets. A score that does not exist is null and says why.
    """
    if len(latents) < 2 * BLOCKS:
        why = f"{len(latents)} samples cannot be cut into {BLOCKS} blocks of 2 or more"
        return null_entries(image_names([each for each, _ in references]), why)
    tallies = [Tally(each, len(latents), params.inception_score_splits) for each, _ in references]
    try:
        for samples in batches(generator, latents):
            for tally in tallies:
                tally.update(samples)
    except (FloatingPointError, ValueError) as error:
        return null_entries(image_names([each for each, _ in references]), str(error))
    shared = {"dtype": dtype_name(samples), "real_split": "train"}
    found: Scores = {}
    for tally, (extractor, reference) in zip(tallies, references, strict=True):
        entries = scores_of(
            tally, reference, params, extractor.protocol | shared, np.random.default_rng(seed)
        )
        found |= {Column(metric, extractor.name): entry for metric, entry in entries.items()}
    return found


def image_names(extractors: Sequence[Extractor]) -> list[Column]:
    """The scores that `score_images` gives."""
    return [Column(metric, extractor.name) for extractor in extractors for metric in IMAGE_METRICS]


def scores_of(
    tally: Tally,
    reference: Reference,
    params: ImageEvaluation,
    shared: dict[str, Any],
    rng: np.random.Generator,
    wanted: Collection[str] = IMAGE_METRICS,
) -> dict[str, Entry]:
    """The wanted scores of tallied images by metric; `shared` is what their protocols have in common."""
    mean, root, real = (reference[name] for name in ("mean", "covariance_root", "features"))
    fake, held_out = tally.features, reference["held_out_distances"]
    counted = shared | {"real_samples": int(reference["count"]), "fake_samples": tally.count}
    compared = shared | {"real_samples": len(real), "fake_samples": len(fake)}
    subset_size = min(len(real), len(fake), params.kid_subset_size)

    def fid() -> tuple[float, None]:
        moments = tally.fid.moments
        return frechet_distance_of_factors(moments.mean, moments.factor, mean, root), None

    def kid() -> tuple[float, float]:
        return kernel_distance(fake, real, params.kid_subsets, params.kid_subset_size, rng)

    kernels: dict[str, tuple[Kernel, dict[str, Any]]] = {
        "fid": (fid, counted),
        "fid_infinity": (
            lambda: tally.fid.extrapolate(mean, root)[:2],
            counted | {"blocks": BLOCKS, "std": "standard error of the intercept"},
        ),
        "kid": (kid, compared | {"subsets": params.kid_subsets, "subset_size": subset_size}),
        "mind": (
            lambda: monge_distance(fake, real),
            compared
            | {
                "projections": PROJECTIONS,
                "directions_seed": DIRECTIONS_SEED,
                "std": "standard error over the directions",
            },
        ),
        "inception_score": (
            tally.inception_score.score,
            shared | {"fake_samples": tally.count, "splits": params.inception_score_splits},
        ),
        "vendi": (lambda: (vendi_score(fake), None), shared | {"fake_samples": len(fake)}),
        "data_copying": (
            lambda: (nearer_share(nearest_distances(fake, real), held_out), None),
            compared | {"held_out_samples": len(held_out)},
        ),
    }
    entries = {name: measured(*kernel) for name, kernel in kernels.items() if name in wanted}
    if "inception_score" in entries and not tally.extractor.class_count:
        entries |= inapplicable(["inception_score"], f"{tally.extractor.name} has no classes")
    if not set(NEIGHBOURS) & set(wanted):
        return entries
    protocol = compared | {"neighbours": params.neighbours}
    try:
        shares = prdc(real, reference["radii"], fake, params.neighbours)
    except ValueError as error:
        return entries | null_entries(NEIGHBOURS, str(error))
    return entries | {
        name: {"value": value, "protocol": protocol}
        for name, value in zip(NEIGHBOURS, shares, strict=True)
        if name in wanted
    }


def measured(kernel: Kernel, protocol: dict[str, Any]) -> Entry:
    """The entry of a kernel that gives a value and its spread; null where it refuses its input."""
    try:
        value, deviation = kernel()
    except ValueError as error:
        return {"value": None, "protocol": {}, "reason": str(error)}
    entry: Entry = {"value": value, "protocol": protocol}
    if deviation is not None:
        entry["std"] = deviation
    return entry


def image_reference(
    train: NDArray[np.uint8],
    held_out: NDArray[np.uint8],
    extractor: Extractor,
    neighbours: int,
    device: torch.device,
) -> Reference:
    """What `extractor` makes of the training images (N, C, H, W), with the held-out ones beside them.

    `count` (), `mean` (d,) and `covariance_root` (d, r), float64, of up to `MOST_IMAGES`; of up to
    `MOST_COMPARED` of these, their `indices` (n,) int64 in the training set, `features` (n, d) float32,
    and `radii` (n,): the distance to the `neighbours`-th nearest of the others; `held_out_distances`
    (m,): of held-out images to the nearest of these training images.
    """
    counted = spread(len(train), MOST_IMAGES)
    made = reference_of(_features(train, counted, extractor, device), len(counted), neighbours)
    unseen = np.concatenate([*_features(held_out, spread(len(held_out), MOST_COMPARED), extractor, device)])
    return made | {
        "indices": counted[made["indices"]],
        "held_out_distances": nearest_distances(unseen, made["features"]),
    }


def reference_of(batches: Iterable[NDArray[np.float32]], count: int, neighbours: int) -> Reference:
    """The same of `count` real features (n, d), which come in batches; without held-out samples.

    `indices` count the features. Of too few to have that many neighbours, `radii` are empty.
    """
    kept = spread(count, MOST_COMPARED)
    moments = Moments()
    chosen = []
    start = 0
    for batch in batches:
        moments.update(batch)
        inside = (kept >= start) & (kept < start + len(batch))
        chosen.append(batch[kept[inside] - start])
        start += len(batch)
    features = np.concatenate(chosen)
    return {
        "count": np.array(moments.count),
        "mean": moments.mean,
        "covariance_root": moments.factor,
        "indices": kept,
        "features": features,
        "radii": neighbour_radii(features, neighbours) if neighbours < len(features) else np.empty(0),
        "held_out_distances": np.empty(0),
    }


def _features(
    images: NDArray[np.uint8], chosen: NDArray[np.int64], extractor: Extractor, device: torch.device
) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(chosen), READ):
        batch = torch.tensor(images[chosen[start : start + READ]], device=device)
        yield extractor(batch)[0].cpu().numpy()


@dataclass(frozen=True)
class ImageScorer(Scorer):
    """Scores images by the features of extractors, and by their classes where one was trained on the data."""

    references: Sequence[tuple[Extractor, Reference]]
    params: ImageEvaluation
    latents: Tensor
    curve_latents: Tensor
    seed: int
    """Of KID's subsets."""
    classifier: Extractor | None = None
    class_latents: Tensor | None = None

    def names(self) -> list[Column]:
        names = image_names([extractor for extractor, _ in self.references])
        return names + (CLASS_NAMES if self.classifier else [])

    def scores(self, generator: nn.Module) -> Scores:
        found = score_images(generator, self.latents, self.references, self.params, self.seed)
        if self.classifier is not None and self.class_latents is not None:
            found |= score_classes(generator, self.class_latents, self.classifier)
        return found

    def followed(self) -> dict[Column, dict[str, Any]]:
        return {
            Column("fid", each.name): each.protocol
            | {
                "real_samples": int(reference["count"]),
                "real_split": "train",
                "fake_samples": len(self.curve_latents),
            }
            for each, reference in self.references
        }

    def values(self, generator: nn.Module) -> Values:
        moments = [Moments() for _ in self.references]
        try:
            for samples in batches(generator, self.curve_latents):
                images = quantise(samples)
                for (extractor, _), each in zip(self.references, moments, strict=True):
                    each.update(extractor(images)[0].cpu().numpy())
        except (FloatingPointError, ValueError):
            return dict.fromkeys(self.followed())
        return {
            Column("fid", extractor.name): frechet_distance_of_factors(
                each.mean, each.factor, reference["mean"], reference["covariance_root"]
            )
            for each, (extractor, reference) in zip(moments, self.references, strict=True)
        }
