"""Edits of architectures and methods: each is refused by its key, with what to do."""

import pytest

from ganmatrix.params import load
from helpers.refusal import refused

POINTS = "points: {latent: 4, width: 8, depth: 2}"
FARGAN = "fargan: {kind: fargan, fake_as_real_share: 0.5, oversampling: 2, techniques: [{kind: zero_gp, "
FARGAN += "weight: 1.0, at: real}]}"

BAD = [
    (
        "kind: conventional",
        "kind: convolutional",
        "architectures.conventional.kind",
        "did you mean conventional?",
    ),
    (POINTS, "points: [4, 8]", "architectures.conventional.points", "expected a mapping"),
    (
        POINTS,
        "points: {latent: 0, width: 8, depth: 2}",
        "architectures.conventional.points.latent",
        "expected >= 1",
    ),
    (
        "generator_width: 4",
        "generator_width: 4096",
        "architectures.conventional.images.generator_width",
        "expected <= 2048",
    ),
    (
        "images: {latent: 4,",
        "images: {attention: 5, latent: 4,",
        "architectures.conventional.images.attention",
        "choose from none, 4, 6, 8, 12, 16, 24, 32, 64",
    ),
    (
        "images: {latent: 4,",
        "images: {attention: 16, latent: 4,",
        "architectures.conventional.images.attention",
        "for the 16 pixels of datasets.digits choose from none, 4, 8",
    ),
    (
        "images: {latent: 4,",
        "images: {normalisation: spectral_norm, latent: 4,",
        "architectures.conventional.images.normalisation",
        "did you mean spectral?",
    ),
    (
        "images: {latent: 4,",
        "images: {layout: wide, latent: 4,",
        "architectures.conventional.images.layout",
        "did you mean latent?",
    ),
    (
        POINTS,
        "points: {latent: 4, width: 8, depth: 2, activation: max_out}",
        "architectures.conventional.points.activation",
        "did you mean maxout?",
    ),
    ("kind: conventional", "kind: as_gan_resnet", "datasets.digits.resolution", "choose one of these"),
    ("kind: gan,", "kind: gna,", "methods.gan.kind", "did you mean gan?"),
    ("loss: non_saturating", "loss: nonsaturating", "methods.gan.loss.kind", "did you mean non_saturating?"),
    ("loss: non_saturating", "gradient_penalty: 1", "methods.gan.gradient_penalty", "did you mean repeats?"),
    (
        "loss: non_saturating",
        "loss: {kind: hinge, real_label: 0.9}",
        "methods.gan.loss.real_label",
        "only saturating, non_saturating have it",
    ),
    (
        "loss: non_saturating",
        "loss: {kind: relativistic, real_weight: 0.2}",
        "methods.gan.loss.real_weight",
        "expected kind",
    ),
    (
        "loss: non_saturating",
        "loss: {kind: hinge, real_weight: 1}",
        "methods.gan.loss.real_weight",
        "expected < 1",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: rob_gan, loss: relativistic",
        "methods.gan.loss",
        "choose another loss",
    ),
    (
        "loss: non_saturating",
        "techniques: [{kind: r3}]",
        "methods.gan.techniques[0].kind",
        "did you mean r2?",
    ),
    (
        "loss: non_saturating",
        "techniques: [{kind: r1, gamma: -1}]",
        "methods.gan.techniques[0].gamma",
        "expected >= 0",
    ),
    ("loss: non_saturating", "techniques: {kind: r1}", "methods.gan.techniques", "expected a list"),
    (
        "loss: non_saturating",
        "techniques: [{kind: r1}, {kind: rotation}]",
        "methods.gan.techniques[1].kind",
        "leave one of them out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: ebgan, techniques: [{kind: feature_matching}]",
        "methods.gan.techniques[0].kind",
        "leave it out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: gman, techniques: [{kind: r1}]",
        "methods.gan.techniques",
        "leave them out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: pac_gan, packing: 3",
        "recipes.ring8.batch_size",
        "methods.gan needs a multiple of 3",
    ),
    ("1/255", "-1/255", "methods.as_gan.epsilon", "expected >= 0"),
    ("1/255", "1/0", "methods.as_gan.epsilon", "expected a number or a fraction such as 1/255"),
    ("1/255", "'nan'", "methods.as_gan.epsilon", "expected a number or a fraction such as 1/255"),
    # As an exact fraction this number would fill the memory.
    ("1/255", "'1e999999999'", "methods.as_gan.epsilon", "expected a number or a fraction such as 1/255"),
    ("1/255", "11", "methods.as_gan.epsilon", "expected <= 10"),
    ("1/255", "true", "methods.as_gan.epsilon", "expected a number"),
    ("epsilon: 1/255, ", "", "methods.as_gan.epsilon", "add it"),
    ("warm_up: 0", "warm_up: -3", "methods.as_gan.warm_up", "expected >= 0"),
    (
        "warm_up: 0",
        "warm_up: 0, warm_up_recurs: 1",
        "methods.as_gan.warm_up_recurs",
        "expected true or false",
    ),
    ("threshold: 1.0", "threshold: 0", "methods.dat.threshold", "expected > 0"),
    ("reduction: mean", "reduction: men", "methods.dat.reduction", "did you mean mean?"),
    *(
        (
            "share: 0.5, over",
            f"share: {share}, over",
            "methods.fargan.fake_as_real_share",
            "at least 0, below 1",
        )
        for share in ("80/64", "24", "1", "-0.5")
    ),
    *(
        ("oversampling: 2", f"oversampling: {f}", "methods.fargan.oversampling", "expected >= 1")
        for f in (0, -8)
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, oversampling: 1, selection: largest}",
        "methods.fargan",
        "selection has nothing to choose from when oversampling is 1; leave it out",
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, fake_as_real_share: 0, selection: random}",
        "methods.fargan",
        "selection has nothing to choose from when fake_as_real_share is 0; leave it out",
    ),
    ("oversampling: 2", "oversampling: 2.0", "methods.fargan.oversampling", "expected a whole number"),
    (
        "oversampling: 2",
        "oversampling: 2, selection: biggest",
        "methods.fargan.selection",
        "did you mean largest?",
    ),
    ("weight: 1.0", "weight: -1", "methods.fargan.techniques[0].weight", "expected >= 0"),
    ("at: real", "at: reals", "methods.fargan.techniques[0].at", "did you mean real?"),
    (FARGAN, "fargan: {kind: gan, loss: energy_margin}", "methods.fargan.loss", "choose another loss"),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: r1}, {kind: r1}]}",
        "methods.fargan.techniques[1].kind",
        "name it once",
    ),
    (
        FARGAN,
        "fargan: {kind: unrolled, techniques: [{kind: feature_matching}]}",
        "methods.fargan.techniques[0].kind",
        "leave one of them out",
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, fake_as_real_share: 0.01}",
        "methods.fargan.fake_as_real_share",
        "raise the share, or say 0",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: virtual_batch_norm}]}",
        "methods.fargan",
        "leave one of them out",
    ),
    (
        FARGAN,
        "fargan: {kind: as_gan, epsilon: 0.1, warm_up: 0, direction: random, steps: 5}",
        "methods.fargan",
        "leave it out with direction: random",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: alp, smallest_radius: 2.0, largest_radius: 1.0}]}",
        "methods.fargan.techniques[0]",
        "exchange them",
    ),
]


@pytest.mark.parametrize(("old", "new", "key", "mend"), BAD)
def test_a_bad_architecture_or_method(old, new, key, mend, project):
    path = project((old, new))
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)
