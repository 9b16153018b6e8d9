"""What probes find of D: how it holds up under attacks, how steep it is, how far it overfits."""

from ganmatrix.columns.measure import POSITIVE, Measure

_APART = "Share of real and generated samples that D still tells apart"
_RANKED = "Probability that D scores a real sample above a generated one, whatever its threshold,"
_CHANCE = "50% is chance; below 50% D is fooled."
_CURVE = "Tables give the mean over the range of {axis}, figures the whole curve."
_LINF = "every value of a sample is moved by at most the given strength"
_L2 = "a sample is moved by at most the given strength, as the root mean square over its values"
_PUSHES = {
    "fgsm": ("FGSM", f"{_LINF}, in one step along the sign of D's gradient (FGSM)"),
    "fgsm_l2": ("FGSM in L2", f"{_L2}, in one step along D's gradient"),
    "pgd": ("PGD", f"{_LINF}, in several small steps along D's gradient (PGD, stronger than FGSM)"),
    "pgd_l2": ("PGD in L2", f"{_L2}, in several small steps along D's gradient"),
    "universal": (
        "a universal perturbation",
        f"{_LINF}, all samples of a side in the same way, which was found on others than are tested",
    ),
    "noise": (
        "noise",
        f"{_LINF}, at random (the control of FGSM, PGD and the universal perturbation: nobody aims, so "
        "that what D loses here is mere sensitivity)",
    ),
    "noise_l2": (
        "noise in L2",
        f"{_L2}, at random (the control of the attacks in L2: nobody aims, so that what D loses here is "
        "mere sensitivity)",
    ),
}
_CONTROLS = ("noise", "noise_l2")
_AIMS = {"real": ", reals to look generated", "fake": ", fakes to look real"}
_TRANSFORMS = {
    "rotation": ("turned about their centre, to the left and to the right by turns", "angles"),
    "translation": ("moved to the right, down, to the left and up by turns", "distances"),
    "scaling": ("magnified about their centre, or shrunk by factors below 1", "factors"),
}
_CORRUPTIONS = {
    "gaussian_noise": ("Gaussian noise", "noise as of little light"),
    "shot_noise": ("shot noise", "the noise of single photons, strongest where an image is light"),
    "impulse_noise": ("impulse noise", "salt and pepper: some values turn black or white"),
    "gaussian_blur": ("Gaussian blur", "blur as of a lens out of focus"),
    "zoom_blur": ("zoom blur", "the blur of a camera that moves towards its subject"),
    "brightness": ("brightness", "more light"),
    "contrast": ("low contrast", "loss of contrast"),
    "pixelate": ("pixelation", "coarser pixels"),
    "jpeg": ("JPEG", "storage as a small JPEG"),
}


def _share(title: str, explanation: str, axis: str = "") -> Measure:
    curve = f" {_CURVE.format(axis=axis)}" if axis else ""
    return Measure(f"D's {title}", "higher", explanation + curve, percent=True)


def _pushed(name: str) -> dict[str, Measure]:
    """Both sides at once, then each alone."""
    title, move = _PUSHES[name]
    aims = {"real": "", "fake": ""} if name in _CONTROLS else _AIMS
    both = f"when {move}{aims['real']}{aims['fake']}. {_CHANCE}"
    measures = {
        f"{name}_accuracy": _share(f"accuracy under {title}", f"{_APART} {both}", "strengths"),
        f"{name}_auroc": _share(f"AUROC under {title}", f"{_RANKED} {both}", "strengths"),
    }
    for side, aim in aims.items():
        alone = f"when {move}{aim}; {side}s alone, the other side is left as it is."
        measures |= {
            f"{name}_{side}_accuracy": _share(
                f"accuracy on {side}s under {title}",
                f"Share of {side}s that D still calls {side} {alone} A D that calls everything {side} has "
                "100% here.",
                "strengths",
            ),
            f"{name}_{side}_auroc": _share(
                f"AUROC with {side}s alone under {title}", f"{_RANKED} {alone} {_CHANCE}", "strengths"
            ),
        }
    return measures


def _transformed(name: str) -> dict[str, Measure]:
    move, axis = _TRANSFORMS[name]
    moved = f"when the images of both sides are {move}. {_CHANCE}"
    return {
        f"{name}_accuracy": _share(f"accuracy under {name}", f"{_APART} {moved}", axis),
        f"{name}_auroc": _share(f"AUROC under {name}", f"{_RANKED} {moved}", axis),
    }


