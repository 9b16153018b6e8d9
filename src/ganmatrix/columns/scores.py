"""How good a generator is."""

import math

from ganmatrix.columns.measure import POSITIVE, Measure

GENERATORS: dict[str, Measure] = {
    "fid": Measure(
        "FID",
        "lower",
        "Fréchet distance between the features of real and generated images, each summed up as a Gaussian: "
        "0 if the two agree in mean and covariance. It depends on the feature extractor and on the number of "
        "images, so it compares within one table only.",
        ratio=True,
        limits=POSITIVE,
        scored="checkpoints",
        features="always",
        is_followed=True,
        leads=1,
    ),
    "fid_infinity": Measure(
        "FID, extrapolated",
        "lower",
        "FID as it would be for infinitely many generated images: FID falls as their number grows, and the "
        "line through its values at several numbers is followed to the end. Its own error is in the details "
        "of a run; it may fall just below 0.",
        ratio=True,
        scored="checkpoints",
        features="always",
    ),
    "kid": Measure(
        "KID",
        "lower",
        "Kernel distance (squared MMD with a cubic kernel) between features of real and generated images. "
        "Unlike FID its expectation does not depend on the number of images; it can fall just below 0.",
        scored="checkpoints",
        features="always",
    ),
    "mind": Measure(
        "MIND",
        "lower",
        "Monge Inception Distance: the squared Wasserstein distance between the features of real and "
        "generated images along a line, as a mean over 1,000 directions, times three times the number of "
        "features. It sees more than mean and covariance. It falls as the number of images grows, so it "
        "compares within one table only.",
        ratio=True,
        limits=POSITIVE,
        scored="checkpoints",
        features="always",
    ),
    "inception_score": Measure(
        "Inception Score",
        "higher",
        "High if a classifier is sure of each generated image and yet sees many classes overall. It never "
        "looks at real images.",
        ratio=True,
        limits=(1, math.inf),
        scored="checkpoints",
        features="always",
    ),
    "vendi": Measure(
        "Vendi score",
        "higher",
        "Effective number of different images, by the cosine of their features: 1 if all are alike. It never "
        "looks at real images, so noise may score high. It rises with the number of images. Compare it with "
        "that of unseen reals.",
        ratio=True,
        limits=(1, math.inf),
        scored="checkpoints",
        features="always",
    ),
    "precision": Measure(
        "Precision",
        "higher",
        "Share of generated images that lie among the real ones, within reach of their neighbours, in the "
        "extractor's features: how many look real.",
        percent=True,
        scored="checkpoints",
        features="always",
    ),
    "recall": Measure(
        "Recall",
        "higher",
        "Share of real images that lie among the generated ones: how much of the data is covered. "
        "Neighbourhoods grow where samples are rare, so that outliers flatter it; coverage does not have "
        "that weakness.",
        percent=True,
        scored="checkpoints",
        features="always",
    ),
    "density": Measure(
        "Density",
        "higher",
        "How many real neighbourhoods a generated image lies in, on average, over the number expected of a "
        "real one: like precision, but not misled by outliers; above 1 where images crowd in dense regions.",
        limits=POSITIVE,
        scored="checkpoints",
        features="always",
    ),
    "coverage": Measure(
        "Coverage",
        "higher",
        "Share of real images whose neighbourhood has a generated image in it.",
        percent=True,
        scored="checkpoints",
        features="always",
    ),
    "data_copying": Measure(
        "Data copying",
        None,
        "Probability that a generated sample lies closer to the training set than an unseen real one does: "
        "50% for fresh samples of the true distribution, 100% for copies of training samples, 0% for "
        "samples far from any.",
        percent=True,
        scored="checkpoints",
        features="images",
    ),
    "modes": Measure(
        "Modes covered",
        "higher",
        "Number of the data's clusters that at least one high-quality generated point falls on; of digits "
        "and stacked digits, of the classes that a classifier reads off at least one generated image. "
        "Missing ones mean mode collapse.",
        unit="modes",
        limits=POSITIVE,
        scored="checkpoints",
        leads=4,
    ),
    "high_quality_share": Measure(
        "High-quality share",
        "higher",
        "Share of generated points that lie close to a cluster of the data.",
        percent=True,
        scored="checkpoints",
        leads=3,
    ),
    "reverse_kl": Measure(
        "Reverse KL",
        "lower",
        "Kullback-Leibler divergence of the generated distribution over clusters (of digits: over "
        "classes) from the true, even one, in nats: 0 if every cluster gets its share.",
        unit="nats",
        limits=POSITIVE,
        scored="checkpoints",
    ),
    "energy_distance": Measure(
        "Energy distance",
        "lower",
        "How far the generated points lie from the real ones, beyond how far each kind lies from its own: 0 "
        "for equal distributions only. It needs no clusters. It depends on the number of points, so it "
        "compares within one table only.",
        ratio=True,
        limits=POSITIVE,
        scored="checkpoints",
        is_followed=True,
        leads=2,
    ),
    "fid_over_steps": Measure(
        "FID, mean over training",
        "lower",
        "Mean of the averaged generator's FID over generator steps, from the untrained generator to the last "
        "step: of two methods that end alike, the one that converges faster is lower.",
        ratio=True,
        limits=POSITIVE,
        scored="training",
        features="always",
    ),
    "steps_to_fid": Measure(
        "Steps to the target of FID",
        "lower",
        "Generator steps until the averaged generator's FID has fallen to a set share of the untrained "
        "generator's; none where it never does.",
        unit="steps",
        limits=POSITIVE,
        scored="training",
        features="always",
    ),
    "energy_distance_over_steps": Measure(
        "Energy distance, mean over training",
        "lower",
        "Mean of the averaged generator's energy distance over generator steps: of two methods that end "
        "alike, the one that converges faster is lower.",
        ratio=True,
        limits=POSITIVE,
        scored="training",
    ),
    "steps_to_energy_distance": Measure(
        "Steps to the target of energy distance",
        "lower",
        "Generator steps until the averaged generator's energy distance has fallen to a set share of the "
        "untrained generator's; none where it never does.",
        unit="steps",
        limits=POSITIVE,
        scored="training",
    ),
}

SECTIONS = {"What the generators achieved": GENERATORS}
