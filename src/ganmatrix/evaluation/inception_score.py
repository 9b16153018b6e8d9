"""Inception Score: exp E_x KL(p(y|x) || p(y)), Salimans et al. 2016; between 1 and the class count."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr


def inception_score(probabilities: NDArray[np.floating], splits: int) -> tuple[float, float | None]:
    """Mean score over consecutive splits of class probabilities (n, k), and its standard deviation.

    p(y) is the mean within a split, so a score depends on the size of the splits. The standard
    deviation divides by `splits` and is None for a single one. ValueError when there are fewer
    samples than splits, or a row is no distribution.
    """
    if len(probabilities) < splits:
        raise ValueError(f"{len(probabilities)} samples cannot be cut into {splits} splits")
    wide = probabilities.astype(np.float64)
    if not (np.allclose(wide.sum(axis=1), 1, atol=1e-3) and (wide >= 0).all()):
        raise ValueError("a row of class probabilities is negative, not finite, or does not sum to 1")
    scores = [
        np.exp(rel_entr(part, part.mean(axis=0)).sum(axis=1).mean()) for part in np.array_split(wide, splits)
    ]
    return float(np.mean(scores)), float(np.std(scores)) if splits > 1 else None