_CORRUPTED = f"when the images of both sides suffer {{what}}. {_CHANCE}"
_ALL = _CORRUPTED.format(what="common corruptions, from noise to JPEG, of which this is the mean")

ATTACKS: dict[str, Measure] = {
    "clean_accuracy": _share(
        "accuracy, unperturbed",
        "Share of held-out reals and fresh fakes, left as they are, that D tells apart. 50% is guessing.",
    ),
    "clean_auroc": _share(
        "AUROC, unperturbed",
        "Probability that D scores a held-out real above a fresh fake, both left as they are, whatever its "
        "threshold. 50% is guessing: such a D knows nothing that an attack could take away.",
    ),
    **{column: measure for name in _PUSHES for column, measure in _pushed(name).items()},
    **{column: measure for name in _TRANSFORMS for column, measure in _transformed(name).items()},
    "corruptions_accuracy": _share("accuracy under corruptions", f"{_APART} {_ALL}", "severities"),
    "corruptions_auroc": _share("AUROC under corruptions", f"{_RANKED} {_ALL}", "severities"),
    **{
        f"corruption_{kind}_auroc": _share(
            f"AUROC under {title}", f"{_RANKED} {_CORRUPTED.format(what=what)}", "severities"
        )
        for kind, (title, what) in _CORRUPTIONS.items()
    },
}


TRANSFERS: dict[str, Measure] = {
    "transfer_received": Measure(
        "Attacks on other methods' D, tried on this one",
        "lower",
        "How much held-out reals that were perturbed to look generated to another method's D (by PGD; same "
        "architecture and seed) lower this D's logit, as a share of what the same attack aimed at this D "
        "itself does; the mean over the other methods. 1: as if aimed at it. 0: not at all.",
    ),
}


_LENGTH = "length of the gradient of D's output in its input, over {where}, in logits per data unit"

GRADIENT_NORMS: dict[str, Measure] = {
    "gradient_norm_real": Measure(
        "D's gradient norm at reals",
        None,
        f"Mean {_LENGTH.format(where='reals')}: how steep D is there. Very steep means exploding gradients.",
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
        f"Mean {_LENGTH.format(where='fakes')}: the strength of the signal that G learns from. Flat means "
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
        f"Mean {_LENGTH.format(where='points drawn between a real and a fake')}: what the Wasserstein "
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
        "The maximum between reals and fakes.",
        limits=POSITIVE,
    ),
}


SMOOTHNESS: dict[str, Measure] = {
    "lipschitz_ascent": Measure(
        "D's local Lipschitz constant, lower bound",
        None,
        "The steepest slope that a search finds near reals, fakes and points between them, within the "
        "greatest strength that attacks are given; in logits per data unit. D's true local constant is at "
        "least this.",
        limits=POSITIVE,
    ),
    "lipschitz_upper": Measure(
        "D's Lipschitz constant, upper bound",
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


OVERFITTING: dict[str, Measure] = {
    "overfitting_gap": Measure(
        "D's gap between training and held-out reals",
        None,
        "By how many standard deviations D's mean score of training reals exceeds that of reals it has never "
        "seen. 0 is no overfitting.",
    ),
    "overfitting_auroc": Measure(
        "D's AUROC of training against held-out reals",
        None,
        "Probability that D scores a training real above one that it has never seen. 50% is no overfitting; "
        "chance alone moves it by about 2.5 points (one standard deviation, at 256 of each).",
        percent=True,
    ),
    "ensemble_auroc_range": Measure(
        "Range of the members' AUROC",
        None,
        "How far the best member of a D that consists of several tells reals from fakes better than the "
        "worst, both unperturbed.",
        percent=True,
    ),
    "ensemble_disagreement": Measure(
        "Disagreement of the members of D",
        None,
        "How far the members' scores of one fake lie apart, as a multiple of how far their mean moves from "
        "fake to fake. 0: they are one.",
        limits=POSITIVE,
    ),
    "ensemble_rank_correlation": Measure(
        "Rank correlation of the members of D",
        None,
        "Spearman correlation of two members' scores of the same fakes, mean over pairs. 1: they order the "
        "fakes alike.",
        limits=(-1, 1),
    ),
}

SECTIONS = {
    "D under attacks and noise": ATTACKS,
    "Transferred attacks": TRANSFERS,
    "Slope of D": GRADIENT_NORMS,
    "Lipschitz bounds and gradients of D": SMOOTHNESS,
    "Overfitting of D": OVERFITTING,
}
