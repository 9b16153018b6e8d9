"""The columns of results/matrix.parquet that a claim can name."""

from ganmatrix.params.evaluation import Evaluation

_SCORES_OF_IMAGES = ("fid", "kid", "inception_score")
_SCORES_OF_POINTS = ("modes", "high_quality_share", "reverse_kl", "energy_distance")
"""Modes and reverse KL are counted on stacked digits too."""
_ATTACKS = tuple(
    f"{probe}_{value}" for probe in ("clean", "fgsm", "pgd", "noise") for value in ("accuracy", "auroc")
)
_GRADIENTS = tuple(
    f"gradient_norm_{side}{statistic}"
    for side in ("real", "fake", "interpolate")
    for statistic in ("", "_p95", "_max")
)
_GEOMETRY = (
    "lipschitz_ascent",
    "lipschitz_upper",
    "gradient_growth",
    "closest_slope",
    "nearest_real_distance",
    "gradient_cosine",
    "generator_gradient_variance",
    "overfitting_gap",
    "overfitting_auroc",
    "ensemble_auroc_range",
    "ensemble_disagreement",
    "ensemble_rank_correlation",
)
"""The ensemble's are those of methods with several D."""
_COSTS = ("wall_seconds", "images_per_second")


def columns(evaluation: Evaluation) -> list[str]:
    """Every column that a claim's metric can name: scores by checkpoint, probes and costs."""
    images = (f"{score}_{evaluation.extractor.kind}" for score in _SCORES_OF_IMAGES)
    scores = (*images, *_SCORES_OF_POINTS)
    by_checkpoint = (f"{score}_{checkpoint}" for score in scores for checkpoint in evaluation.checkpoints)
    return [*by_checkpoint, *_ATTACKS, *_GRADIENTS, *_GEOMETRY, *_COSTS]
