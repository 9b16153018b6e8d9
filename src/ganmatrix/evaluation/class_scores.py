"""Which classes a generator reaches, and how evenly, where a classifier trained on the data reads them."""

import numpy as np
from torch import Tensor, nn

from ganmatrix.columns import Column
from ganmatrix.entry import Scores, null_entries
from ganmatrix.evaluation.extractor import Extractor
from ganmatrix.evaluation.features import require_finite
from ganmatrix.evaluation.generation import batches, dtype_name, quantise
from ganmatrix.evaluation.modes import reverse_kl

CLASS_NAMES = [Column("modes"), Column("reverse_kl")]


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
