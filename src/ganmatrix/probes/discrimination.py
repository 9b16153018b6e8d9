"""How well logits tell reals from fakes."""

import numpy as np
from numpy.typing import NDArray


def real_accuracy(real_logits: NDArray[np.floating]) -> float:
    """Share of reals that are called real, their logit above 0; 0..1."""
    _require_finite(real_logits)
    return float((real_logits > 0).mean())


def fake_accuracy(fake_logits: NDArray[np.floating]) -> float:
    """Share of fakes that are called fake, their logit not above 0; 0..1."""
    _require_finite(fake_logits)
    return float((fake_logits <= 0).mean())


def accuracy(real_logits: NDArray[np.floating], fake_logits: NDArray[np.floating]) -> float:
    """Mean of the shares of reals called real and of fakes called fake, 0..1; chance is 1/2."""
    return (real_accuracy(real_logits) + fake_accuracy(fake_logits)) / 2


def auroc(real_logits: NDArray[np.floating], fake_logits: NDArray[np.floating]) -> float:
    """Probability that a real scores above a fake, ties counting half, 0..1: Mann-Whitney's U / (n m)."""
    _require_finite(real_logits, fake_logits)
    fakes = np.sort(fake_logits)
    below = np.searchsorted(fakes, real_logits, side="left")
    not_above = np.searchsorted(fakes, real_logits, side="right")
    return float((below + not_above).mean() / (2 * len(fakes)))


def _require_finite(*logits: NDArray[np.floating]) -> None:
    if not all(np.isfinite(side).all() for side in logits):
        raise FloatingPointError("the discriminator's logits are not finite")
