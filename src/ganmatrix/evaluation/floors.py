"""What scores of a dataset are worth: those of real samples that nobody trained on, and of noise.

Both are scored against the training set as a generated set is. The first is the *floor*: the score of a
generator that draws from the data. Noise is what no extractor should take for data; one that does is refused.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Entry, null_entries
from ganmatrix.errors import UserError
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import Moments
from ganmatrix.evaluation.fid import frechet_distance_of_moments
from ganmatrix.evaluation.image_scores import measured
from ganmatrix.evaluation.scoring import Reference, Scorer, spread

SEED = 0
"""Of the noise, and of how the training images are halved."""

LEAST_RATIO, SAFE_RATIO = 2.0, 4.0
"""FID of noise over FID of half of the training images against the rest: up to these, blind or a warning."""

MOST_PRECISION, SAFE_PRECISION = 0.5, 0.1
"""Share of noise that lies among the training images: from these on, blind or a warning."""

ENOUGH = 1_000
"""Training images; of fewer, neighbourhoods are so wide that noise lies in them whatever the extractor."""


class Shown(nn.Module):
    """Indices (n,) of samples (N, ...), as these samples on the scale that generators have, float32."""

    def __init__(self, samples: NDArray[Any]) -> None:
        super().__init__()
        self.samples = samples

    def forward(self, indices: Tensor) -> Tensor:
        chosen = torch.tensor(self.samples[indices.cpu().numpy()], device=indices.device)
        return chosen / 127.5 - 1 if chosen.dtype == torch.uint8 else chosen


class Noise(nn.Module):
    """Indices (n,) as n samples of a shape, each number uniform in [-1, 1], the next of one stream."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape, self.stream = shape, torch.Generator().manual_seed(SEED)

    def forward(self, indices: Tensor) -> Tensor:
        return (2 * torch.rand((len(indices), *self.shape), generator=self.stream) - 1).to(indices.device)


def indices(held_out: NDArray[Any], count: int, device: torch.device) -> Tensor:
    """What stands for latents: indices of `count` held-out samples, or of all there are; a multiple of 10."""
    return torch.from_numpy(spread(len(held_out), min(count, len(held_out) // 10 * 10))).to(device)


def floors(scorer: Scorer, held_out: NDArray[Any]) -> dict[str, dict[str, Entry]]:
    """The entries of `held_out` samples and of `noise`, by column without its checkpoint.

    The scorer's latents are `indices`. Null, with the reason, where there are too few.
    """
    scored = {
        "held_out": (Shown(held_out), "held-out reals"),
        "noise": (Noise(held_out.shape[1:]), f"noise, uniform in [-1, 1], seed {SEED}"),
    }
    found: dict[str, dict[str, Entry]] = {}
    for key, (generator, said) in scored.items():
        try:
            scores = scorer.scores(generator)
        except ValueError as error:
            scores = null_entries(scorer.names(), str(error))
        found[key] = {
            name.name: {**entry, "protocol": entry["protocol"] | {"scored": said}}
            for name, entry in scores.items()
        }
    return found


def halves(extractor: Extractor, reference: Reference) -> Entry:
    """FID of one half of the training images that are compared against the other, halved by chance."""
    order = np.random.default_rng(SEED).permutation(len(reference["features"]))
    one, other = Moments(), Moments()
    for side, chosen in zip((one, other), np.array_split(order, 2), strict=True):
        side.update(reference["features"][chosen])
    counts = {"real_samples": one.count, "fake_samples": other.count}
    protocol = extractor.protocol | counts | {"scored": f"half of the training reals, seed {SEED}"}
    return measured(lambda: (frechet_distance_of_moments(one, other), None), protocol)


def check_sight(dataset: str, extractor: Extractor, found: Mapping[str, Mapping[str, Entry]]) -> str | None:
    """A warning if an extractor hardly tells noise from the training images; UserError if it cannot.

    `found` has the entries of `noise` and of `halves`. It cannot if FID of noise is at most LEAST_RATIO times
    that of the halves, or if MOST_PRECISION of the noise lies among ENOUGH training images; up to SAFE_RATIO,
    or from SAFE_PRECISION on, it hardly does. docs/measures.md has the measurements behind these numbers.
    """
    column = Column("fid", extractor.name).name
    noise, half = found["noise"][column]["value"], found["halves"][column]["value"]
    among = found["noise"][Column("precision", extractor.name).name]
    precision = among["value"] or 0.0
    if noise is None or half is None:
        return f"{dataset} has too few images to see whether {extractor.name} tells noise from them"
    if noise > SAFE_RATIO * half and precision < SAFE_PRECISION:
        return None
    enough = among["protocol"].get("real_samples", 0) >= ENOUGH
    blind = noise <= LEAST_RATIO * half or (precision >= MOST_PRECISION and enough)
    other = extractor.other_input_size
    ratio, share = (LEAST_RATIO, MOST_PRECISION) if blind else (SAFE_RATIO, SAFE_PRECISION)
    counted = f" (needed: less than {share:.0%})" if enough or not blind else ""
    size, verb = extractor.input_size, "cannot tell" if blind else "hardly tells"
    problem = (
        f"evaluation.extractors: {extractor.name} at {size} pixels {verb} noise from {dataset}: "
        f"FID is {noise:.3g} for noise and {half:.3g} for half of the training images against the rest "
        f"(needed: more than {ratio:g} times as much), and {precision:.0%} of noise lies among the training "
        f"images{counted}; " + (f"set input_size to {other}" if other else "name another extractor")
    )
    if blind:
        raise UserError(f"{problem}; finished training is kept")
    return f"warning: {problem}, or go on: small differences are then less reliable"
