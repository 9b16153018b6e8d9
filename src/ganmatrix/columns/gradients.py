"""How steep D is."""

from ganmatrix.columns.measure import POSITIVE, Measure

_STEEPNESS = "length of the gradient of D's output in its input, over {where}, in logits per data unit"

MEASURES: dict[str, Measure] = {
    "gradient_norm_real": Measure(
        "D's gradient norm at reals",
        None,
        f"Mean {_STEEPNESS.format(where='reals')}: how steep D is there. Very "
        "steep means exploding gradients.",
        limits=POSITIVE,
    ),
    "gradient_norm_real_p95": Measure(
        "D's gradient norm at reals, 95th percentile",
        None,
        "The length that 5% of the reals exceed.",
        limits=POSITIVE,
    ),
    "gradient_norm_real_max": Measure(
        "D's gradient norm at reals, maximum",
        None,
        "The steepest point among the reals.",
        limits=POSITIVE,
    ),
    "gradient_norm_fake": Measure(
        "D's gradient norm at fakes",
        None,
        f"Mean {_STEEPNESS.format(where='fakes')}: the strength of the signal that G learns from. Flat means "
        "that G learns nothing.",
        limits=POSITIVE,
    ),
    "gradient_norm_fake_p95": Measure(
        "D's gradient norm at fakes, 95th percentile",
        None,
        "The length that 5% of the fakes exceed.",
        limits=POSITIVE,
    ),
    "gradient_norm_fake_max": Measure(
        "D's gradient norm at fakes, maximum",
        None,
        "The steepest point among the fakes.",
        limits=POSITIVE,
    ),
    "gradient_norm_interpolate": Measure(
        "D's gradient norm between reals and fakes",
        None,
        f"Mean {_STEEPNESS.format(where='points drawn between a real and a fake')}: what the Wasserstein "
        "penalties hold at 1.",
        limits=POSITIVE,
    ),
    "gradient_norm_interpolate_p95": Measure(
        "D's gradient norm between reals and fakes, 95th percentile",
        None,
        "The length that 5% of the points between exceed.",
        limits=POSITIVE,
    ),
    "gradient_norm_interpolate_max": Measure(
        "D's gradient norm between reals and fakes, maximum",
        None,
        "The steepest point between.",
        limits=POSITIVE,
    ),
}
