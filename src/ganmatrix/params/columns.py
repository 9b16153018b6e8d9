"""The columns of results/matrix.parquet that a claim can name."""

from ganmatrix.params.evaluation import Evaluation

_SCORES_OF_IMAGES = ("fid", "kid", "inception_score")
_SCORES_OF_POINTS = ("modes", "high_quality_share", "reverse_kl", "energy_distance")
"""Modes and reverse KL are counted on stacked digits too."""
_PUSHED = ("fgsm", "fgsm_l2", "pgd", "pgd_l2", "universal", "noise", "noise_l2")
_TRANSFORMED = ("rotation", "translation", "scaling")
_CORRUPTIONS = (
    *("gaussian_noise", "shot_noise", "impulse_noise", "gaussian_blur", "zoom_blur"),
    *("brightness", "contrast", "pixelate", "jpeg"),
)
_ROBUSTNESS = (
    *(
        f"{probe}_{value}"
        for probe in (
            "clean",
            *(f"{pushed}{side}" for pushed in _PUSHED for side in ("", "_real", "_fake")),
            *_TRANSFORMED,
            "corruptions",
        )
        for value in ("accuracy", "auroc")
    ),
    *(f"corruption_{kind}_auroc" for kind in _CORRUPTIONS),
)
_GRADIENTS = tuple(
    f"gradient_norm_{side}{statistic}" for side in ("real", "fake") for statistic in ("", "_p95", "_max")
)
_COSTS = ("wall_seconds", "images_per_second")


def columns(evaluation: Evaluation) -> list[str]:
    """Every column that a claim's metric can name: scores by checkpoint, probes and costs."""
    images = (f"{score}_{evaluation.extractor.kind}" for score in _SCORES_OF_IMAGES)
    scores = (*images, *_SCORES_OF_POINTS)
    by_checkpoint = (f"{score}_{checkpoint}" for score in scores for checkpoint in evaluation.checkpoints)
    return [*by_checkpoint, *_ROBUSTNESS, *_GRADIENTS, *_COSTS]
