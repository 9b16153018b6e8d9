"""Mode coverage: which Gaussians of a known mixture, or which classes, a generator reaches.

The conventions of PacGAN (Lin et al. 2018): a sample belongs to its nearest mode and is of high
quality when closer to it than `radius` standard deviations; a mode is captured when at least
one high-quality sample belongs to it. A class, such as a triple of stacked digits, is captured when
at least one sample is read as it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import rel_entr
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores, null_entries
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import require_finite
from ganmatrix.evaluation.scoring import batches, dtype_name, quantise

CLASS_NAMES = [Column("modes"), Column("reverse_kl")]


class ModeCoverage(NamedTuple):
    """Captured modes (0..M), share of high-quality samples (0..1), reverse KL in nats (0..log M).

    The reverse KL is KL(q || p): q distributes the high-quality samples over the modes, p is
    uniform, as the mixture is. Without any high-quality sample q does not exist: None.
    """

    modes: int
    high_quality_share: float
    reverse_kl: float | None


def mode_coverage(
    samples: NDArray[np.floating], centres: NDArray[np.floating], std: float, radius: float
) -> ModeCoverage:
    """Coverage by samples (n, 2) of Gaussians at centres (m, 2), all of deviation `std`.

    `radius` counts standard deviations. ValueError for no samples or one that is not finite.
    """
    if not len(samples) or not np.isfinite(samples).all():
        raise ValueError("mode coverage needs at least one sample, and finite ones")
    distances, nearest = cKDTree(centres).query(samples)
    high_quality = distances < radius * std
    counts = np.bincount(nearest[high_quality], minlength=len(centres))
    return ModeCoverage(
        modes=int(np.count_nonzero(counts)),
        high_quality_share=float(high_quality.mean()),
        reverse_kl=reverse_kl(counts) if counts.any() else None,
    )


def reverse_kl(counts: NDArray[np.integer]) -> float:
    """KL(q || p) in nats, 0..log M: q the shares of counts (M,), p uniform. No smoothing.

    Its expectation for N draws from p itself is about (M - 1) / (2 N), not 0. ValueError for no
    count at all.
    """
    if not counts.any():
        raise ValueError("without a single count there is no distribution to compare")
    return float(rel_entr(counts / counts.sum(), 1 / len(counts)).sum())


def score_classes(generator: nn.Module, latents: Tensor, extractor: Extractor) -> Scores:
    """Modes and reverse KL of the images that G makes of latents (n, d).

    On stacked digits the conventions of PacGAN (Lin et al. 2018) and VEEGAN (Srivastava et al. 2017),
    whose n is 26,000: a mode is a class that the classifier finds in at least one image, and the KL is
    from the shares of classes to the uniform distribution over all, in nats. Images are rounded to 8 bits
    as if saved.

    Every image is read as some class, misread digits and noise too (uniform noise as about 700 triples):
    the count is of variety and says nothing of quality, which FID judges.
    """
    counts = np.zeros(extractor.class_count, dtype=np.int64)
    try:
        for samples in batches(generator, latents):
            probabilities = extractor(quantise(samples))[1].cpu().numpy()
            require_finite(probabilities=probabilities)
            counts += np.bincount(probabilities.argmax(axis=1), minlength=len(counts))
    except (FloatingPointError, ValueError) as error:
        return null_entries(CLASS_NAMES, str(error))
    protocol = extractor.protocol | {
        "modes": len(counts),
        "fake_samples": len(latents),
        "dtype": dtype_name(samples),
    }
    values = (float(np.count_nonzero(counts)), reverse_kl(counts))
    return {
        name: {"value": value, "protocol": protocol} for name, value in zip(CLASS_NAMES, values, strict=True)
    }
