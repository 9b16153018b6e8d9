"""Vendi score, Friedman & Dieng 2022, arXiv:2210.02410: the effective number of different samples.

exp of the Shannon entropy of the eigenvalues of K / n, with K the kernel matrix of n samples. K is the cosine
of features here, as in dgm-eval. Between 1 (all alike) and n (all orthogonal), and at most d. It never looks
at real samples. Copies of the whole set leave it as it is, but of one distribution more samples score higher,
so compare it at equal numbers.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from ganmatrix.evaluation.features import require_samples

ROWS = 1024
"""Samples that are held in double precision at a time."""


def vendi_score(features: NDArray[np.floating]) -> float:
    """The score of features (n, d), in float64. K / n has the eigenvalues of X^T X / n, if X has unit rows.

    ValueError for no samples, a feature that is not finite, or a sample of zeros, which has no cosine.
    """
    require_samples(1, features=features)
    n, d = features.shape
    if n > d:
        blocks = (_unit(features[start : start + ROWS]) for start in range(0, n, ROWS))
        gram = sum((rows.T @ rows for rows in blocks), start=np.zeros((d, d)))
    else:
        rows = _unit(features)
        gram = rows @ rows.T
    # Rounding leaves eigenvalues just below 0.
    shares = np.linalg.eigvalsh(gram / n).clip(min=0)
    return float(np.exp(-xlogy(shares, shares).sum()))


def _unit(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not lengths.all():
        raise ValueError("a sample has features that are all zero; it has no cosine with another")
    unit: NDArray[np.float64] = wide / lengths
    return unit
