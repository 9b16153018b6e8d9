"""The columns of results/matrix.parquet that a claim can name."""

from ganmatrix.params.evaluation import Evaluation

_SCORES_OF_IMAGES = ("fid", "kid", "inception_score")
_SCORES_OF_POINTS = ("modes", "high_quality_share", "reverse_kl", "energy_distance")
"""Modes and reverse KL are counted on stacked digits too."""
_ATTACKS = tuple(
    f"{probe}_{value}" for probe in ("clean", "fgsm", "pgd", "noise") for value in ("accuracy", "auroc")
)
_GRADIENTS = tuple(
    f"gradient_norm_{side}{statistic}" for side in ("real", "fake") for statistic in ("", "_p95", "_max")
)
_TRANSFERS = ("transfer_received",)
_COSTS = ("wall_seconds", "images_per_second")


def columns(evaluation: Evaluation) -> list[str]:
    """Every column that a claim's metric can name: scores by checkpoint, probes and costs."""
    images = (f"{score}_{evaluation.extractor.kind}" for score in _SCORES_OF_IMAGES)
    scores = (*images, *_SCORES_OF_POINTS)
    by_checkpoint = (f"{score}_{checkpoint}" for score in scores for checkpoint in evaluation.checkpoints)
    return [*by_checkpoint, *_ATTACKS, *_GRADIENTS, *_TRANSFERS, *_COSTS]
