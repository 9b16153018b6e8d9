"""Edits of tests/small.yaml that make it wrong, with the one line that each must give."""

from typing import get_args

from stated import PAPER, flow

from ganmatrix.params.datasets import Dataset
from ganmatrix.params.kinds import kinds
from ganmatrix.params.techniques import Technique

_SECTIONS_OF_DATASETS = get_args(get_args(Dataset)[0])
KINDS = ", ".join(get_args(each.model_fields["kind"].annotation)[0] for each in _SECTIONS_OF_DATASETS)
SECTIONS = "grid, datasets, architectures, methods, recipes, evaluation, probes, plugins, claims"
CLAIM = f"claims: {{a: {{{flow()}, metric: m, method: dat, baseline: gan, direction: lower, "
CLAIM += "effect: difference, smallest_effect: 0}}"


def _claim(*edits: str) -> tuple[str, str]:
    """A claim in place of none; `edits` are what to replace in it and by what, by turns."""
    text = CLAIM
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        text = text.replace(old, new)
    return "claims: {}", text


ADAM = "optimizer: {kind: adam, generator_lr: 1e-3"
HALF_LIFE = "ema_half_life: 5"
POINTS = "points: {latent: 4, width: 8, depth: 2}"
RING = "kind: ring, modes: 8, radius: 0.8"
ROLL = f"{RING}, std: 0.02"
DIGITS = "kind: digits, resolution: 16, held_out: 1700"
METHODS = "as_gan, dat, fargan, gan"
TECHNIQUES = ", ".join(sorted(kinds(Technique)))
FARGAN = "fargan: {kind: fargan, fake_as_real_share: 0.5, oversampling: 2, techniques: [{kind: zero_gp, "
FARGAN += "weight: 1.0, at: real}]}"

