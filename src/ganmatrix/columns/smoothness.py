"""How far D's slope can be trusted: its extremes, its course towards the reals, its noise."""

from ganmatrix.columns.measure import POSITIVE, Measure

MEASURES: dict[str, Measure] = {
    "lipschitz_ascent": Measure(
        "D's local Lipschitz constant, from below",
        None,
        "The steepest slope that a search finds near reals, fakes and points between them, within the "
        "greatest strength that attacks are given; in logits per data unit. D's true local constant is at "
        "least this.",
        limits=POSITIVE,
    ),
    "lipschitz_upper": Measure(
        "D's Lipschitz constant, from above",
        None,
        "Product of the largest amplification of every layer of D: nowhere can D be steeper. Usually far "
        "above any slope that occurs. There is none for a D with self-attention, an autoencoder or a D that "
        "compares samples.",
        limits=POSITIVE,
    ),
    "gradient_growth": Measure(
        "Growth of D's gradient towards reals",
        "lower",
        "Mean length of D's gradient near the end of the straight way from each fake to its nearest training "
        "real, against that at the fake, as a power of ten: 0 is no growth, 1 is tenfold. Exploding "
        "gradients grow. The figure shows it along the way.",
        unit="powers of ten",
    ),
    "closest_slope": Measure(
        "D's slope between the closest pairs",
        None,
        "Difference of D's outputs for a fake and its nearest training real, divided by their distance: the "
        "mean over the tenth of the pairs that are closest. Between them D's gradient is at least this long.",
        limits=POSITIVE,
    ),
    "closest_gradient": Measure(
        "D's gradient at fakes close to a real",
        None,
        "Mean length of the gradient of D's output at the tenth of the fakes that are closest to a training "
        "real, in logits per data unit. G receives a multiple of it, by at most 1 with the non-saturating "
        "loss. FARGAN's paper claims to make it smaller.",
        limits=POSITIVE,
    ),
    "nearest_real_distance": Measure(
        "Distance of fakes to training reals",
        None,
        "Mean distance of a fake to its nearest training real, in data units. 0 would be copying.",
        limits=POSITIVE,
    ),
    "gradient_cosine": Measure(
        "Agreement of D's gradient with its neighbourhood",
        "higher",
        "Cosine between D's gradient at a fake and its average over random neighbours at the given strength: "
        "1 if they point the same way, near 0 if what G is told at a point holds for that point alone, as "
        "adversarial noise does. Tables give the mean over the range of strengths, figures the whole curve.",
        limits=(-1, 1),
    ),
    "generator_gradient_variance": Measure(
        "Relative variance of G's gradient",
        "lower",
        "How much the gradient that G's weights receive from D varies from one batch of latents to another, "
        "as a multiple of its mean's square. 0: every batch teaches the same. It falls as batches grow.",
        limits=POSITIVE,
    ),
}
