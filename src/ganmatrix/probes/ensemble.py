"""How alike the members of a D of several are: GMAN (Durugkar et al. 2017) counts on their variety."""

import numpy as np
from numpy.typing import NDArray

from ganmatrix.entry import Entry, null_entries
from ganmatrix.probes.discrimination import auroc, logits
from ganmatrix.probes.subject import Probe, Subject, view_of

Scores = NDArray[np.floating]
"""Logits (K, N) of K members for N samples."""


def disagreement(scores: Scores) -> float | None:
    """Mean over samples of the members' spread, over the spread of their mean over samples.

    Each member's scores are taken less their own mean, which tells samples apart no better. 0 for
    members that differ by constants; None where their mean is the same for every sample.
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    common = float(centred.mean(axis=0).std())
    return float(centred.std(axis=0).mean()) / common if common > 0 else None


def rank_correlation(scores: Scores) -> float | None:
    """Mean of Spearman's rho over pairs of members, -1..1; None where one scores all samples the same."""
    if (np.ptp(scores, axis=1) == 0).any():
        return None
    # Takes half a second to import, which the many discriminators that are single need not wait for.
    from scipy.stats import rankdata

    correlations = np.corrcoef(rankdata(scores, axis=1))
    return float(correlations[np.triu_indices(len(scores), k=1)].mean())


def _measure(subject: Subject) -> dict[str, Entry]:
    real_scores, fake_scores = (
        np.stack([logits(view_of(member, side), side) for member in subject.game.members]).astype(np.float64)
        for side in (subject.reals, subject.fakes)
    )
    aurocs = [auroc(*sides) for sides in zip(real_scores, fake_scores, strict=True)]
    values = {
        "ensemble_auroc_range": max(aurocs) - min(aurocs),
        "ensemble_disagreement": disagreement(fake_scores),
        "ensemble_rank_correlation": rank_correlation(fake_scores),
    }
    constant = null_entries(values, "D scores every fake the same")
    return {
        name: constant[name] if value is None else {"value": value, "protocol": subject.protocol}
        for name, value in values.items()
    }


PROBE = Probe(
    columns=("ensemble_auroc_range", "ensemble_disagreement", "ensemble_rank_correlation"),
    measure=_measure,
    lacking_with_one="the method has one D; there is nothing to compare",
)
