"""Whether D knows the training set by heart: its scores of training reals against held-out reals."""

import numpy as np
import torch
from numpy.typing import NDArray

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.discrimination import auroc, logits
from ganmatrix.probes.subject import COMMON_STATISTICS, Probe, Subject, view_of


def standardised_gap(one: NDArray[np.floating], other: NDArray[np.floating]) -> float | None:
    """(mean a - mean b) / sqrt((var a + var b) / 2), Cohen's d at equal counts; None without variance."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    variance = (one.var(ddof=1) + other.var(ddof=1)) / 2
    return float((one.mean() - other.mean()) / np.sqrt(variance)) if variance > 0 else None


def _measure(subject: Subject) -> dict[str, Entry]:
    held_out, train = subject.reals, subject.game.train
    # At even distances: a training set may be sorted by class.
    chosen = torch.linspace(0, len(train) - 1, len(held_out)).round().long()
    train = train[chosen.to(train.device)]
    discriminator = view_of(subject.game.discriminator, torch.cat([train, held_out]))
    known, unknown = logits(discriminator, train), logits(discriminator, held_out)
    protocol = subject.protocol | {
        "train_samples": len(train),
        "batch_statistics": COMMON_STATISTICS,
    }
    separation: Entry = {"value": auroc(known, unknown), "protocol": protocol}
    gap = standardised_gap(known, unknown)
    entries = null_entries(["overfitting_gap"], "D scores every real the same")
    if gap is not None:
        entries = {"overfitting_gap": {"value": gap, "protocol": protocol}}
    return entries | {"overfitting_auroc": separation}


PROBE = Probe(columns=("overfitting_gap", "overfitting_auroc"), measure=_measure)
