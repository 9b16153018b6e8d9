"""The scores of generated images in the eyes of one extractor."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Entry, Scores, null_entries
from ganmatrix.evaluation.data_copying import nearer_share
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.fid_infinity import FidInfinity
from ganmatrix.evaluation.frechet import frechet_distance_of_factors
from ganmatrix.evaluation.generation import batches, dtype_name, quantise
from ganmatrix.evaluation.inception_score import InceptionScore
from ganmatrix.evaluation.kid import kernel_distance
from ganmatrix.evaluation.neighbours import nearest_distances
from ganmatrix.evaluation.prdc import prdc
from ganmatrix.evaluation.reference import MOST_COMPARED, Reference
from ganmatrix.params.evaluation import ImageEvaluation

NEIGHBOURS = ("precision", "recall", "density", "coverage")
IMAGE_METRICS = ("fid", "fid_infinity", "kid", "inception_score", *NEIGHBOURS, "data_copying")

BLOCKS = 10
"""Equal parts of the generated images, from which FID is extrapolated."""


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
        features, probabilities = (array.cpu().numpy() for array in self.extractor(quantise(samples)))
        self.fid.update(features)
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
) -> dict[str, Entry]:
    """The scores of tallied images by metric; `shared` is what their protocols have in common."""
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

    entries = {
        "fid": measured(fid, counted),
        "fid_infinity": measured(
            lambda: tally.fid.extrapolate(mean, root)[:2],
            counted | {"blocks": BLOCKS, "std": "standard error of the intercept"},
        ),
        "kid": measured(kid, compared | {"subsets": params.kid_subsets, "subset_size": subset_size}),
        "inception_score": measured(
            tally.inception_score.score,
            shared | {"fake_samples": tally.count, "splits": params.inception_score_splits},
        ),
        "data_copying": measured(
            lambda: (nearer_share(nearest_distances(fake, real), held_out), None),
            compared | {"held_out_samples": len(held_out)},
        ),
    }
    protocol = compared | {"neighbours": params.neighbours}
    try:
        shares = prdc(real, reference["radii"], fake, params.neighbours)
    except ValueError as error:
        return entries | null_entries(NEIGHBOURS, str(error))
    return entries | {
        name: {"value": value, "protocol": protocol} for name, value in zip(NEIGHBOURS, shares, strict=True)
    }


def measured(kernel: Callable[[], tuple[float, float | None]], protocol: dict[str, Any]) -> Entry:
    """The entry of a kernel that gives a value and its spread; null where it refuses its input."""
    try:
        value, spread = kernel()
    except ValueError as error:
        return {"value": None, "protocol": {}, "reason": str(error)}
    entry: Entry = {"value": value, "protocol": protocol}
    if spread is not None:
        entry["std"] = spread
    return entry
