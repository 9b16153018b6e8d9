"""Inception Score: exp E_x KL(p(y|x) || p(y)), Salimans et al. 2016; between 1 and the class count.

E_x KL(p(y|x) || p(y)) = E_x sum_y p log p - sum_y q log q with q = E_x p, so that the sums of p and of
p log p are all that must be kept of a stream.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy


class InceptionScore:
    """The score of a stream of `count` samples in `splits` consecutive splits.

    The first count % splits of them are one sample longer, as numpy's `array_split` cuts.
    """

    def __init__(self, splits: int, count: int) -> None:
        """ValueError when there are fewer samples than splits."""
        if not 1 <= splits <= count:
            raise ValueError(f"{count} samples cannot be cut into {splits} splits")
        self._sizes = np.full(splits, count // splits)
        self._sizes[: count % splits] += 1
        self._ends = np.cumsum(self._sizes)
        self._seen = 0
        self._negative_entropies = np.zeros(splits)
        self._classes: NDArray[np.float64] | float = 0.0

    def update(self, probabilities: NDArray[np.floating]) -> None:
        """Take in the next samples' class probabilities (n, k).

        ValueError if a row is no distribution, or there are more samples than were announced.
        """
        wide = probabilities.astype(np.float64)
        if not (np.allclose(wide.sum(axis=1), 1, atol=1e-3) and (wide >= 0).all()):
            raise ValueError("a row of class probabilities is negative, not finite, or does not sum to 1")
        if self._seen + len(wide) > self._ends[-1]:
            raise ValueError(f"{self._seen + len(wide)} samples where {self._ends[-1]} were announced")
        split = np.searchsorted(self._ends, np.arange(self._seen, self._seen + len(wide)), side="right")
        member = (split == np.arange(len(self._sizes))[:, None]).astype(np.float64)
        self._negative_entropies += member @ xlogy(wide, wide).sum(axis=1)
        self._classes = self._classes + member @ wide
        self._seen += len(wide)

    def score(self) -> tuple[float, float | None]:
        """Mean over the splits and standard deviation, which divides by `splits`; None for a single one.

        p(y) is the mean within a split, so a score depends on the size of the splits. ValueError before
        the last sample.
        """
        if self._seen < self._ends[-1]:
            raise ValueError(f"{self._seen} samples where {self._ends[-1]} were announced")
        q = self._classes / self._sizes[:, None]
        scores = np.exp(self._negative_entropies / self._sizes - xlogy(q, q).sum(axis=1))
        return float(np.mean(scores)), float(np.std(scores)) if len(scores) > 1 else None


def inception_score(probabilities: NDArray[np.floating], splits: int) -> tuple[float, float | None]:
    """`InceptionScore` of all class probabilities (n, k) at once."""
    score = InceptionScore(splits, len(probabilities))
    score.update(probabilities)
    return score.score()
