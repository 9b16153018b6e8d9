"""Edits of recipes, evaluation and probes: each is refused by its key, with what to do."""

import pytest

from ganmatrix.params import load
from helpers.refusal import refused

ADAM = "optimizer: {kind: adam, generator_lr: 1e-3"
HALF_LIFE = "ema_half_life: 5"

BAD = [
    ("batch_size: 16", "batch_size: 1", "recipes.ring8.batch_size", "expected >= 2"),
    (
        ADAM,
        "optimizer: {kind: sgd, generator_lr: 1e-3",
        "recipes.ring8.optimizer.kind",
        "choose from adam, rmsprop",
    ),
    (
        ADAM,
        "optimizer: {kind: adam, generator_lr: 1e-3x",
        "recipes.ring8.optimizer.generator_lr",
        "expected a number",
    ),
    ("beta1: 0.5", "beta1: 1", "recipes.ring8.optimizer.beta1", "expected < 1"),
    (HALF_LIFE, "ema_half_life: 0", "recipes.ring8.ema_half_life", "expected > 0"),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: linear",
        "recipes.ring8.decay",
        "expected a mapping with a kind",
    ),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: {kind: linear, begin: 3}",
        "recipes.ring8.decay.begin",
        "expected kind, start",
    ),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: {kind: step, every: 3}",
        "recipes.ring8.decay.factor",
        "add it",
    ),
    ("  digits: *short", "  digist: *short", "recipes", "did you mean digits?"),
    (
        "kind: efficientnet_lite0",
        "kind: inceptoin",
        "evaluation.extractors[0].kind",
        "did you mean inception?",
    ),
    ("[init, ema]", "[init, first]", "evaluation.checkpoints[1]", "choose from init, last, best, ema"),
    (
        "[{kind: efficientnet_lite0, input_size: 32}]",
        "[{kind: inception}, {kind: inception}]",
        "evaluation.extractors",
        "name it once",
    ),
    (
        "[{kind: efficientnet_lite0, input_size: 32}]",
        "[]",
        "evaluation.extractors",
        "expected at least 1 entry",
    ),
    (
        "images: {samples: 50,",
        "images: {samples: 55,",
        "evaluation.images.samples",
        "expected a multiple of 10",
    ),
    ("curves: {samples: 100}", "curves: {target: 1}", "evaluation.curves.target", "expected < 1"),
    ("[init, ema]", "[ema, ema]", "evaluation.checkpoints", "name it once"),
    (
        "log_every: 5",
        "log_every: 5\n    accumulate: 999",
        "recipes.ring8.accumulate",
        "expected <= batch_size, 16",
    ),
    ("snapshots: [10]", "snapshots: [2, 999]", "recipes.ring8.snapshots", "expected <= generator_steps, 20"),
    ("snapshots: [10]", "snapshots: [2, 2]", "recipes.ring8.snapshots", "name it once"),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {convention: {}}",
        "recipes.ring8.by_architecture",
        "did you mean conventional?",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {batch_size: 1}}",
        "recipes.ring8.by_architecture.conventional.batch_size",
        "expected >= 2",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {batch: 4}}",
        "recipes.ring8.by_architecture.conventional.batch",
        "did you mean batch_size?",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {snapshots: [30]}}",
        "recipes.ring8.by_architecture.conventional.snapshots",
        "expected <= generator_steps, 20",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    decay: {kind: linear, start: 999}",
        "recipes.ring8.decay.start",
        "expected < generator_steps, 20",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    compile: true",
        "recipes.ring8.compile",
        "set it to false or leave that method out",
    ),
    (
        "fargan: {kind: fargan, fake_as_real_share: 0.5, oversampling: 2, techniques: [{kind: zero_gp, "
        "weight: 1.0, at: real}]}\n\nrecipes:\n  ring8: &short\n",
        "fargan: {kind: gan, techniques: [{kind: feature_matching}]}\n\nrecipes:\n  ring8: &short\n    "
        "compile: true\n",
        "recipes.ring8.compile",
        "set it to false or leave that method out",
    ),
    ("samples: 200", "samples: 99", "evaluation.points.samples", "expected >= 100"),
    (
        "kid_subset_size: 20}",
        "kid_subset_size: 20}\n  digits: {stacked_samples: 999}",
        "evaluation.digits.stacked_samples",
        "expected >= 1000",
    ),
    (
        "kid_subset_size: 20}",
        "kid_subset_size: 20}\n  digits: {stacked_sample: 2000}",
        "evaluation.digits.stacked_sample",
        "did you mean stacked_samples?",
    ),
    ("[0, 0.02, 0.1]", "[0]", "probes.point_strengths", "expected at least 2 entries"),
    (
        "[0, 0.02, 0.1]",
        "[0, 0.1, 0.1]",
        "probes.point_strengths",
        "expected values in ascending order, each once",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  rotation_degrees: [0, 30, 10]",
        "probes.rotation_degrees",
        "expected values in ascending order, each once",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  translation_shares: [0, 0.6]",
        "probes.translation_shares[1]",
        "expected <= 0.5",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  scaling_factors: [0, 1]",
        "probes.scaling_factors[0]",
        "expected >= 0.25",
    ),
    ("pgd_steps: 2", "transfer_image_strength: 0", "probes.transfer_image_strength", "expected > 0"),
    ("pgd_steps: 2", "pgd_step: 2", "probes.pgd_step", "did you mean pgd_steps?"),
    (
        "kid_subset_size: 20",
        "kid_subset_size: 51",
        "evaluation.images.kid_subset_size",
        "expected <= samples, 50",
    ),
    (
        "kid_subset_size: 20",
        "kid_subset_size: 20, inception_score_splits: 51",
        "evaluation.images.inception_score_splits",
        "expected <= samples, 50",
    ),
    ("train: 100", "train: 15", "recipes.ring8.batch_size", "expected <= datasets.ring8.train, 15"),
]


@pytest.mark.parametrize(("old", "new", "key", "mend"), BAD)
def test_a_bad_recipe_or_measure(old, new, key, mend, project):
    path = project((old, new))
    assert refused(lambda: load(path), key=f"{path}: {key}", mend=mend)
