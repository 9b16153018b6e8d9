"""How good a generator is."""

import math

from ganmatrix.reporting.catalogue.measure import POSITIVE, Measure

MEASURES: dict[str, Measure] = {
    "fid": Measure(
        "FID",
        "lower",
        "Fréchet distance between the features of real and generated images, each summed up as a Gaussian: "
        "0 if the two agree in mean and covariance. It depends on the feature extractor and on the number of "
        "images, so it compares within one table only.",
        ratio=True,
        limits=POSITIVE,
    ),
    "kid": Measure(
        "KID",
        "lower",
        "Kernel distance (squared MMD with a cubic kernel) between features of real and generated images. "
        "Unlike FID its expectation does not depend on the number of images; it can fall just below 0.",
    ),
    "inception_score": Measure(
        "Inception Score",
        "higher",
        "High if a classifier is sure of each generated image and yet sees many classes overall. It never "
        "looks at real images.",
        ratio=True,
        limits=(1, math.inf),
    ),
    "modes": Measure(
        "Modes covered",
        "higher",
        "Number of the data's clusters that at least one high-quality generated point falls on; of stacked "
        "digits, of the triples that a classifier reads off at least one generated image. Missing ones mean "
        "mode collapse.",
        unit="modes",
        limits=POSITIVE,
    ),
    "high_quality_share": Measure(
        "High-quality share",
        "higher",
        "Share of generated points that lie close to a cluster of the data.",
        percent=True,
    ),
    "reverse_kl": Measure(
        "Reverse KL",
        "lower",
        "Kullback-Leibler divergence of the generated distribution over clusters (of stacked digits: over "
        "triples) from the true, even one, in nats: 0 if every cluster gets its share.",
        unit="nats",
        limits=POSITIVE,
    ),
    "energy_distance": Measure(
        "Energy distance",
        "lower",
        "How far the generated points lie from the real ones, beyond how far each kind lies from its own: 0 "
        "for equal distributions only. It needs no clusters. It depends on the number of points, so it "
        "compares within one table only.",
        ratio=True,
        limits=POSITIVE,
    ),
}