BAD = [
    # grid
    ("seeds: [0, 1]", "seeds: [0, -1]", "grid.seeds[1] is -1; expected >= 0"),
    ("seeds: [0, 1]", "seeds: [0, 1.5]", "grid.seeds[1] is 1.5; expected a whole number"),
    ("seeds: [0, 1]", "seeds: [true]", "grid.seeds[0] is true; expected a whole number"),
    ("seeds: [0, 1]", "seeds: ['0']", "grid.seeds[0] is '0'; expected a whole number"),
    ("seeds: [0, 1]", "seeds: [2147483648]", "grid.seeds[0] is 2147483648; expected < 2147483648"),
    ("seeds: [0, 1]", "seeds: [1.5]", "grid.seeds[0] is 1.5; expected a whole number"),
    ("seeds: [0, 1]", "seeds: []", "grid.seeds is empty; expected at least 1 entry"),
    (
        "seeds: [0, 1]",
        "",
        "grid.seeds is missing; add it (training seeds: a count, such as 3 for 0, 1 and 2, or a list of "
        "different ones)",
    ),
    ("seeds: [0, 1]", "seeds: [0, 1, 0]", "grid.seeds: 0 stands twice; name it once"),
    ("seeds: [0, 1]", "sead: [0]", "grid.sead: unknown key; did you mean seeds?"),
    (
        "seeds: [0, 1]",
        "seeds: [0]\n  repeats: 3",
        "grid.repeats: unknown key; expected datasets, architectures, methods, seeds, variants, lattice, "
        "trains_within",
    ),
    ("[ring8, digits]", "ring8", "grid.datasets is 'ring8'; expected a list"),
    ("[ring8, digits]", "[8]", "grid.datasets[0] is 8; expected text"),
    ("[ring8, digits]", "[null]", "grid.datasets[0] is null; expected text"),
    ("[ring8, digits]", "[ring8, ring8]", "grid.datasets: ring8 stands twice; name it once"),
    (
        "[ring8, digits]",
        "[digist]",
        "grid.datasets: digist is not among `datasets` (choose from digits, photos, ring8); "
        "did you mean digits?",
    ),
    (
        "[ring8, digits]",
        "[zzz]",
        "grid.datasets: zzz is not among `datasets` (choose from digits, photos, ring8)",
    ),
    (
        "[ring8, digits]",
        "[ring8, photos]",
        "recipes.photos is missing; every dataset of the grid needs a recipe of its name",
    ),
    (
        "[conventional, resnet_sn]",
        "[resnet-sn]",
        "grid.architectures[0]: the name 'resnet-sn' is ill-formed; names match [a-z0-9_]+, such as "
        "resnet_sn",
    ),
    (
        "[gan, as_gan, dat, fargan]",
        "[gam]",
        f"grid.methods: gam is not among `methods` (choose from {METHODS}); did you mean gan?",
    ),
    ("[gan, as_gan, dat, fargan]", "[gan, gan]", "grid.methods: gan stands twice; name it once"),
    # datasets
    (
        "kind: ring,",
        "kind: rign,",
        f"datasets.ring8.kind is 'rign'; choose from {KINDS}; did you mean ring?",
    ),
    ("kind: ring, ", "", f"datasets.ring8.kind is missing; choose from {KINDS}"),
    ("kind: ring,", "kind: 3,", f"datasets.ring8.kind is 3; choose from {KINDS}"),
    (
        "kind: ring,",
        "kind: [ring],",
        f"datasets.ring8.kind is ['ring']; choose from {KINDS}",
    ),
    ("modes: 8", "modes: 1", "datasets.ring8.modes is 1; expected >= 2"),
    ("modes: 8", "modes: '8'", "datasets.ring8.modes is '8'; expected a whole number"),
    ("modes: 8", "modez: 8", "datasets.ring8.modez: unknown key; did you mean modes?"),
    ("radius: 0.8", "radius: .inf", "datasets.ring8.radius is inf; expected a finite number"),
    ("radius: 0.8", "radius: .nan", "datasets.ring8.radius is nan; expected a finite number"),
    ("radius: 0.8", "radius: 1e400", "datasets.ring8.radius is inf; expected a finite number"),
    ("radius: 0.8", "radius: 0", "datasets.ring8.radius is 0; expected > 0"),
    ("radius: 0.8", "radius: yes", "datasets.ring8.radius is 'yes'; expected a number"),
    ("radius: 0.8", "radius: 101", "datasets.ring8.radius is 101; expected <= 100"),
    ("std: 0.02", "std: 1e30", "datasets.ring8.std is 1e+30; expected <= 100"),
    (RING, "kind: grid, side: 1, spacing: 0.5", "datasets.ring8.side is 1; expected >= 2"),
    (RING, "kind: grid, side: 31, spacing: 0.5", "datasets.ring8.side is 31; expected <= 30"),
    (RING, "kind: grid, side: 5, spacing: 0", "datasets.ring8.spacing is 0; expected > 0"),
    (RING, "kind: grid, side: 5, spacing: .inf", "datasets.ring8.spacing is inf; expected a finite number"),
    (
        RING,
        "kind: grid, side: 5",
        "datasets.ring8.spacing is missing; add it (distance between neighbours, data units)",
    ),
    (
        RING,
        "kind: grid, modes: 25, spacing: 0.5",
        "datasets.ring8.modes: unknown key (only ring has it); expected kind, train, held_out, "
        "seed, std, side, spacing",
    ),
    (RING, "kind: two_gaussians, distance: 0", "datasets.ring8.distance is 0; expected > 0"),
    (
        RING,
        "kind: two_gaussians, modes: 2, distance: 1",
        "datasets.ring8.modes: unknown key (only ring has it); expected kind, train, held_out, "
        "seed, std, distance",
    ),
    (ROLL, "kind: swiss_roll, noise: -1", "datasets.ring8.noise is -1; expected >= 0"),
    (ROLL, "kind: swiss_roll, noise: 2", "datasets.ring8.noise is 2; expected <= 1"),
    (
        ROLL,
        "kind: swiss_roll",
        "datasets.ring8.noise is missing; add it (standard deviation around the curve, data units)",
    ),
    (
        ROLL,
        "kind: swiss_roll, noise: 0.1, modes: 2",
        "datasets.ring8.modes: unknown key (only ring has it); expected kind, train, held_out, seed, noise",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200, held_out: 99",
        "datasets.digits.held_out is 99; expected >= 100",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200001, held_out: 100",
        "datasets.digits.train is 200001; expected <= 200000",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 28, train: 200, held_out: 100",
        "datasets.digits.resolution is 28; choose from 16, 32",
    ),
    (
        DIGITS,
        "kind: stacked_digits, resolution: 16, train: 200, held_out: 100, held_out_scans: 901",
        "datasets.digits.held_out_scans is 901; expected <= 900",
    ),
    (
        DIGITS,
        "kind: faces, resolution: 25, held_out: 10",
        "datasets.digits.resolution is 25; choose from 16, 32",
    ),
    (
        DIGITS,
        "kind: openmoji, resolution: 16, held_out_share: 0.1",
        "datasets.digits.resolution is 16; choose from 32, 64",
    ),
    (DIGITS, "kind: faces, resolution: 16, held_out: 91", "datasets.digits.held_out is 91; expected <= 90"),
    (
        "held_out_share: 0.5",
        "held_out_share: 0.4",
        "datasets.photos.held_out_share is 0.4; expected 0.5 to 0.5, so that with short_side 64 both parts "
        "hold a crop of 32 pixels",
    ),
    (
        "short_side: 64, stride: 16, held_out_share: 0.5",
        "short_side: 256, stride: 16, held_out_share: 0.9",
        "datasets.photos.held_out_share is 0.9; expected 0.125 to 0.875, so that with short_side 256 both "
        "parts hold a crop of 32 pixels",
    ),
    (
        "  digits: {kind",
        f"  {'d' * 61}: {{kind",
        f"datasets: the name '{'d' * 56}... has 61 characters; expected at most 60",
    ),
    (
        "[ring8, digits]",
        f"[{'d' * 61}]",
        f"grid.datasets[0]: the name '{'d' * 56}... has 61 characters; expected at most 60",
    ),
    ("resolution: 16", "resolution: 64", "datasets.digits.resolution is 64; choose from 16, 32"),
    ("held_out: 1700", "held_out: 1701", "datasets.digits.held_out is 1701; expected <= 1700"),
    ("stride: 16", "stride: 3", "datasets.photos.stride is 3; expected >= 4"),
    ("held_out_share: 0.5", "held_out_share: 1", "datasets.photos.held_out_share is 1; expected < 1"),
    ("  digits: {kind", "  8: {kind", "datasets: the name 8 is no text; put it in quotes"),
    (
        "  digits: {kind",
        "  Digits!: {kind",
        "datasets: the name 'Digits!' is ill-formed; names match [a-z0-9_]+, such as digits_",
    ),
    (
        "photos: {kind: photos, resolution: 32, short_side: 64, stride: 16, held_out_share: 0.5}",
        "photos:",
        f"datasets.photos is null; expected a mapping with a kind ({KINDS})",
    ),
    # architectures
    (
        "kind: conventional",
        "kind: convolutional",
        "architectures.conventional.kind is 'convolutional'; choose from conventional, resnet_sn, "
        "as_gan_resnet; "
        "did you mean conventional?",
    ),
    (POINTS, "points: [4, 8]", "architectures.conventional.points is [4, 8]; expected a mapping"),
    (
        POINTS,
        "points: {latent: 0, width: 8, depth: 2}",
        "architectures.conventional.points.latent is 0; expected >= 1",
    ),
    (
        "generator_width: 4",
        "generator_width: 4096",
        "architectures.conventional.images.generator_width is 4096; expected <= 2048",
    ),
    (
        "images: {latent: 4,",
        "images: {attention: 5, latent: 4,",
        "architectures.conventional.images.attention is 5; choose from none, 4, 6, 8, 12, 16, 24, 32, 64",
    ),
    (
        "images: {latent: 4,",
        "images: {attention: 16, latent: 4,",
        "architectures.conventional.images.attention is 16; for the 16 pixels of datasets.digits choose from "
        "none, 4, 8",
    ),
    (
        "images: {latent: 4,",
        "images: {normalisation: spectral_norm, latent: 4,",
        "architectures.conventional.images.normalisation is 'spectral_norm'; choose from batch, "
        "spectral_and_batch, spectral; did you mean spectral?",
    ),
    (
        "images: {latent: 4,",
        "images: {layout: wide, latent: 4,",
        "architectures.conventional.images.layout: unknown key; did you mean latent?",
    ),
    (
        POINTS,
        "points: {latent: 4, width: 8, depth: 2, activation: max_out}",
        "architectures.conventional.points.activation is 'max_out'; choose from relu, maxout; "
        "did you mean maxout?",
    ),
    (
        "kind: conventional",
        "kind: as_gan_resnet",
        "datasets.digits.resolution is 16; architectures.conventional, as_gan_resnet, has networks for 32, "
        "64: choose one of these, or take either out of the grid",
    ),
    # methods
    (
        "kind: gan,",
        "kind: gna,",
        "methods.gan.kind is 'gna'; choose from gan, as_gan, dat, fargan, rob_gan, fast_gan, apa, pac_gan, "
        "unrolled, gman, ebgan, cegan, ali, co_gan; did you mean gan?",
    ),
    (
        "loss: non_saturating",
        "loss: nonsaturating",
        "methods.gan.loss.kind is 'nonsaturating'; choose from saturating, non_saturating, hinge, "
        "least_squares, wasserstein, kl, reverse_kl, pearson, hellinger, jensen_shannon, "
        "energy_margin, relativistic, relativistic_average; did you mean non_saturating?",
    ),
    (
        "loss: non_saturating",
        "gradient_penalty: 1",
        "methods.gan.gradient_penalty: unknown key; did you mean repeats?",
    ),
    (
        "loss: non_saturating",
        "loss: {kind: hinge, real_label: 0.9}",
        "methods.gan.loss.real_label: unknown key (only saturating, non_saturating have it); "
        "expected real_weight, kind",
    ),
    (
        "loss: non_saturating",
        "loss: {kind: relativistic, real_weight: 0.2}",
        "methods.gan.loss.real_weight: unknown key (only saturating, non_saturating, hinge, least_squares, "
        "wasserstein, kl, reverse_kl, pearson, hellinger, jensen_shannon, energy_margin have it); "
        "expected kind",
    ),
    (
        "loss: non_saturating",
        "loss: {kind: hinge, real_weight: 1}",
        "methods.gan.loss.real_weight is 1; expected < 1",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: rob_gan, loss: relativistic",
        "methods.gan.loss is relativistic, which compares reals with fakes, but rob_gan treats them apart; "
        "choose another loss",
    ),
    (
        "loss: non_saturating",
        "techniques: [{kind: r3}]",
        "methods.gan.techniques[0].kind is 'r3'; choose from r1, r2, roth, wgan_gp, wgan_lp, dragan, "
        "zero_gp, alp, unified_gradient, vat, weight_clipping, instance_noise, rotation, info_max, "
        "feature_matching, minibatch_discrimination, historical_averaging, virtual_batch_norm; "
        "did you mean r2?",
    ),
    (
        "loss: non_saturating",
        "techniques: [{kind: r1, gamma: -1}]",
        "methods.gan.techniques[0].gamma is -1; expected >= 0",
    ),
    (
        "loss: non_saturating",
        "techniques: {kind: r1}",
        "methods.gan.techniques is {'kind': 'r1'}; expected a list",
    ),
    (
        "loss: non_saturating",
        "techniques: [{kind: r1}, {kind: rotation}]",
        "methods.gan.techniques[1].kind is rotation, which needs images, but ring8 holds points; leave one "
        "of them out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: ebgan, techniques: [{kind: feature_matching}]",
        "methods.gan.techniques[0].kind is feature_matching, which reads the family's D, but ebgan has "
        "another; leave it out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: gman, techniques: [{kind: r1}]",
        "methods.gan.techniques is not empty, but gman takes none; leave them out",
    ),
    (
        "kind: gan, loss: non_saturating",
        "kind: pac_gan, packing: 3",
        "recipes.ring8.batch_size is 16; methods.gan needs a multiple of 3 (its packs, in every micro-batch)",
    ),
    ("1/255", "-1/255", "methods.as_gan.epsilon is '-1/255'; expected >= 0"),
    ("1/255", "1/0", "methods.as_gan.epsilon is '1/0'; expected a number or a fraction such as 1/255"),
    ("1/255", "'nan'", "methods.as_gan.epsilon is 'nan'; expected a number or a fraction such as 1/255"),
    # As an exact fraction this number would fill the memory.
    (
        "1/255",
        "'1e999999999'",
        "methods.as_gan.epsilon is '1e999999999'; expected a number or a fraction such as 1/255",
    ),
    ("1/255", "11", "methods.as_gan.epsilon is 11; expected <= 10"),
    ("1/255", "true", "methods.as_gan.epsilon is true; expected a number"),
    (
        "epsilon: 1/255, ",
        "",
        "methods.as_gan.epsilon is missing; add it (FGSM step on the data's [-1, 1] scale; 0 is the control)",
    ),
    ("warm_up: 0", "warm_up: -3", "methods.as_gan.warm_up is -3; expected >= 0"),
    (
        "warm_up: 0",
        "warm_up: 0, warm_up_recurs: 1",
        "methods.as_gan.warm_up_recurs is 1; expected true or false",
    ),
    ("threshold: 1.0", "threshold: 0", "methods.dat.threshold is 0; expected > 0"),
    (
        "reduction: mean",
        "reduction: men",
        "methods.dat.reduction is 'men'; choose from mean, sum; did you mean mean?",
    ),
    *(
        (
            "share: 0.5, over",
            f"share: {share}, over",
            f"methods.fargan.fake_as_real_share is {shown}; expected the share N0 / N of what counts as "
            "real, such as 32/64: at least 0, below 1",
        )
        for share, shown in (("80/64", "'80/64'"), ("24", "24"), ("1", "1"), ("-0.5", "-0.5"))
    ),
    *(
        ("oversampling: 2", f"oversampling: {f}", f"methods.fargan.oversampling is {f}; expected >= 1")
        for f in (0, -8)
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, oversampling: 1, selection: largest}",
        "methods.fargan is {'kind': 'fargan', 'oversampling': 1, 'selection': 'large...; selection has "
        "nothing to choose from when oversampling is 1; leave it out",
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, fake_as_real_share: 0, selection: random}",
        "methods.fargan is {'kind': 'fargan', 'fake_as_real_share': 0, 'selection': ...; selection has "
        "nothing to choose from when fake_as_real_share is 0; leave it out",
    ),
    ("oversampling: 2", "oversampling: 2.0", "methods.fargan.oversampling is 2.0; expected a whole number"),
    (
        "oversampling: 2",
        "oversampling: 2, selection: biggest",
        "methods.fargan.selection is 'biggest'; choose from lowest, largest, random; did you mean largest?",
    ),
    ("weight: 1.0", "weight: -1", "methods.fargan.techniques[0].weight is -1; expected >= 0"),
    (
        "at: real",
        "at: reals",
        "methods.fargan.techniques[0].at is 'reals'; choose from interpolates, real, fake; "
        "did you mean real?",
    ),
    # recipes
    ("batch_size: 16", "batch_size: 1", "recipes.ring8.batch_size is 1; expected >= 2"),
    (
        ADAM,
        "optimizer: {kind: sgd, generator_lr: 1e-3",
        "recipes.ring8.optimizer.kind is 'sgd'; choose from adam, rmsprop",
    ),
    (
        ADAM,
        "optimizer: {kind: adam, generator_lr: 1e-3x",
        "recipes.ring8.optimizer.generator_lr is '1e-3x'; expected a number",
    ),
    ("beta1: 0.5", "beta1: 1", "recipes.ring8.optimizer.beta1 is 1; expected < 1"),
    (HALF_LIFE, "ema_half_life: 0", "recipes.ring8.ema_half_life is 0; expected > 0"),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: linear",
        "recipes.ring8.decay is 'linear'; expected a mapping with a kind (constant, linear, step)",
    ),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: {kind: linear, begin: 3}",
        "recipes.ring8.decay.begin: unknown key; expected kind, start",
    ),
    (
        HALF_LIFE,
        "ema_half_life: 5\n    decay: {kind: step, every: 3}",
        "recipes.ring8.decay.factor is missing; add it",
    ),
    (
        "  digits: *short",
        "  digist: *short",
        "recipes: digist is not among `datasets` (choose from digits, photos, ring8); did you mean digits?",
    ),
    # evaluation and probes
    (
        "kind: efficientnet_lite0",
        "kind: inceptoin",
        "evaluation.extractors[0].kind is 'inceptoin'; choose from efficientnet_lite0, inception, "
        "digits_cnn; did you mean inception?",
    ),
    (
        "[init, ema]",
        "[init, first]",
        "evaluation.checkpoints[1] is 'first'; choose from init, last, best, ema",
    ),
    (
        "[{kind: efficientnet_lite0, input_size: 32}]",
        "[{kind: inception}, {kind: inception}]",
        "evaluation.extractors: inception stands twice; name it once",
    ),
    (
        "[{kind: efficientnet_lite0, input_size: 32}]",
        "[]",
        "evaluation.extractors is empty; expected at least 1 entry",
    ),
    (
        "images: {samples: 50,",
        "images: {samples: 55,",
        "evaluation.images.samples is 55; expected a multiple of 10",
    ),
    (
        "curves: {samples: 100}",
        "curves: {target: 1}",
        "evaluation.curves.target is 1; expected < 1",
    ),
    ("[init, ema]", "[ema, ema]", "evaluation.checkpoints: ema stands twice; name it once"),
    (
        "log_every: 5",
        "log_every: 5\n    accumulate: 999",
        "recipes.ring8.accumulate is 999; expected <= batch_size, 16",
    ),
    (
        "snapshots: [10]",
        "snapshots: [2, 999]",
        "recipes.ring8.snapshots names step 999; expected <= generator_steps, 20",
    ),
    (
        "snapshots: [10]",
        "snapshots: [2, 2]",
        "recipes.ring8.snapshots: 2 stands twice; name it once",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {convention: {}}",
        "recipes.ring8.by_architecture: convention is not among `architectures` (choose from conventional, "
        "resnet_sn); did you mean conventional?",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {batch_size: 1}}",
        "recipes.ring8.by_architecture.conventional.batch_size is 1; expected >= 2",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {batch: 4}}",
        "recipes.ring8.by_architecture.conventional.batch: unknown key; did you mean batch_size?",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    by_architecture: {conventional: {snapshots: [30]}}",
        "recipes.ring8.by_architecture.conventional.snapshots names step 30; expected <= generator_steps, 20",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    decay: {kind: linear, start: 999}",
        "recipes.ring8.decay.start is 999; expected < generator_steps, 20",
    ),
    (
        "log_every: 5",
        "log_every: 5\n    compile: true",
        "recipes.ring8.compile is true, but methods.fargan needs second derivatives, which compiled "
        "networks do not have; set it to false or leave that method out",
    ),
    (
        "fargan: {kind: fargan, fake_as_real_share: 0.5, oversampling: 2, techniques: [{kind: zero_gp, "
        "weight: 1.0, at: real}]}\n\nrecipes:\n  ring8: &short\n",
        "fargan: {kind: gan, techniques: [{kind: feature_matching}]}\n\nrecipes:\n  ring8: &short\n    "
        "compile: true\n",
        "recipes.ring8.compile is true, but methods.fargan reads D's features, which compiled networks do "
        "not show; set it to false or leave that method out",
    ),
    (
        "  digits: {kind: digits",
        "  raw: {kind: two_gaussians, distance: 1, std: 1, train: 2, held_out: 2}\n  digits: {kind: digits",
        "datasets.raw has the name of the folder of raw archives, data/raw; choose another name",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, loss: energy_margin}",
        "methods.fargan.loss is energy_margin, which is for a D whose logit is minus an energy (ebgan, "
        "cegan), and gan has another; choose another loss",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: r1}, {kind: r1}]}",
        "methods.fargan.techniques[1].kind is r1, which stands twice; name it once",
    ),
    (
        FARGAN,
        "fargan: {kind: unrolled, techniques: [{kind: feature_matching}]}",
        "methods.fargan.techniques[0].kind is feature_matching, which takes the place of all that "
        "unrolled changes; leave one of them out",
    ),
    (
        FARGAN,
        "fargan: {kind: fargan, fake_as_real_share: 0.01}",
        "methods.fargan.fake_as_real_share is 0.01, which is less than one sample of "
        "recipes.ring8.batch_size, 16; raise the share, or say 0",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: virtual_batch_norm}]}",
        "methods.fargan has virtual_batch_norm, which takes the place of G's batch normalisation, but "
        "architectures.conventional has none on points (ring8); leave one of them out",
    ),
    (
        FARGAN,
        "fargan: {kind: as_gan, epsilon: 0.1, warm_up: 0, direction: random, steps: 5}",
        "methods.fargan is {'kind': 'as_gan', 'epsilon': 0.1, 'warm_up': 0, 'directi...; steps is for the "
        "gradient's direction; leave it out with direction: random",
    ),
    (
        FARGAN,
        "fargan: {kind: gan, techniques: [{kind: alp, smallest_radius: 2.0, largest_radius: 1.0}]}",
        "methods.fargan.techniques[0] is {'kind': 'alp', 'smallest_radius': 2.0, 'largest_radius':...; "
        "smallest_radius is above largest_radius; exchange them",
    ),
    ("samples: 200", "samples: 99", "evaluation.points.samples is 99; expected >= 100"),
    (
        "kid_subset_size: 20}",
        "kid_subset_size: 20}\n  digits: {stacked_samples: 999}",
        "evaluation.digits.stacked_samples is 999; expected >= 1000",
    ),
    (
        "kid_subset_size: 20}",
        "kid_subset_size: 20}\n  digits: {stacked_sample: 2000}",
        "evaluation.digits.stacked_sample: unknown key; did you mean stacked_samples?",
    ),
    ("[0, 0.02, 0.1]", "[0]", "probes.point_strengths has 1 entry; expected at least 2 entries"),
    (
        "[0, 0.02, 0.1]",
        "[0, 0.1, 0.1]",
        "probes.point_strengths is [0, 0.1, 0.1]; expected values in ascending order, each once",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  rotation_degrees: [0, 30, 10]",
        "probes.rotation_degrees is [0, 30, 10]; expected values in ascending order, each once",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  translation_shares: [0, 0.6]",
        "probes.translation_shares[1] is 0.6; expected <= 0.5",
    ),
    (
        "pgd_steps: 2",
        "pgd_steps: 2\n  scaling_factors: [0, 1]",
        "probes.scaling_factors[0] is 0; expected >= 0.25",
    ),
    (
        "pgd_steps: 2",
        "transfer_image_strength: 0",
        "probes.transfer_image_strength is 0; expected > 0",
    ),
    ("pgd_steps: 2", "pgd_step: 2", "probes.pgd_step: unknown key; did you mean pgd_steps?"),
    (
        "kid_subset_size: 20",
        "kid_subset_size: 51",
        "evaluation.images.kid_subset_size is 51; expected <= samples, 50",
    ),
    (
        "kid_subset_size: 20",
        "kid_subset_size: 20, inception_score_splits: 51",
        "evaluation.images.inception_score_splits is 51; expected <= samples, 50",
    ),
    # claims
    ("claims: {}", "claims: []", "claims is []; expected a mapping"),
    (
        "claims: {}",
        "claims: {a: {metric: m}}",
        "claims.a.paper is missing; add it (as_gan, dat, fargan or pac_gan; else a mapping with label, title "
        "and published)",
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(paper='dta')}, "),
        "claims.a.paper is 'dta'; no paper of that name is known (choose from as_gan, dat, fargan, pac_gan); "
        "did you mean dat?; for another paper give a mapping with label, title and published",
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(paper={'label': 'A', 'title': 'B'})}, "),
        "claims.a.paper.published is missing; add it (where, with an identifier: a DOI, an arXiv number)",
    ),
    *(
        (
            *_claim(f"{flow()}, ", f"{flow(paper=paper)}, "),
            f"claims.a.paper is {shown}; expected one of as_gan, dat, fargan, pac_gan, or a mapping with "
            "label, title and published",
        )
        for paper, shown in ((None, "null"), (3, "3"), (["dat"], "['dat']"))
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(paper=PAPER | {'label': ' '})}, "),
        "claims.a.paper.label is ' '; expected some words",
    ),
    *(
        (*_claim(f"{flow()}, ", f"{flow(**{key: text})}, "), f"claims.a.{key} is {text!r}; {wanted}")
        for key in ("quote", "source", "where", "sentence")
        for text, wanted in (("", "expected some words"), (" ", "expected some words"), (3, "expected text"))
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(quote='[...] [...]')}, "),
        "claims.a.quote is '[...] [...]'; expected some words",
    ),
    *(
        (
            *_claim(f"{flow()}, ", f"{flow(source=source)}, "),
            f"claims.a.source is {source!r}; name its version, such as arXiv 1912.09670v1",
        )
        for source in (
            *("arXiv", "arXiv 1912.09670", "arxiv 1912.09670v1", "1912.09670", "1912.09670v1"),
            *("https://arxiv.org/abs/1912.09670", "ICML 2019; arXiv 1912.09670"),
        )
    ),
    (
        *_claim('"their GAN"', '"their GAN", "optimiser": "Adam"'),
        "claims.a.setting.optimiser is 'Adam'; choose from adam, rmsprop; did you mean adam?",
    ),
    (
        "train: 100",
        "train: 15",
        "recipes.ring8.batch_size is 16; expected <= datasets.ring8.train, 15",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", '["r1"]', '["rotatoin"]'),
        f"claims.a.setting.techniques[0]: rotatoin is not among `techniques` (choose from {TECHNIQUES}); did "
        "you mean rotation?",
    ),
    *(
        (
            *_claim("metric: m", "metric: fgsm_auroc", '"their GAN"', f'"their GAN", "score": "{score}"'),
            f"claims.a.setting.score is {score}; expected a score's column without its checkpoint, such as "
            "fid_inception; did you mean fid_inception?",
        )
        for score in ("fid_incepton", "fid_inception_last")
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(setting={'datasets': [], 'baseline': 'b'})}, "),
        "claims.a.setting.datasets is empty; expected at least 1 entry",
    ),
    (
        *_claim(f"{flow()}, ", f"{flow(setting={'datasets': ['a']})}, "),
        "claims.a.setting.baseline is missing; add it (what the paper compares with, in words)",
    ),
    (*_claim("lower", "down"), "claims.a.direction is 'down'; choose from lower, higher"),
    (
        *_claim("baseline: gan", "baseline: gann"),
        f"claims.a.baseline: gann is not among `methods` (choose from {METHODS}); did you mean gan?",
    ),
    (
        *_claim("baseline: gan", "baseline: gan, control: foo"),
        f"claims.a.control: foo is not among `methods` (choose from {METHODS})",
    ),
    (
        *_claim("baseline: gan", "baseline: dat"),
        "claims.a: dat is compared with itself; name another baseline or control",
    ),
    (
        *_claim("metric: m", "metric: fid_efficientnet_ema"),
        "claims.a.metric: fid_efficientnet_ema is no column of the matrix; "
        "did you mean fid_efficientnet_lite0_ema, fid_efficientnet_lite0_init or "
        "fid_infinity_efficientnet_lite0_ema? "
        "docs/measures.md lists all",
    ),
    (
        *_claim("metric: m", "metric: fid_inception_ema"),
        "claims.a.metric: fid_inception_ema is no column of the matrix; "
        "did you mean fid_efficientnet_lite0_ema, fid_infinity_efficientnet_lite0_ema or "
        "fid_over_steps_efficientnet_lite0_ema? "
        "docs/measures.md lists all",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 2"),
        "claims.a.smallest_effect is 2 of a share; expected less than 1, such as 0.02 for 2 points",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 0, control: gan"),
        "claims.a.control is gan, the baseline; name another, or leave it out",
    ),
    (
        *_claim("metric: m", "metric: fid_efficientnet_lite0_init"),
        "claims.a.metric is fid_efficientnet_lite0_init, a score before training, when methods are alike; "
        "name another",
    ),
    *(
        (
            *_claim("metric: m", f"metric: {time}"),
            f"claims.a.metric is {time}, which other work on the machine moves; name operations_per_step",
        )
        for time in ("wall_seconds", "cpu_seconds", "images_per_second")
    ),
    (*_claim("smallest_effect: 0", "smallest_effect: -1"), "claims.a.smallest_effect is -1; expected >= 0"),
    (*_claim("smallest_effect: 0", "at_most: 0"), "claims.a.at_most is 0; expected > 0"),
    (
        *_claim("metric: m", "metric: fgsm_auroc", ", smallest_effect: 0", ""),
        "claims.a.smallest_effect is missing; name one of smallest_effect and at_most",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "smallest_effect: 0, at_most: 1"),
        "claims.a.smallest_effect is given beside at_most; name one of smallest_effect and at_most",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "smallest_effect: 0", "at_most: 1, control: fargan"),
        "claims.a.control is fargan; at_most is a bound on what the baseline shows, leave it out",
    ),
    (
        *_claim("metric: m", "metric: fgsm_auroc", "effect: difference, ", ""),
        "claims.a.effect is missing; add it (what the bound is: a difference in the metric's unit, or a "
        "share of the baseline's value)",
    ),
    (
        *_claim(
            "metric: m",
            "metric: fgsm_auroc",
            "difference, smallest_effect: 0",
            "relative, smallest_effect: 1.5",
        ),
        "claims.a.smallest_effect is 1.5 of a value that gets lower; expected a share below 1, such as 0.1",
    ),
    (
        *_claim("metric: m", "metric: diverged", "smallest_effect: 0", "smallest_effect: 0.1"),
        "claims.a.metric is diverged, which is counted; it needs effect difference and smallest_effect 0",
    ),
    # the document
    ("claims: {}", "cliams: {}", "cliams: unknown key; did you mean claims?"),
    ("claims: {}", "extra: 1", f"extra: unknown key; expected {SECTIONS}"),
    ("claims: {}", '"a\\nb": 1', f"'a\\nb': unknown key; expected {SECTIONS}"),
]
