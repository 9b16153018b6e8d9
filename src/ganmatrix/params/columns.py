"""The columns of results/matrix.parquet that a claim can name."""

from typing import get_args

from ganmatrix.params.evaluation import Evaluation, Extractor

_SCORES_OF_IMAGES = (
    "fid",
    "fid_infinity",
    "kid",
    "inception_score",
    "precision",
    "recall",
    "density",
    "coverage",
    "data_copying",
)
_SCORES_OF_POINTS = ("modes", "high_quality_share", "reverse_kl", "energy_distance", "data_copying")
"""Modes and reverse KL are counted on digits too."""
_EXTRACTORS = [get_args(each.model_fields["kind"].annotation)[0] for each in get_args(get_args(Extractor)[0])]
SCORES = [*(f"{score}_{kind}" for score in _SCORES_OF_IMAGES for kind in _EXTRACTORS), *_SCORES_OF_POINTS]
"""Every score of a generator, without its checkpoint, whatever the evaluation takes."""
_FOLLOWED = ("{}_over_steps", "steps_to_{}")
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
    f"gradient_norm_{side}{statistic}"
    for side in ("real", "fake", "interpolate")
    for statistic in ("", "_p95", "_max")
)
_GEOMETRY = (
    "lipschitz_ascent",
    "lipschitz_upper",
    "gradient_growth",
    "closest_slope",
    "closest_gradient",
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
_TRANSFERS = ("transfer_received",)
_LOSSES = ("final_loss_discriminator", "final_loss_generator")
_COSTS = ("operations_per_step", "wall_seconds", "cpu_seconds", "images_per_second")
_OUTCOMES = ("diverged",)
"""1 where training diverged, else 0; the matrix's `outcome` says so in words."""


def columns(evaluation: Evaluation) -> list[str]:
    """Every column that a claim's metric can name: scores by checkpoint, curves, probes, costs, outcome."""
    extractors = [extractor.kind for extractor in evaluation.extractors]
    images = [f"{score}_{kind}" for kind in extractors for score in _SCORES_OF_IMAGES]
    scores = (*images, *_SCORES_OF_POINTS)
    by_checkpoint = (f"{score}_{checkpoint}" for score in scores for checkpoint in evaluation.checkpoints)
    followed = [f"{name.format('fid')}_{kind}" for kind in extractors for name in _FOLLOWED]
    followed += [name.format("energy_distance") for name in _FOLLOWED]
    curves = (f"{name}_ema" for name in followed)
    untrained = (*(f"fid_{kind}_init" for kind in extractors), "energy_distance_init")
    return [
        *dict.fromkeys([*by_checkpoint, *untrained]),
        *curves,
        *_ROBUSTNESS,
        *_TRANSFERS,
        *_GRADIENTS,
        *_GEOMETRY,
        *_LOSSES,
        *_COSTS,
        *_OUTCOMES,
    ]
